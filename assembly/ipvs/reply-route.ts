import { CONN_F_NFCT } from "../abi/ipvs";
import { Hook, Verdict } from "../abi/netfilter";
import { RouteResult } from "../abi/route";
import { DefragUser, defragment } from "../ip/defragment";
import { config } from "../packet/config";
import { Packet } from "../packet/packet";
import { reroute } from "../route/index";
import { isUsable } from "../route/route";
import { IpvsConnection } from "./connection";
import { notrack, updateConntrack } from "./transmit/send";

/** What replies and the ICMP errors of servers have in common. */

/** Gathers fragments of IPv4, which conntrack may not have done. @returns false when the packet waits, or is gone. */
export function gather(packet: Packet, hook: Hook): bool {
  let user: DefragUser = DefragUser.IpvsOut;
  if (hook == Hook.Input) user = DefragUser.IpvsIn;
  else if (hook == Hook.Forward) user = DefragUser.IpvsForward;
  return defragment(packet, user) == Verdict.Accept;
}

/**
 * sysctl snat_reroute: a reply is routed again as a packet of the node, but for one that is delivered here
 * (ip_vs_route_me_harder). @returns false when there is no way.
 */
export function routeReply(packet: Packet, hook: Hook): bool {
  if (!config.vsSnatReroute || hook == Hook.Input || packet.routeResult == RouteResult.Local) return true;
  return isUsable(reroute(packet));
}

/** Marks the reply as done and tells conntrack of it. */
export function finishReply(packet: Packet, connection: IpvsConnection): void {
  packet.ipvsProperty = 1;
  if (connection.flags & CONN_F_NFCT) updateConntrack(packet, connection, true);
  else notrack(packet);
}
