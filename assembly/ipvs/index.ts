import { Hook, Verdict } from "../abi/netfilter";
import { setArrivalForIpvs } from "../conntrack/arrival";
import { config } from "../packet/config";
import { Packet } from "../packet/packet";
import { routeInput } from "../route/index";
import { IpvsConnection } from "./connection";
import { arriveForIpvs } from "./ftp";
import { giveHeader, isIcmp, isKnownProtocol, readHeader, takeHeader } from "./header";
import { requestIcmp } from "./icmp-request";
import { findReplyByHeader } from "./lookup";
import { handleReply } from "./reply";
import { handleRequest } from "./request";
import { serviceCount } from "./service";
import { runIpvsTimers } from "./timers";

setArrivalForIpvs(arriveForIpvs);

export { addConnection, beginConnections, fetchConnections } from "./ahead";
export {
  agreesInLane,
  countInLane,
  fillInverse,
  findInLane,
  isAnswerInLane,
  isIpvsInLane,
  keepInConnection,
} from "./lane";

/** Replies of servers (ip_vs_out_hook): LOCAL_IN 98, FORWARD 100, LOCAL_OUT -99. */
export function ipvsReply(packet: Packet, hook: Hook): Verdict {
  const header = takeHeader();
  const verdict = handleReply(packet, hook, header);
  giveHeader();
  return verdict;
}

/** Requests (ip_vs_in_hook): LOCAL_IN 99, LOCAL_OUT -98. Stolen when it was sent to a server. */
export function ipvsRequest(packet: Packet, hook: Hook): Verdict {
  const header = takeHeader();
  const verdict = handleRequest(packet, hook, header);
  giveHeader();
  return verdict;
}

/** ICMP errors in FORWARD (ip_vs_forward_icmp), priority 99. */
export function ipvsForwardIcmp(packet: Packet, hook: Hook): Verdict {
  if (config.vsBackupOnly) return Verdict.Accept;
  const header = takeHeader();
  readHeader(packet, header);
  const verdict = isIcmp(packet, header) ? requestIcmp(packet, hook, header) : Verdict.Accept;
  giveHeader();
  return verdict == Verdict.Continue ? Verdict.Accept : verdict;
}

/** The connection of a packet that IPVS has sent towards its server (xt_ipvs.c): found as a reply, seen backwards. */
export function findHandled(packet: Packet): IpvsConnection | null {
  const header = takeHeader();
  readHeader(packet, header);
  header.inverse = true;
  const connection = isKnownProtocol(header.protocol) ? findReplyByHeader(packet, header) : null;
  giveHeader();
  return connection;
}

/** Are the hooks of this family registered? They come with its first service and go with its last. */
export function ipvsActive(family: u32): bool {
  return serviceCount(family) != 0;
}

/** Lets connections expire, in order of time, and runs the other timers of IPVS. */
export function expireConnections(): void {
  runIpvsTimers();
}

/**
 * hookwalk's `-j IPVS`: the service look-up at this point of a chain. Accept where no virtual service matches. Unlike
 * Linux, which has no such target. A packet that is not routed yet is routed first, as it would be after PREROUTING.
 */
export function ipvsFromRule(packet: Packet, hook: Hook): Verdict {
  if (!packet.routed) routeInput(packet);
  return ipvsRequest(packet, hook);
}
