import type { RateestMatch, RateTest } from "../../model/match.ts";
import type { RateestTarget } from "../../model/target.ts";
import type { Word } from "../words.ts";
import {
  flag,
  type Given,
  type MatchExtension,
  type Options,
  option,
  optionTable,
  type TargetExtension,
} from "./extension.ts";
import { cutBytes, wholeNumber } from "./values.ts";

/** -m rateest and -j RATEEST: xt_rateest, xt_RATEEST. */

const COMPARISONS = ["lt", "gt", "eq"] as const;

export const rateest: MatchExtension = {
  name: "rateest",
  // Unlike iptables, which refuses it, lt, gt and eq may stand twice: iptables-save prints them so where bytes and packets are tested.
  onRepeat: (name) => `rateest: can't specify --${name} twice`,
  onInversion: (name) => `rateest: ${name} can't be inverted`,
  options: optionTable(
    "rateest-delta:0 rateest:1 rateest1:1 rateest2:1 rateest-bps:? rateest-pps:? rateest-bps1:? rateest-pps1:? " +
      "rateest-bps2:? rateest-pps2:? *!rateest-lt:0 *!rateest-gt:0 *!rateest-eq:0",
  ),
  parse(options): RateestMatch {
    const compares = options.given.filter(({ name }) => COMPARISONS.some((how) => name === `rateest-${how}`));
    const bytes = rateTest(options, "bps", rate);
    const packets = rateTest(options, "pps", packetRate);
    if (compares.length === 0 || (!bytes && !packets)) options.reader.fail(undefined, INVALID);
    return {
      kind: "rateest",
      invert: compares.some(({ invert }) => invert),
      first: nameOf(options, "rateest") ?? nameOf(options, "rateest1") ?? "",
      second: nameOf(options, "rateest2"),
      compare: compares.at(-1)!.name.slice("rateest-".length) as RateestMatch["compare"],
      delta: options.has("rateest-delta"),
      bytes,
      packets,
    };
  },
  print(match) {
    const m = match as RateestMatch;
    return (
      (m.delta ? flag("rateest-delta") : "") +
      option(m.second === undefined ? "rateest" : "rateest1", m.first) +
      printRateTest(m, "bps", m.bytes, formatRate) +
      printRateTest(m, "pps", m.packets, String) +
      (m.second === undefined ? "" : option("rateest2", m.second))
    );
  },
};

function nameOf(options: Options, name: string): string | undefined {
  return options.get(name)?.values[0]?.text;
}

const INVALID = "Invalid argument. Run `dmesg' for more information.";

/** `--rateest-bps` and `--rateest-bps2` are the same number; it may be left out after `--rateest-bps`. */
function rateTest(
  options: Options,
  unit: "bps" | "pps",
  parse: (word: Word, given: Given, options: Options) => number,
): RateTest | undefined {
  const plain = options.get(`rateest-${unit}`);
  const first = options.get(`rateest-${unit}1`);
  const second = options.get(`rateest-${unit}2`);
  if (plain && second) options.fail(second.word, `can't specify --rateest-${unit}2 twice`);
  const value = (given: Given | undefined) => (given?.values[0] ? parse(given.values[0], given, options) : 0);
  return plain || first || second ? { first: value(first), second: value(second ?? plain) } : undefined;
}

function printRateTest(
  { delta, second, compare, invert }: RateestMatch,
  unit: "bps" | "pps",
  test: RateTest | undefined,
  format: (rate: number) => string,
): string {
  if (!test) return "";
  const from = delta ? option(`rateest-${unit}1`, format(test.first)) : "";
  const how = from + flag(`rateest-${compare}`, invert);
  if (delta) return how + option(`rateest-${unit}2`, format(test.second));
  return how + (second === undefined ? option(`rateest-${unit}`, format(test.second)) : flag(`rateest-${unit}`));
}

/** Units of rates as tc knows them: bits a second, or bytes a second (`bps`). */
const RATE_UNITS: Readonly<Record<string, number>> = {
  "": 1,
  bit: 1,
  kibit: 1024,
  kbit: 1e3,
  mibit: 1024 ** 2,
  mbit: 1e6,
  gibit: 1024 ** 3,
  gbit: 1e9,
  tibit: 1024 ** 4,
  tbit: 1e12,
  bps: 8,
  kibps: 8 * 1024,
  kbps: 8e3,
  mibps: 8 * 1024 ** 2,
  mbps: 8e6,
  gibps: 8 * 1024 ** 3,
  gbps: 8e9,
};

function packetRate(word: Word, _given: Given, options: Options): number {
  const number = wholeNumber(word.text);
  if (number !== undefined && number <= 0xffffffff) return number;
  return options.fail(word, `could not parse pps \`${word.text}'`);
}

/** Bytes a second. */
function rate(word: Word, _given: Given, options: Options): number {
  const found = /^(0x[0-9a-f]+|[0-9.]+)([A-Za-z]*)$/i.exec(word.text);
  const unit = found && RATE_UNITS[found[2]!.toLowerCase()];
  if (!found || unit === undefined || unit === null) return options.fail(word, `could not parse rate \`${word.text}'`);
  return Math.min(Math.floor((Number(found[1]) * unit) / 8), 0xffffffff);
}

function formatRate(bytes: number): string {
  const bits = bytes * 8;
  if (bits >= 1e9) return `${(bits / 1e6).toFixed(0)}Mbit`;
  return bits >= 1e6 ? `${(bits / 1e3).toFixed(0)}Kbit` : `${bits}bit`;
}

const SHORTEST_US = 250_000;
const LONGEST_LOG = 5;

export const RATEEST: TargetExtension = {
  name: "RATEEST",
  options: optionTable("+rateest-name:1 +rateest-interval:1 +rateest-ewmalog:1"),
  parse(options): RateestTarget {
    const name = cutBytes(options.required("rateest-name").values[0]!.text, 15);
    const interval = microseconds(options, options.required("rateest-interval"));
    const average = microseconds(options, options.required("rateest-ewmalog"));
    let intervalLog = 0;
    while (intervalLog <= LONGEST_LOG && interval > SHORTEST_US * 2 ** intervalLog) intervalLog++;
    if (intervalLog > LONGEST_LOG) options.fail(undefined, "interval value is too large");
    return { kind: "RATEEST", name, intervalLog, weightLog: weightLog(options, interval, average) };
  },
  print(target) {
    const { name, intervalLog, weightLog } = target as RateestTarget;
    const interval = SHORTEST_US * 2 ** intervalLog;
    return (
      option("rateest-name", name) +
      option("rateest-interval", formatTime(interval)) +
      option("rateest-ewmalog", formatTime(interval * 2 ** weightLog))
    );
  },
};

/** The largest weight whose average still follows within the time asked for (libxt_RATEEST.c). */
function weightLog(options: Options, interval: number, average: number): number {
  let log = 1;
  while (log < 32 && interval / -Math.log(1 - 1 / 2 ** log) <= average) log++;
  log -= 1;
  return log === 0 || log >= 31 ? options.fail(undefined, "ewmalog value is out of range") : log;
}

const TIME_UNITS: Readonly<Record<string, number>> = {
  "": 1,
  us: 1,
  usec: 1,
  usecs: 1,
  ms: 1e3,
  msec: 1e3,
  msecs: 1e3,
  s: 1e6,
  sec: 1e6,
  secs: 1e6,
};

function microseconds(options: Options, given: Given): number {
  const word = given.values[0]!;
  const found = /^([0-9.]+)([A-Za-z]*)$/.exec(word.text);
  const unit = found && TIME_UNITS[found[2]!.toLowerCase()];
  if (!found || unit === undefined || unit === null) return options.fail(word, `bad ${given.name} value`);
  return Number(found[1]) * unit;
}

/** The tool reckons in 32 bits. */
function formatTime(time: number): string {
  const us = time % 2 ** 32;
  return us >= 1e6 ? `${(us / 1e6).toFixed(1)}s` : `${(us / 1e3).toFixed(1)}ms`;
}
