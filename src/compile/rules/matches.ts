import type { Match } from "../../model/match.ts";
import type { MatchEncoder, MatchOf } from "./encoder.ts";
import * as address from "./match-address.ts";
import * as rate from "./match-rate.ts";
import * as set from "./match-set.ts";
import * as state from "./match-state.ts";
import * as transport from "./match-transport.ts";

/** The encoders by the model's names. Comments and what is kept word by word have none. */
const ENCODERS: { readonly [K in Match["kind"]]?: MatchEncoder<MatchOf<K>> } = {
  tcp: transport.tcp,
  udp: transport.udp,
  icmp: transport.icmp,
  icmp6: transport.icmp6,
  multiport: transport.multiport,
  conntrack: state.conntrack,
  state: state.state,
  mark: state.mark,
  connmark: state.connmark,
  addrtype: address.addrtype,
  iprange: address.iprange,
  limit: rate.limit,
  statistic: rate.statistic,
  recent: rate.recent,
  set: set.set,
  ipvs: set.ipvs,
};

export function findMatchEncoder(kind: Match["kind"]): MatchEncoder | undefined {
  return ENCODERS[kind] as MatchEncoder | undefined;
}
