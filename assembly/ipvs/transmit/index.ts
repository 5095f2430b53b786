import { CONN_F_NFCT, CONN_F_ONE_PACKET, ForwardMethod } from "../../abi/ipvs";
import { Verdict } from "../../abi/netfilter";
import { untrack } from "../../conntrack/index";
import { alterReplyForIpvs } from "../../conntrack/ipvs";
import { Packet } from "../../packet/packet";
import { sendLocalOut } from "../../packet/send";
import { drop } from "../../trace/output";
import { IpvsConnection } from "../connection";
import { IpvsHeader } from "../header";
import { IpvsServer } from "../server";
import { sumIpv4Header, translateRequest } from "../translate";
import { MODE_LOCAL, MODE_REDIRECT, MODE_REMOTE, routeToServer, Way } from "./route";
import { transmitTunnel } from "./tunnel";
import { Reason } from "../../abi/fate";

/**
 * Sends a packet to the server of its connection (net/netfilter/ipvs/ip_vs_xmit.c).
 *
 * @returns Stolen: sent, the packet is gone; Accept: the server is the node itself; Drop: it could not be sent.
 */
export function transmit(packet: Packet, connection: IpvsConnection, header: IpvsHeader): Verdict {
  const method: ForwardMethod = connection.method;
  switch (method) {
    case ForwardMethod.Masq:
      return transmitMasq(packet, connection, header);
    case ForwardMethod.Tunnel:
      return transmitTunnel(packet, connection, header);
    case ForwardMethod.DirectRoute:
      return transmitDirect(packet, connection, header);
    case ForwardMethod.Bypass:
      return transmitBypass(packet, connection, header);
    default:
      return sendUnchanged(packet, connection, true);
  }
}

function transmitMasq(packet: Packet, connection: IpvsConnection, header: IpvsHeader): Verdict {
  const way = routeToServer(packet, serverOf(connection), header, MODE_LOCAL | MODE_REMOTE | MODE_REDIRECT);
  if (way == Way.None) return Verdict.Drop;
  if (isStrayToLoopback(packet, connection, way) || !translateRequest(packet, connection, header)) {
    drop(packet, Reason.IpvsTransmit);
    return Verdict.Drop;
  }
  packet.ignoreDf = 1;
  return sendTranslated(packet, connection, way);
}

/** A packet of the network may not be turned to a loopback address. */
export function isStrayToLoopback(packet: Packet, connection: IpvsConnection, way: Way): bool {
  if (way != Way.Local || packet.inDevice == 0 || packet.loopedBack) return false;
  if (packet.family == 4) return load<u8>(connection.serverField) == 127;
  return connection.server0 == 0 && connection.server1 == bswap<u64>(1);
}

function transmitDirect(packet: Packet, connection: IpvsConnection, header: IpvsHeader): Verdict {
  const way = routeToServer(packet, serverOf(connection), header, MODE_LOCAL | MODE_REMOTE);
  if (way == Way.None) return Verdict.Drop;
  return sendUnchanged(packet, connection, way == Way.Local);
}

function transmitBypass(packet: Packet, connection: IpvsConnection, header: IpvsHeader): Verdict {
  const way = routeToServer(packet, null, header, MODE_REMOTE);
  return way == Way.None ? Verdict.Drop : sendUnchanged(packet, connection, false);
}

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
  if (outgoing) alterReplyForIpvs(packet, connection.virtualField, connection.virtualPort, true);
  else alterReplyForIpvs(packet, connection.serverField, connection.serverPort, false);
}
