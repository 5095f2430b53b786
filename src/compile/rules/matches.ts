import type { Match } from "../../model/match.ts";
import type { MatchEncoder, MatchOf } from "./encoder.ts";
import * as address from "./match-address.ts";
import * as header from "./match-header.ts";
import * as host from "./match-host.ts";
import * as ipv6 from "./match-ipv6.ts";
import * as measure from "./match-measure.ts";
import * as program from "./match-program.ts";
import * as rate from "./match-rate.ts";
import * as set from "./match-set.ts";
import * as ipv6Srh from "./match-srh.ts";
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
  quota: rate.quota,
  hashlimit: rate.hashlimit,
  nfacct: measure.nfacct,
  rateest: measure.rateest,
  connbytes: state.connbytes,
  connlimit: state.connlimit,
  rpfilter: host.rpfilter,
  length: header.length,
  ttl: header.ttl,
  hl: header.hl,
  tos: header.tos,
  dscp: header.dscp,
  ecn: header.ecn,
  mac: header.mac,
  pkttype: header.pkttype,
  string: header.string,
  u32: header.u32,
  sctp: header.sctp,
  tcpmss: header.tcpmss,
  ipv6header: ipv6.ipv6header,
  frag: ipv6.frag,
  rt: ipv6.rt,
  hbh: ipv6.hbh,
  dst: ipv6.dst,
  ah: ipv6.ah,
  esp: ipv6.esp,
  ipcomp: ipv6.ipcomp,
  mh: ipv6.mh,
  srh: ipv6Srh.srh,
  owner: host.owner,
  cgroup: host.cgroup,
  physdev: host.physdev,
  devgroup: host.devgroup,
  realm: host.realm,
  time: host.time,
  socket: host.socket,
  cpu: host.cpu,
  helper: host.helper,
  connlabel: host.connlabel,
  bpf: program.bpf,
  cluster: program.cluster,
  dccp: program.dccp,
  eui64: program.eui64,
  policy: program.policy,
  osf: program.osf,
  set: set.set,
  ipvs: set.ipvs,
};

export function findMatchEncoder(kind: Match["kind"]): MatchEncoder | undefined {
  return ENCODERS[kind] as MatchEncoder | undefined;
}
