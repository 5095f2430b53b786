import { Announcement, HelperOutcome } from "../../assembly/abi/conntrack.ts";
import { helperName } from "../compile/helper.ts";
import { formatAddress } from "../config/address.ts";
import { ExpectationRecordLayout, HelperFindingLayout, SequenceShiftLayout } from "../core/layout.generated.ts";
import { type Field, getNumber, stride } from "../core/record.ts";

const ANNOUNCEMENTS: Readonly<Record<Announcement, string>> = {
  [Announcement.Port]: "PORT",
  [Announcement.Eprt]: "EPRT",
  [Announcement.Pasv]: "227",
  [Announcement.Epsv]: "229",
  [Announcement.TftpRequest]: "a request",
};

const OUTCOMES: Readonly<Record<HelperOutcome, string>> = {
  [HelperOutcome.NotALine]: "does not read it: it does not begin where a line does",
  [HelperOutcome.Nothing]: "reads it: it announces no connection",
  [HelperOutcome.Partial]: "reads a command that is not whole",
  [HelperOutcome.OtherAddress]: "passes over an address that is not the sender's",
  [HelperOutcome.Expects]: "expects a connection",
  [HelperOutcome.Refused]: "cannot expect the connection",
};

/** What a helper of connection tracking made of a packet. */
export interface HelperFindings {
  readonly helper: string;
  readonly outcome: string;
  /** `PORT`, `227`, ...; undefined for nothing found. */
  readonly announcement?: string;
  /** Address and port that are announced. */
  readonly announced?: string;
  /** What is expected because of it: protocol, source (`any` port) and destination. */
  readonly expected?: string;
  /** Length of the packet before and after NAT wrote the announcement anew, where it changed. */
  readonly length?: readonly [before: number, after: number];
}

/** Reads a `HelperFinding`, with the `ExpectationRecord` behind it. */
export function readFinding(data: Uint8Array, outcome: HelperOutcome, family: 4 | 6): HelperFindings {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const layout = HelperFindingLayout;
  const number = (field: Field) => getNumber(view, 0, field);
  const helper = helperName(number(layout.helper)) ?? "";
  const words = { helper, outcome: OUTCOMES[outcome] };
  if (outcome === HelperOutcome.NotALine || outcome === HelperOutcome.Nothing) return words;
  const announcement: Announcement = number(layout.announcement);
  const port = number(layout.port);
  const address = formatAddress(data.slice(layout.address0.offset, layout.address0.offset + (family === 4 ? 4 : 16)));
  const length = [number(layout.lengthBefore), number(layout.lengthAfter)] as const;
  return {
    ...words,
    length: length[0] === length[1] ? undefined : length,
    announcement: ANNOUNCEMENTS[announcement],
    announced: port === 0 ? undefined : withPort(address, port, family),
    expected: number(layout.hasExpectation) ? expectedWords(view, stride(layout)) : undefined,
  };
}

function expectedWords(view: DataView, at: number): string {
  const layout = ExpectationRecordLayout;
  const number = (field: Field) => getNumber(view, at, field);
  const family = number(layout.family) === 4 ? 4 : 6;
  const address = (field: Field) =>
    formatAddress(new Uint8Array(view.buffer, view.byteOffset + at + field.offset, family === 4 ? 4 : 16));
  const protocol = number(layout.protocol) === 6 ? "TCP" : "UDP";
  const to = withPort(address(layout.destination0), number(layout.destinationPort), family);
  return `${protocol} ${address(layout.source0)} > ${to}`;
}

function withPort(address: string, port: number, family: 4 | 6): string {
  return family === 4 ? `${address}:${port}` : `[${address}]:${port}`;
}

export function helperText({ helper, outcome, announcement, announced, expected, length }: HelperFindings): string {
  const found = announcement && ` (${[announcement, announced].filter(Boolean).join(" ")})`;
  const grown = length && `, and writes that anew: length ${length[0]} becomes ${length[1]}`;
  return `helper ${helper} ${outcome}${found ?? ""}${expected ? `: ${expected}` : ""}${grown ?? ""}`;
}

/** How a segment's numbers were shifted. */
export interface Shift {
  readonly sequence: readonly [before: number, after: number];
  readonly acknowledged: readonly [before: number, after: number];
}

/** Reads a `SequenceShift`. */
export function readShift(data: Uint8Array): Shift {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const number = (field: Field) => getNumber(view, 0, field);
  const layout = SequenceShiftLayout;
  return {
    sequence: [number(layout.sequenceBefore), number(layout.sequenceAfter)],
    acknowledged: [number(layout.acknowledgedBefore), number(layout.acknowledgedAfter)],
  };
}

export function shiftText({ sequence, acknowledged }: Shift): string {
  const words = [
    ["sequence number", sequence],
    ["acknowledgement", acknowledged],
  ] as const;
  const changed = words.filter(([, [before, after]]) => before !== after);
  return changed.map(([what, [before, after]]) => `${what} ${before} becomes ${after}`).join(", ");
}
