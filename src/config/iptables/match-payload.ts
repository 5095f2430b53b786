import type { StringMatch, U32Match, U32Test } from "../../model/match.ts";
import { type Given, type MatchExtension, type Options, option, optionTable } from "./extension.ts";
import { parseNumber, wholeNumber } from "./values.ts";

/** Matches on the packet's bytes: xt_string, xt_u32. */

export const string: MatchExtension = {
  name: "string",
  options: optionTable("from:1 to:1 algo:1 !string:1 !hex-string:1 icase:0"),
  parse(options): StringMatch {
    const algorithm = options.required("algo").values[0]!;
    if (algorithm.text !== "bm" && algorithm.text !== "kmp")
      return options.reader.fail(algorithm, `unknown algorithm "${algorithm.text}"`);
    const plain = options.get("string");
    const given = plain ?? options.required("hex-string");
    const text = given.values[0]!.text;
    const pattern = plain ? new TextEncoder().encode(text) : hexPattern(options, given);
    if (pattern.length > 128) options.reader.fail(given.values[0], `STRING too long "${text}"`);
    if (pattern.length === 0) options.fail(given.values[0], "Invalid argument: the string is empty");
    const fromGiven = options.get("from");
    const toGiven = options.get("to");
    const from = fromGiven ? parseNumber(options, fromGiven, 65535) : 0;
    const to = toGiven ? parseNumber(options, toGiven, 65535) : 65535;
    if (from > to) options.fail(fromGiven?.values[0], "Invalid argument: --from lies behind --to");
    return {
      kind: "string",
      invert: given.invert,
      algorithm: algorithm.text,
      pattern,
      from,
      to,
      ignoreCase: options.has("icase"),
    };
  },
  print(match) {
    const m = match as StringMatch;
    let text = isPrintable(m.pattern)
      ? option("string", `"${new TextDecoder().decode(m.pattern).replace(/["\\]/g, "\\$&")}"`, m.invert)
      : option("hex-string", `"|${Array.from(m.pattern, (b) => b.toString(16).padStart(2, "0")).join("")}|"`, m.invert);
    text += option("algo", m.algorithm);
    if (m.from !== 0) text += option("from", m.from);
    if (m.to !== 65535) text += option("to", m.to);
    return m.ignoreCase ? `${text} --icase` : text;
  },
};

function isPrintable(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte >= 32 && byte < 127);
}

/** `|61 62|text`: hex digits between bars, a backslash takes the next byte. */
function hexPattern(options: Options, given: Given): Uint8Array {
  const bytes: number[] = [];
  const parts = given.values[0]!.text.split("|");
  if (parts.length % 2 === 0) options.reader.fail(given.values[0], "Invalid hex block");
  for (const [i, part] of parts.entries()) {
    if (i % 2 === 0) {
      bytes.push(...new TextEncoder().encode(part.replace(/\\(.)/g, "$1")));
      continue;
    }
    const digits = part.replace(/ /g, "");
    if (digits.length % 2 || !/^[0-9a-f]*$/i.test(digits)) options.reader.fail(given.values[0], `Invalid hex block`);
    for (let d = 0; d < digits.length; d += 2) bytes.push(Number.parseInt(digits.slice(d, d + 2), 16));
  }
  return Uint8Array.from(bytes);
}

export const u32: MatchExtension = {
  name: "u32",
  options: optionTable("!u32:1"),
  parse(options): U32Match {
    const given = options.required("u32");
    const tests = given.values[0]!.text.split("&&").map((text) => u32Test(options, given, text));
    return { kind: "u32", invert: given.invert, tests };
  },
  print(match) {
    const { tests, invert } = match as U32Match;
    const hexOf = (n: number) => `0x${n.toString(16)}`;
    const text = tests.map(({ location, values }) => {
      const left = location.map(({ op, number }) => (op === "start" ? "" : op) + hexOf(number)).join("");
      return `${left}=${values.map(({ from, to }) => (from === to ? hexOf(from) : `${hexOf(from)}:${hexOf(to)}`)).join(",")}`;
    });
    return `${invert ? " !" : ""} --u32 "${text.join("&&")}"`;
  },
};

function u32Test(options: Options, given: Given, text: string): U32Test {
  const bad = (): never => options.reader.fail(given.values[0], `u32: at char 0: bad test "${text}"`);
  const [left, right, more] = text.replace(/\s+/g, "").split("=");
  if (!left || !right || more !== undefined) return bad();
  const location: { op: "start" | "&" | "<<" | ">>" | "@"; number: number }[] = [];
  const pattern = /(^|&|<<|>>|@)(0x[0-9a-f]+|[0-9]+)/iy;
  while (pattern.lastIndex < left.length) {
    const found = pattern.exec(left);
    if (!found) return bad();
    location.push({ op: (found[1] || "start") as "start", number: wholeNumber(found[2]!) ?? 0 });
  }
  const values = right.split(",").map((item) => {
    const [from, to = from] = item.split(":").map((part) => wholeNumber(part));
    return from === undefined || to === undefined ? bad() : { from, to };
  });
  if (location.some(({ op, number }) => (op === "<<" || op === ">>") && number > 31)) return bad();
  return { location, values };
}
