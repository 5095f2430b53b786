import type { Family } from "../../model/address.ts";
import type { MatchExtension, TargetExtension } from "./extension.ts";
import * as address from "./match-address.ts";
import * as header from "./match-header.ts";
import * as host from "./match-host.ts";
import * as icmp from "./match-icmp.ts";
import * as ipv6 from "./match-ipv6.ts";
import * as memory from "./match-memory.ts";
import * as payload from "./match-payload.ts";
import * as rate from "./match-rate.ts";
import * as set from "./match-set.ts";
import { srh } from "./match-srh.ts";
import * as state from "./match-state.ts";
import * as clock from "./match-time.ts";
import * as transport from "./match-transport.ts";
import { RATEEST, rateest } from "./rateest.ts";
import { clusterip } from "./target-clusterip.ts";
import * as targetHost from "./target-host.ts";
import * as targetMark from "./target-mark.ts";
import * as targetNat from "./target-nat.ts";
import * as npt from "./target-npt.ts";
import * as targetPacket from "./target-packet.ts";
import { VERBATIM_MATCHES, VERBATIM_TARGETS } from "./verbatim.ts";

/** Every extension by its name; the only place that knows them all. */

const MATCHES: readonly MatchExtension[] = [
  transport.tcp,
  transport.udp,
  transport.multiport,
  transport.sctp,
  transport.tcpmss,
  icmp.icmp,
  icmp.icmp6,
  state.conntrack,
  state.state,
  state.mark,
  state.connmark,
  state.connbytes,
  state.connlimit,
  state.ipvs,
  address.comment,
  address.addrtype,
  address.rpfilter,
  set.set,
  memory.statistic,
  memory.recent,
  memory.quota,
  memory.nfacct,
  rateest,
  rate.limit,
  rate.hashlimit,
  header.length,
  header.ttl,
  header.hl,
  header.tos,
  header.dscp,
  header.iprange,
  header.mac,
  header.pkttype,
  header.ecn,
  payload.string,
  payload.u32,
  ipv6.ah,
  ipv6.esp,
  ipv6.ipcomp,
  ipv6.frag,
  ipv6.rt,
  ipv6.hbh,
  ipv6.dst,
  ipv6.mh,
  ipv6.ipv6header,
  srh,
  host.owner,
  host.physdev,
  host.socket,
  host.cpu,
  host.devgroup,
  host.helper,
  host.connlabel,
  host.realm,
  host.cgroup,
  clock.time,
  ...VERBATIM_MATCHES,
];

const TARGETS: readonly TargetExtension[] = [
  targetNat.dnat,
  targetNat.snat,
  targetNat.masquerade,
  targetNat.redirect,
  targetNat.netmap,
  targetMark.mark,
  targetMark.connmark,
  targetMark.tos,
  targetMark.dscp,
  targetMark.ttl,
  targetMark.hl,
  targetMark.classify,
  targetPacket.reject,
  targetPacket.tcpmss,
  targetPacket.tcpoptstrip,
  targetPacket.tee,
  targetPacket.trace,
  targetPacket.checksum,
  targetPacket.ecn,
  targetHost.log,
  targetHost.set,
  targetHost.notrack,
  targetHost.ct,
  targetHost.nflog,
  targetHost.nfqueue,
  targetHost.tproxy,
  npt.snpt,
  npt.dnpt,
  RATEEST,
  clusterip,
  ...VERBATIM_TARGETS,
];

const MATCHES_BY_NAME = new Map(MATCHES.map((extension) => [extension.name, extension]));
const TARGETS_BY_NAME = new Map(TARGETS.map((extension) => [extension.name, extension]));

/** Names of all targets, of either family. */
export const TARGET_NAMES: readonly string[] = TARGETS.map(({ name }) => name);

/** Which match `-p` alone brings: `-p tcp --dport 80` needs no `-m tcp`. */
const MATCH_OF_PROTOCOL = new Map([
  [6, "tcp"],
  [17, "udp"],
  [132, "sctp"],
  [33, "dccp"],
  [1, "icmp"],
  [58, "icmp6"],
  [51, "ah"],
  [50, "esp"],
  [108, "ipcomp"],
  [135, "mh"],
]);

export function findMatch(name: string, family: Family): MatchExtension | undefined {
  if (name === "ah" && family === 4) return ipv6.ah4;
  const extension = MATCHES_BY_NAME.get(name);
  return extension?.family === undefined || extension.family === family ? extension : undefined;
}

export function findTarget(name: string, family: Family): TargetExtension | undefined {
  const extension = TARGETS_BY_NAME.get(name);
  return extension?.family === undefined || extension.family === family ? extension : undefined;
}

export function findProtocolMatch(protocol: number, family: Family): MatchExtension | undefined {
  const name = MATCH_OF_PROTOCOL.get(protocol);
  return name === undefined ? undefined : findMatch(name, family);
}
