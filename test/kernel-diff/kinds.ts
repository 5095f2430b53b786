import { Plan } from "./plan.ts";
import type { Random } from "./random.ts";
import { bondTraffic } from "./traffic/bond.ts";
import { bridgeTraffic } from "./traffic/bridge.ts";
import { exhaustionTraffic } from "./traffic/exhaustion.ts";
import { fragmentsTraffic } from "./traffic/fragments.ts";
import { fuzzTraffic } from "./traffic/fuzz.ts";
import { helpersTraffic } from "./traffic/helpers.ts";
import { icmpTraffic } from "./traffic/icmp.ts";
import { icmpErrorsTraffic } from "./traffic/icmp-errors.ts";
import { ipvsTraffic } from "./traffic/ipvs.ts";
import { kubeTraffic } from "./traffic/kube.ts";
import { natTraffic } from "./traffic/nat.ts";
import { nat6Traffic } from "./traffic/nat6.ts";
import { rulesTraffic } from "./traffic/rules.ts";
import { sctpTraffic } from "./traffic/sctp.ts";
import { setsTraffic } from "./traffic/sets.ts";
import { snoopingTraffic } from "./traffic/snooping.ts";
import { tcpTraffic } from "./traffic/tcp.ts";
import { udpTraffic } from "./traffic/udp.ts";
import { vlanTraffic } from "./traffic/vlan.ts";

export type Traffic = (plan: Plan) => void;

/** Kinds of traffic that can be asked for. */
export const KINDS: ReadonlyMap<string, Traffic> = new Map([
  ["tcp", tcpTraffic],
  ["sctp", sctpTraffic],
  ["udp", udpTraffic],
  ["icmp", icmpTraffic],
  ["icmp-errors", icmpErrorsTraffic],
  ["nat", natTraffic],
  ["nat6", nat6Traffic],
  ["helpers", helpersTraffic],
  ["exhaustion", exhaustionTraffic],
  ["ipvs", ipvsTraffic],
  ["kube", kubeTraffic],
  ["fuzz", fuzzTraffic],
  ["bridge", bridgeTraffic],
  ["snooping", snoopingTraffic],
  ["vlan", vlanTraffic],
  ["bond", bondTraffic],
  ["fragments", fragmentsTraffic],
  ["rules", rulesTraffic],
  ["sets", setsTraffic],
]);

const IPV6_ONLY: ReadonlySet<string> = new Set(["nat6"]);

/** The traffic of a kind, over either family, or the one that it is about. */
export function planOf(kind: string, random: Random, isIpv6: boolean): Plan {
  const plan = new Plan(random, isIpv6 || IPV6_ONLY.has(kind));
  KINDS.get(kind)!(plan);
  return plan;
}
