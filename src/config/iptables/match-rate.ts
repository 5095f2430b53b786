import type { HashlimitMatch, LimitMatch } from "../../model/match.ts";
import type { Word } from "../words.ts";
import { type Given, type MatchExtension, type Options, option, optionTable } from "./extension.ts";
import { leadingDecimal, leadingNumber, parseNumber } from "./values.ts";

/** Matches on rates: xt_limit, xt_hashlimit. */

export const limit: MatchExtension = {
  name: "limit",
  options: optionTable("limit:1 limit-burst:1"),
  parse(options): LimitMatch {
    const rate = options.get("limit");
    const given = options.get("limit-burst");
    // 3/hour when no rate is given.
    const average = rate ? rateAverage(options, rate, 10000) : 1200 * 10000;
    const burst = given ? parseNumber(options, given, 10000) : 5;
    // limit_mt_check: as hashlimit's, in 32 bits.
    if (burst === 0 || limitCredits(BigInt(average) * BigInt(burst)) < limitCredits(BigInt(average))) {
      options.reader.fail(rate?.word, "Numerical result out of range.");
    }
    return { kind: "limit", average, burst };
  },
  print(match) {
    const { average, burst } = match as LimitMatch;
    return option("limit", printRate(average, 10000)) + (burst === 5 ? "" : option("limit-burst", burst));
  },
};

/** Credits that limit gives for a second: CREDITS_PER_JIFFY at 250 ticks a second (xt_limit.c). */
const CREDITS_PER_SECOND = 32000n;

/** user2credits (xt_limit.c), in the 32 bits that it has. */
function limitCredits(product: bigint): bigint {
  const user = BigInt.asUintN(32, product);
  const isLarge = user > 0xffffffffn / CREDITS_PER_SECOND;
  return BigInt.asUintN(32, isLarge ? (user / 10000n) * CREDITS_PER_SECOND : (user * CREDITS_PER_SECOND) / 10000n);
}

/** `N/unit` as the time between two packets, in `scale` parts of a second. */
function rateAverage(options: Options, given: Given, scale: number): number {
  const word: Word = given.values[0]!;
  const slash = word.text.indexOf("/");
  const rate = BigInt.asUintN(32, BigInt(leadingDecimal(word.text)));
  const seconds = slash < 0 ? 1 : unitSeconds(word.text.slice(slash + 1));
  if (rate === 0n || !seconds) {
    if (options.extension === "limit") options.reader.fail(word, `bad rate "${word.text}"'`);
    options.fail(word, `Bad value for "--${given.name}" option: "${word.text}"`);
  }
  if (Number(rate) / seconds > scale) options.reader.fail(word, `Rate too fast "${word.text}"`);
  return Math.floor((scale * seconds) / Number(rate));
}

function unitSeconds(unit: string): number | undefined {
  const text = unit.toLowerCase();
  const found = [
    ["second", 1],
    ["minute", 60],
    ["hour", 3600],
    ["day", 86400],
  ] as const;
  return text === "" ? undefined : found.find(([name]) => name.startsWith(text))?.[1];
}

const UNITS = ["day", "hour", "min", "sec"] as const;
const UNIT_SECONDS = [86400, 3600, 60, 1] as const;

/** The smallest unit that still gives a whole number of packets, as print_rate() of libxt_limit chooses it. */
function printedUnit(period: number, scale: number): number {
  let unit = 0;
  for (let next = 1; next < UNITS.length; next++) {
    const per = UNIT_SECONDS[next]! * scale;
    if (period > per || Math.floor(per / period) < per % period) break;
    unit = next;
  }
  return unit;
}

function printRate(period: number, scale: number): string {
  const unit = printedUnit(period, scale);
  return `${Math.floor((UNIT_SECONDS[unit]! * scale) / period)}/${UNITS[unit]}`;
}

const HASHLIMIT_MODES = ["srcip", "srcport", "dstip", "dstport"] as const;
const MICROSECONDS = 1_000_000;

export const hashlimit: MatchExtension = {
  name: "hashlimit",
  options: optionTable(
    "!hashlimit-upto,hashlimit:1 !hashlimit-above:1 hashlimit-burst:1 hashlimit-mode:1 hashlimit-name:1 " +
      "hashlimit-srcmask:1 hashlimit-dstmask:1 hashlimit-htable-size:1 hashlimit-htable-max:1 " +
      "hashlimit-htable-expire:1 hashlimit-htable-gcinterval:1 hashlimit-rate-match:0 hashlimit-rate-interval:1",
  ),
  parse: parseHashlimit,
  print: (match) => (match as HashlimitMatch).text,
};

function parseHashlimit(options: Options): HashlimitMatch {
  options.exclusive("hashlimit-upto", "hashlimit-above");
  const rate = options.get("hashlimit-above") ?? options.get("hashlimit-upto");
  if (!rate) return options.reader.fail(undefined, "You have to specify --hashlimit");
  const byBytes = rate.values[0]!.text.includes("b/s");
  const number = (name: string, fallback: number, max = 0xffffffff) => {
    const given = options.get(`hashlimit-${name}`);
    return given ? parseNumber(options, given, max) : fallback;
  };
  const bits = options.family === 4 ? 32 : 128;
  const burst = byBytes ? burstBytes(options) : burstPackets(options);
  const expireSeconds = byBytes ? (burst === 0 ? 15 : 60) : rateSeconds(rate);
  if (!byBytes) checkOverflow(options, rate, rateAverage(options, rate, MICROSECONDS), burstPackets(options));
  const match = {
    kind: "hashlimit" as const,
    above: (rate.name === "hashlimit-above") !== rate.invert,
    unit: byBytes ? ("bytes" as const) : ("packets" as const),
    average: BigInt(byBytes ? byteCost(bytesOf(options, rate)) : rateAverage(options, rate, MICROSECONDS)),
    burst: BigInt(burst),
    modes: hashlimitModes(options),
    name: hashlimitName(options),
    sourceMask: number("srcmask", bits, bits),
    destinationMask: number("dstmask", bits, bits),
    tableSize: number("htable-size", 0),
    tableMax: number("htable-max", 0),
    expireMs: number("htable-expire", expireSeconds * 1000),
    gcIntervalMs: number("htable-gcinterval", 1000),
    rateMatch: options.has("hashlimit-rate-match"),
    rateInterval: rateIntervalOf(options),
  };
  if (match.rateMatch && !byBytes) return countedOverUnit(match, rateSeconds(rate), bits, options);
  const speed = byBytes ? `${printBytes(bytesOf(options, rate))}/s` : printRate(Number(match.average), MICROSECONDS);
  const unit = byBytes ? expireSeconds : UNIT_SECONDS[printedUnit(Number(match.average), MICROSECONDS)]!;
  return { ...match, text: printHashlimit(match, speed, bits, unit * 1000) };
}

/** Its directory in /proc has the name. */
function hashlimitName(options: Options): string {
  const word = options.required("hashlimit-name").values[0]!;
  if (word.text === "") options.reader.fail(word, "Argument must have a minimum length of 1 characters");
  if (word.text.includes("/") || word.text === "." || word.text === "..") {
    options.reader.fail(word, "Invalid argument. Run `dmesg' for more information.");
  }
  return word.text;
}

function rateIntervalOf(options: Options): number {
  const given = options.get("hashlimit-rate-interval");
  if (!given) return 1;
  const word = given.values[0]!;
  const interval = leadingDecimal(word.text);
  return interval > 0 ? interval : options.fail(word, `Bad value for "--${given.name}" option: "${word.text}"`);
}

/** Packets are counted over the unit of the rate, unless another interval is given; the rate is then one of seconds. */
function countedOverUnit(
  match: Omit<HashlimitMatch, "text">,
  seconds: number,
  bits: number,
  options: Options,
): HashlimitMatch {
  const average = match.average / BigInt(seconds);
  const rateInterval = options.has("hashlimit-rate-interval") ? match.rateInterval : seconds;
  const counted = { ...match, average, rateInterval };
  return { ...counted, text: printHashlimit(counted, printRate(Number(average), MICROSECONDS), bits, 1000) };
}

/** Credits that hashlimit gives for a microsecond (user2credits, xt_hashlimit.c; 250 ticks a second). */
const CREDITS_PER_MICROSECOND = 137_438_953n;

/** hashlimit_mt_check_common: the credits of a burst, as far as 64 bits hold them, must not be less than one packet's. */
function checkOverflow(options: Options, rate: Given, average: number, burst: number): void {
  const credits = (user: bigint) => BigInt.asUintN(64, user * CREDITS_PER_MICROSECOND);
  const overflows = options.has("hashlimit-rate-match")
    ? average > 0xffffffff
    : credits(BigInt(average) * BigInt(burst)) < credits(BigInt(average));
  if (overflows) options.reader.fail(rate.word, "Numerical result out of range.");
}

function rateSeconds(rate: Given): number {
  return unitSeconds(rate.values[0]!.text.split("/")[1] ?? "second") ?? 1;
}

function burstPackets(options: Options): number {
  const given = options.get("hashlimit-burst");
  if (!given) return 5;
  const word = given.values[0]!;
  const number = leadingNumber(word.text);
  const burst = number ? number.value * unitFactor(number.rest) : 0;
  if (burst >= 1 && burst <= 1_000_000) return burst;
  return options.reader.fail(word, 'bad value for option "--hashlimit-burst", or out of range (1-1000000).');
}

function burstBytes(options: Options): number {
  const given = options.get("hashlimit-burst");
  return given ? bytesOf(options, given) : 0;
}

function hashlimitModes(options: Options): HashlimitMatch["modes"] {
  const given = options.get("hashlimit-mode");
  if (!given) return [];
  const word = given.values[0]!;
  const modes = word.text.split(",").filter((mode) => mode !== "");
  for (const mode of modes) {
    if (!(HASHLIMIT_MODES as readonly string[]).includes(mode)) {
      options.fail(word, `Bad value for "--hashlimit-mode" option: "${word.text}"`);
    }
  }
  return HASHLIMIT_MODES.filter((mode) => modes.includes(mode));
}

function unitFactor(unit: string): number {
  return unit.startsWith("k") ? 1024 : unit.startsWith("m") ? 1024 * 1024 : 1;
}

/** `N[k|m]b`; the tool rounds down to 16 bytes and takes an unknown unit as plain bytes. */
function bytesOf(options: Options, given: Given): number {
  const word = given.values[0]!;
  const found = /^([0-9]+)([km]?)/.exec(word.text);
  if (!found) return options.fail(word, `Bad value for "--${given.name}" option: "${word.text}"`);
  const factor = unitFactor(found[2]!);
  return Math.floor((Number(found[1]) * factor) / 16) * 16;
}

/** The inverse of a byte rate, as bytes_to_cost() of libxt_hashlimit gives it to the kernel. */
function byteCost(bytes: number): number {
  return Math.floor(0xffffffff / (Math.floor(bytes / 16) + 1));
}

function printBytes(bytes: number): string {
  if (bytes > 0 && bytes % (1024 * 1024) === 0) return `${bytes / (1024 * 1024)}mb`;
  return bytes > 0 && bytes % 1024 === 0 ? `${bytes / 1024}kb` : `${bytes}b`;
}

function printHashlimit(match: Omit<HashlimitMatch, "text">, speed: string, bits: number, expireMs: number): string {
  let text = option(match.above ? "hashlimit-above" : "hashlimit-upto", speed);
  if (match.unit === "packets") text += option("hashlimit-burst", String(match.burst));
  else if (match.burst) text += option("hashlimit-burst", printBytes(Number(match.burst)));
  if (match.modes.length) text += option("hashlimit-mode", match.modes.join(","));
  text += option("hashlimit-name", match.name);
  if (match.tableSize) text += option("hashlimit-htable-size", match.tableSize);
  if (match.tableMax) text += option("hashlimit-htable-max", match.tableMax);
  if (match.gcIntervalMs !== 1000) text += option("hashlimit-htable-gcinterval", match.gcIntervalMs);
  if (match.expireMs !== expireMs) text += option("hashlimit-htable-expire", match.expireMs);
  if (match.sourceMask !== bits) text += option("hashlimit-srcmask", match.sourceMask);
  if (match.destinationMask !== bits) text += option("hashlimit-dstmask", match.destinationMask);
  if (match.rateMatch) text += " --hashlimit-rate-match";
  return match.rateInterval === 1 || !match.rateMatch
    ? text
    : text + option("hashlimit-rate-interval", match.rateInterval);
}
