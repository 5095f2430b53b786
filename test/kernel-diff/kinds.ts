import type { Plan } from "./plan.ts";
import { bondTraffic } from "./traffic/bond.ts";
import { bridgeTraffic } from "./traffic/bridge.ts";
import { fragmentsTraffic } from "./traffic/fragments.ts";
import { fuzzTraffic } from "./traffic/fuzz.ts";
import { icmpTraffic } from "./traffic/icmp.ts";
import { ipvsTraffic } from "./traffic/ipvs.ts";
import { kubeTraffic } from "./traffic/kube.ts";
import { natTraffic } from "./traffic/nat.ts";
import { rulesTraffic } from "./traffic/rules.ts";
import { sctpTraffic } from "./traffic/sctp.ts";
import { setsTraffic } from "./traffic/sets.ts";
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
  ["nat", natTraffic],
  ["ipvs", ipvsTraffic],
  ["kube", kubeTraffic],
  ["fuzz", fuzzTraffic],
  ["bridge", bridgeTraffic],
  ["vlan", vlanTraffic],
  ["bond", bondTraffic],
  ["fragments", fragmentsTraffic],
  ["rules", rulesTraffic],
  ["sets", setsTraffic],
]);
