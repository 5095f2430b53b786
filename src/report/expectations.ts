import { EXPECT_INACTIVE, EXPECT_PERMANENT, EXPECT_USERSPACE } from "../../assembly/abi/conntrack.ts";
import { helperName } from "../compile/helper.ts";
import { formatAddress } from "../config/address.ts";
import type { Core } from "../core/core.ts";
import { ExpectationRecordLayout } from "../core/layout.generated.ts";
import { type Field, getNumber } from "../core/record.ts";

const layout = ExpectationRecordLayout;

/**
 * Connections that helpers expect, as `conntrack -L expect` prints them (conntrack-tools 1.4.7), both families, a line for each;
 * empty for none.
 */
export function reportExpectations(core: Core): string {
  const lines: string[] = [];
  core.firstExpectation();
  for (let record = core.nextExpectation(); record !== 0; record = core.nextExpectation()) {
    lines.push(expectationLine(new DataView(core.memory.buffer), record));
  }
  // The kernel's order is that of a random hash.
  return lines
    .sort()
    .map((line) => `${line}\n`)
    .join("");
}

const FLAGS = [
  [EXPECT_PERMANENT, "PERMANENT"],
  [EXPECT_INACTIVE, "INACTIVE"],
  [EXPECT_USERSPACE, "USERSPACE"],
] as const;

/** `EXPECT_*` bits in words, with commas between; empty for none. */
export function expectationFlags(bits: number): string {
  return FLAGS.filter(([bit]) => bits & bit)
    .map(([, name]) => name)
    .join(",");
}

/** A line of `conntrack -L expect`, from an `ExpectationRecord`. */
export function expectationLine(view: DataView, record: number): string {
  const number = (field: Field) => getNumber(view, record, field);
  const size = number(layout.family) === 4 ? 4 : 16;
  const bytes = (field: Field) => new Uint8Array(view.buffer, record + field.offset, size);
  const address = (field: Field) => formatAddress(bytes(field));
  const flags = expectationFlags(number(layout.flags));
  const helper = helperName(number(layout.helper));
  return [
    `${number(layout.secondsLeft)} proto=${number(layout.protocol)}`,
    `src=${address(layout.source0)} dst=${address(layout.destination0)}`,
    `sport=${number(layout.sourcePort)} dport=${number(layout.destinationPort)}`,
    `mask-src=${address(layout.mask0)} mask-dst=${formatAddress(new Uint8Array(size).fill(255))}`,
    `sport=${number(layout.sourcePortMask)} dport=65535`,
    `master-src=${address(layout.masterSource0)} master-dst=${address(layout.masterDestination0)}`,
    `sport=${number(layout.masterSourcePort)} dport=${number(layout.masterDestinationPort)}`,
    ...(flags ? [flags] : []),
    `class=${number(layout.class)}`,
    ...(helper === undefined ? [] : [`helper=${helper}`]),
  ].join(" ");
}
