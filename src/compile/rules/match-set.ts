import { ForwardMethod } from "../../../assembly/abi/ipvs.ts";
import {
  IPVS_TEST_ADDRESS,
  IPVS_TEST_CONTROL_PORT,
  IPVS_TEST_DIRECTION,
  IPVS_TEST_METHOD,
  IPVS_TEST_PORT,
  IPVS_TEST_PROPERTY,
  IPVS_TEST_PROTOCOL,
  MatchKind,
} from "../../../assembly/abi/rule.ts";
import {
  SET_QUERY_KEEP_COUNTERS,
  SET_QUERY_KEEP_SUBCOUNTERS,
  SET_QUERY_RETURN_NOMATCH,
  SetCompare,
} from "../../../assembly/abi/set-query.ts";
import { IpvsTestLayout, SetQueryLayout } from "../../core/layout.generated.ts";
import type { IpvsMatch, SetComparison, SetDirection, SetMatch } from "../../model/match.ts";
import { numberOfSet, type RuleContext } from "./context.ts";
import { matchEncoder } from "./encoder.ts";
import type { RecordWriter } from "./image.ts";

const NO_TIMEOUT = 0xffffffff;

const COMPARISONS: Readonly<Record<SetComparison["compare"], SetCompare>> = {
  eq: SetCompare.Equal,
  ne: SetCompare.NotEqual,
  lt: SetCompare.Less,
  gt: SetCompare.Greater,
};

export const set = matchEncoder<SetMatch>(MatchKind.Set, SetQueryLayout, (to, match, context) => {
  const layout = SetQueryLayout;
  let flags = 0;
  if (match.returnNomatch) flags |= SET_QUERY_RETURN_NOMATCH;
  if (match.keepCounters) flags |= SET_QUERY_KEEP_COUNTERS;
  if (match.keepSubcounters) flags |= SET_QUERY_KEEP_SUBCOUNTERS;
  writeSetQuery(to, context, { set: match.set, directions: match.directions, flags, timeout: NO_TIMEOUT });
  to.set(layout.invert, match.invert);
  if (match.packets) {
    to.set(layout.packets, match.packets.value);
    to.set(layout.packetsCompare, COMPARISONS[match.packets.compare]);
  }
  if (match.bytes) {
    to.set(layout.bytes, match.bytes.value);
    to.set(layout.bytesCompare, COMPARISONS[match.bytes.compare]);
  }
});

export interface SetQuery {
  readonly set: string;
  readonly directions: readonly SetDirection[];
  /** `SET_QUERY_*` bits. */
  readonly flags: number;
  /** Seconds; undefined for the set's own. */
  readonly timeout?: number;
}

export function writeSetQuery(to: RecordWriter, context: RuleContext, query: SetQuery): void {
  const layout = SetQueryLayout;
  to.set(layout.set, numberOfSet(context, query.set));
  to.set(layout.dimensions, query.directions.length);
  to.set(
    layout.directions,
    query.directions.reduce((bits, direction, i) => (direction === "src" ? bits | (1 << i) : bits), 0),
  );
  to.set(layout.flags, query.flags);
  to.set(layout.timeout, query.timeout ?? NO_TIMEOUT);
}

const METHODS: Readonly<Record<"GATE" | "IPIP" | "MASQ", ForwardMethod>> = {
  GATE: ForwardMethod.DirectRoute,
  IPIP: ForwardMethod.Tunnel,
  MASQ: ForwardMethod.Masq,
};

export const ipvs = matchEncoder<IpvsMatch>(MatchKind.Ipvs, IpvsTestLayout, (to, match) => {
  const layout = IpvsTestLayout;
  let tests = 0;
  let inverted = 0;
  const add = (bit: number, invert: boolean): void => {
    tests |= bit;
    if (invert) inverted |= bit;
  };
  if (match.property) add(IPVS_TEST_PROPERTY, match.property.invert);
  if (match.protocol) {
    add(IPVS_TEST_PROTOCOL, match.protocol.invert);
    to.set(layout.protocol, match.protocol.value);
  }
  if (match.address) {
    add(IPVS_TEST_ADDRESS, match.address.invert);
    to.bytes(layout.address0, match.address.value.address);
    to.bytes(layout.mask0, match.address.value.mask);
  }
  if (match.port) {
    add(IPVS_TEST_PORT, match.port.invert);
    to.set(layout.port, match.port.value);
  }
  if (match.direction) add(IPVS_TEST_DIRECTION, match.direction.invert !== (match.direction.value === "REPLY"));
  if (match.method) {
    add(IPVS_TEST_METHOD, match.method.invert);
    to.set(layout.method, METHODS[match.method.value]);
  }
  if (match.controlPort) {
    add(IPVS_TEST_CONTROL_PORT, match.controlPort.invert);
    to.set(layout.controlPort, match.controlPort.value);
  }
  to.set(layout.tests, tests);
  to.set(layout.inverted, inverted);
});
