import { CONN_F_NFCT, CONN_F_ONE_PACKET, ForwardMethod } from "../../abi/ipvs";
import { Verdict } from "../../abi/netfilter";
import { untrack } from "../../conntrack/index";
import { alterReplyForIpvs } from "../../conntrack/ipvs";
import { Packet } from "../../packet/packet";
import { sendLocalOut } from "../../packet/send";
import { IpvsConnection } from "../connection";
import { IpvsServer } from "../server";
import { sumIpv4Header } from "../translate";
import { Way } from "./route";

export function serverOf(connection: IpvsConnection): IpvsServer {
  return changetype<IpvsServer>(connection.server);
}

/** ip_vs_nat_send_or_cont(): conntrack learns what the server will answer with, or forgets the packet. */
export function sendTranslated(packet: Packet, connection: IpvsConnection, way: Way): Verdict {
  packet.ipvsProperty = 1;
  if (!(connection.flags & CONN_F_NFCT)) notrack(packet);
  else updateConntrack(packet, connection, false);
  if (way == Way.Local) return Verdict.Accept;
  sendLocalOut(packet);
  return Verdict.Stolen;
}

/** ip_vs_send_or_cont(): addresses stay, conntrack may stay. */
export function sendUnchanged(packet: Packet, connection: IpvsConnection, isLocal: bool): Verdict {
  packet.ipvsProperty = 1;
  if (!(connection.flags & CONN_F_NFCT)) notrack(packet);
  if (isLocal) return Verdict.Accept;
  sumIpv4Header(packet);
  packet.ignoreDf = 1;
  sendLocalOut(packet);
  return Verdict.Stolen;
}

/** ip_vs_notrack(): a packet without entry stays what it is, INVALID for instance. */
export function notrack(packet: Packet): void {
  if (packet.ct != 0) untrack(packet);
}

/** ip_vs_update_conntrack(). @param outgoing the server's packet came first. */
export function updateConntrack(packet: Packet, connection: IpvsConnection, outgoing: bool): void {
  if (packet.ct == 0 || connection.method != ForwardMethod.Masq || connection.flags & CONN_F_ONE_PACKET) return;
  const isFtp = connection.ftp != 0;
  if (outgoing) alterReplyForIpvs(packet, connection.virtualField, connection.virtualPort, true, isFtp);
  else alterReplyForIpvs(packet, connection.serverField, connection.serverPort, false, isFtp);
}
