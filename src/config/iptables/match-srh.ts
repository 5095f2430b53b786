import type { Negatable, Prefix } from "../../model/address.ts";
import type { SrhComparison, SrhMatch } from "../../model/match.ts";
import { formatAddress, prefixLengthOf } from "../address.ts";
import { flag, type MatchExtension, type Options, option, optionTable } from "./extension.ts";
import { parseHostUnderMask, parseNumber } from "./values.ts";

/** -m srh: ip6t_srh, revision 1. */

const FIELDS = ["srh-hdr-len", "srh-segs-left", "srh-last-entry"] as const;

export const srh: MatchExtension = {
  name: "srh",
  family: 6,
  options: optionTable(
    `!srh-next-hdr:1 ${FIELDS.flatMap((name) => ["eq", "gt", "lt"].map((how) => `!${name}-${how}:1`)).join(" ")} ` +
      "!srh-tag:1 !srh-psid:1 !srh-nsid:1 !srh-lsid:1",
  ),
  parse: (options): SrhMatch => ({
    kind: "srh",
    nextHeader: number(options, "srh-next-hdr", 255),
    length: comparison(options, "srh-hdr-len"),
    segmentsLeft: comparison(options, "srh-segs-left"),
    lastEntry: comparison(options, "srh-last-entry"),
    tag: number(options, "srh-tag", 65535),
    previousSid: segment(options, "srh-psid"),
    nextSid: segment(options, "srh-nsid"),
    lastSid: segment(options, "srh-lsid"),
  }),
  print(match) {
    const m = match as SrhMatch;
    return (
      (m.nextHeader ? option("srh-next-hdr", m.nextHeader.value, m.nextHeader.invert) : "") +
      printComparison("srh-hdr-len", m.length) +
      printComparison("srh-segs-left", m.segmentsLeft) +
      printComparison("srh-last-entry", m.lastEntry) +
      (m.tag ? option("srh-tag", m.tag.value, m.tag.invert) : "") +
      printSegment("srh-psid", m.previousSid) +
      printSegment("srh-nsid", m.nextSid) +
      printSegment("srh-lsid", m.lastSid)
    );
  },
};

function number(options: Options, name: string, max: number): Negatable<number> | undefined {
  const given = options.get(name);
  return given && { value: parseNumber(options, given, max), invert: given.invert };
}

/** The tool keeps one number a field: the last that was given counts for all three comparisons. */
function comparison(options: Options, field: string): SrhComparison | undefined {
  const last = options.given.findLast(({ name }) => name.startsWith(`${field}-`));
  if (!last) return undefined;
  for (const given of options.given) if (given.name.startsWith(`${field}-`)) parseNumber(options, given, 255);
  const test = (how: string): Negatable<true> | undefined => {
    const given = options.get(`${field}-${how}`);
    return given && { value: true, invert: given.invert };
  };
  return { value: parseNumber(options, last, 255), equal: test("eq"), greater: test("gt"), less: test("lt") };
}

function printComparison(field: string, test: SrhComparison | undefined): string {
  if (!test) return "";
  const part = (how: string, given: Negatable<true> | undefined) =>
    given ? `${flag(`${field}-${how}`, given.invert)} ${test.value}` : "";
  return part("eq", test.equal) + part("gt", test.greater) + part("lt", test.less);
}

function segment(options: Options, name: string): Negatable<Prefix> | undefined {
  const given = options.get(name);
  if (!given) return undefined;
  const word = given.values[0]!;
  return { value: parseHostUnderMask(options.reader, word, word.text, 6), invert: given.invert };
}

function printSegment(name: string, test: Negatable<Prefix> | undefined): string {
  if (!test) return "";
  const { address, mask } = test.value;
  return option(name, `${formatAddress(address)}/${prefixLengthOf(mask) ?? formatAddress(mask)}`, test.invert);
}
