import { IPS_ASSURED, IPS_CONFIRMED, IPS_EXPECTED, IPS_SEEN_REPLY } from "../../../assembly/abi/conntrack.ts";
import {
  CONNTRACK_DIRECTION,
  CONNTRACK_EXPIRES,
  CONNTRACK_ORIGINAL_SOURCE,
  CONNTRACK_ORIGINAL_SOURCE_PORT,
  CONNTRACK_PROTOCOL,
  CONNTRACK_STATE,
  CONNTRACK_STATUS,
  ConnbytesDirection,
  ConnbytesMode,
  MatchKind,
  STATE_DNAT,
  STATE_ESTABLISHED,
  STATE_INVALID,
  STATE_NEW,
  STATE_RELATED,
  STATE_SNAT,
  STATE_UNTRACKED,
} from "../../../assembly/abi/rule.ts";
import {
  ConnbytesTestLayout,
  ConnlimitTestLayout,
  ConntrackPrefixLayout,
  ConntrackTestLayout,
  MarkTestLayout,
  StateTestLayout,
} from "../../core/layout.generated.ts";
import type {
  ConnbytesMatch,
  ConnlimitMatch,
  ConntrackMatch,
  ConntrackState,
  ConntrackStatus,
  MarkMatch,
  StateMatch,
} from "../../model/match.ts";
import { type MatchEncoder, matchEncoder, TestBits } from "./encoder.ts";
import type { RecordWriter } from "./image.ts";

const STATES: Readonly<Record<ConntrackState, number>> = {
  INVALID: STATE_INVALID,
  NEW: STATE_NEW,
  RELATED: STATE_RELATED,
  ESTABLISHED: STATE_ESTABLISHED,
  UNTRACKED: STATE_UNTRACKED,
  SNAT: STATE_SNAT,
  DNAT: STATE_DNAT,
};

/** NONE adds no bit, so a test for it alone never holds. */
const STATUS: Readonly<Record<ConntrackStatus, number>> = {
  NONE: 0,
  EXPECTED: IPS_EXPECTED,
  SEEN_REPLY: IPS_SEEN_REPLY,
  ASSURED: IPS_ASSURED,
  CONFIRMED: IPS_CONFIRMED,
};

function bits<Name extends string>(names: readonly Name[], values: Readonly<Record<Name, number>>): number {
  return names.reduce((sum, name) => sum | values[name], 0);
}

export const state = matchEncoder<StateMatch>(MatchKind.State, StateTestLayout, (to, match) => {
  const named = bits(match.state.value, STATES);
  // `!` asks for every state that is not named.
  to.set(StateTestLayout.states, match.state.invert ? ~named >>> 0 : named);
});

function markEncoder(kind: MatchKind): MatchEncoder<MarkMatch> {
  return matchEncoder<MarkMatch>(kind, MarkTestLayout, (to, match) => {
    to.set(MarkTestLayout.value, match.value);
    to.set(MarkTestLayout.mask, match.mask);
    to.set(MarkTestLayout.invert, match.invert);
  });
}

export const mark = markEncoder(MatchKind.Mark);
export const connmark = markEncoder(MatchKind.Connmark);

export const conntrack = matchEncoder<ConntrackMatch>(MatchKind.Conntrack, ConntrackTestLayout, (to, match) => {
  const layout = ConntrackTestLayout;
  const collected = new TestBits();
  const states = collected.add(CONNTRACK_STATE, match.state);
  if (states) to.set(layout.states, bits(states, STATES));
  const protocol = collected.add(CONNTRACK_PROTOCOL, match.protocol);
  if (protocol !== undefined) to.set(layout.protocol, protocol);
  const status = collected.add(CONNTRACK_STATUS, match.status);
  if (status) to.set(layout.status, bits(status, STATUS));
  const expire = collected.add(CONNTRACK_EXPIRES, match.expire);
  if (expire) {
    to.set(layout.expireFrom, expire.from);
    to.set(layout.expireTo, expire.to);
  }
  if (match.direction) {
    collected.add(CONNTRACK_DIRECTION, { value: true, invert: match.direction === "REPLY" });
  }
  writePrefixes(to, match, collected);
  writePorts(to, match, collected);
  to.set(layout.tests, collected.tests);
  to.set(layout.inverted, collected.inverted);
});

function writePrefixes(to: RecordWriter, match: ConntrackMatch, collected: TestBits): void {
  const prefixes = [match.originalSource, match.originalDestination, match.replySource, match.replyDestination];
  if (prefixes.every((each) => each === undefined)) return;
  const size = ConntrackPrefixLayout.byteLength;
  const first = to.image.reserve(4 * size);
  to.point(ConntrackTestLayout.prefixes, first);
  for (const [i, test] of prefixes.entries()) {
    const prefix = collected.add(CONNTRACK_ORIGINAL_SOURCE << i, test);
    if (!prefix) continue;
    to.image.write(first + i * size + ConntrackPrefixLayout.address0.offset, prefix.address);
    to.image.write(first + i * size + ConntrackPrefixLayout.mask0.offset, prefix.mask);
  }
}

function writePorts(to: RecordWriter, match: ConntrackMatch, collected: TestBits): void {
  const ports = [
    match.originalSourcePort,
    match.originalDestinationPort,
    match.replySourcePort,
    match.replyDestinationPort,
  ];
  const first = to.at + ConntrackTestLayout.originalSourceFrom.offset;
  for (const [i, test] of ports.entries()) {
    const range = collected.add(CONNTRACK_ORIGINAL_SOURCE_PORT << i, test);
    if (!range) continue;
    to.image.setUint16(first + i * 4, range.from);
    to.image.setUint16(first + i * 4 + 2, range.to);
  }
}

const MODES = { packets: ConnbytesMode.Packets, bytes: ConnbytesMode.Bytes, avgpkt: ConnbytesMode.Average };
const DIRECTIONS = {
  original: ConnbytesDirection.Original,
  reply: ConnbytesDirection.Reply,
  both: ConnbytesDirection.Both,
};

/** An inverted range is handed to the kernel with its ends exchanged. */
export const connbytes = matchEncoder<ConnbytesMatch>(MatchKind.Connbytes, ConnbytesTestLayout, (to, match) => {
  to.set(ConnbytesTestLayout.from, match.invert ? match.to : match.from);
  to.set(ConnbytesTestLayout.to, match.invert ? match.from : match.to);
  to.set(ConnbytesTestLayout.mode, MODES[match.mode]);
  to.set(ConnbytesTestLayout.direction, DIRECTIONS[match.direction]);
});

export const connlimit = matchEncoder<ConnlimitMatch>(
  MatchKind.Connlimit,
  ConnlimitTestLayout,
  (to, match, context) => {
    to.bytes(ConnlimitTestLayout.mask0, prefixMask(match.mask, context.family === 4 ? 4 : 16));
    to.set(ConnlimitTestLayout.limit, match.limit);
    to.set(ConnlimitTestLayout.fromDestination, match.side === "destination");
    to.set(ConnlimitTestLayout.upto, match.upto);
  },
);

function prefixMask(bits: number, bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => (0xff00 >> Math.min(8, Math.max(0, bits - i * 8))) & 0xff);
}
