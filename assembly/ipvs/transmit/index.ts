import { Reason } from "../../abi/fate";
import { CONN_F_NO_CPORT, ForwardMethod } from "../../abi/ipvs";
import { Verdict } from "../../abi/netfilter";
import { copyAddress } from "../../packet/bytes";
import { Packet } from "../../packet/packet";
import { ROUTED_AGAIN } from "../../route/route";
import { drop } from "../../trace/output";
import { IpvsConnection } from "../connection";
import { fillClientPort } from "../connection-table";
import { clientPort, IpvsHeader } from "../header";
import { IpvsServer } from "../server";
import { translatePacket } from "../translate";
import { MODE_KNOWN_HOP, MODE_LOCAL, MODE_REDIRECT, MODE_REMOTE, routeToServer, Way } from "./route";
import { sendTranslated, sendUnchanged, serverOf } from "./send";
import { transmitTunnel } from "./tunnel";

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
  if (connection.flags & CONN_F_NO_CPORT && !(packet.family == 6 && header.fragmentOffset != 0)) {
    fillClientPort(connection, clientPort(packet, header));
  }
  const server = serverOf(connection);
  const way = routeToServer(packet, server, header, MODE_LOCAL | MODE_REMOTE | MODE_REDIRECT);
  if (way == Way.None) return Verdict.Drop;
  if (isStrayToLoopback(packet, connection, way) || !translatePacket(packet, connection, header, false)) {
    drop(packet, Reason.IpvsTransmit);
    return Verdict.Drop;
  }
  if (way == Way.Remote) goToDestination(packet, server);
  // What the node sends to itself keeps its route; a raw socket's names the next hop (walk.ts), a second one does not.
  else if (packet.routed == ROUTED_AGAIN) goToDestination(packet, null);
  packet.ignoreDf = 1;
  return sendTranslated(packet, connection, way);
}

/**
 * The route is the server's, as its first packet asked for it. On the link, the neighbour is then that of the packet's own destination:
 * FTP may name another one, and a connection may be of the time when the server had another forwarding method.
 */
function goToDestination(packet: Packet, server: IpvsServer | null): void {
  const isKnown = server === null ? false : server.leadsToServer;
  if (isKnown || packet.viaGateway != 0) return;
  copyAddress(changetype<usize>(packet) + offsetof<Packet>("nextHop0"), packet.destination, packet.family);
}

/** A packet of the network may not be turned to a loopback address. */
export function isStrayToLoopback(packet: Packet, connection: IpvsConnection, way: Way): bool {
  if (way != Way.Local || packet.inDevice == 0 || packet.loopedBack) return false;
  if (packet.family == 4) return load<u8>(connection.serverField) == 127;
  return connection.server0 == 0 && connection.server1 == bswap<u64>(1);
}

function transmitDirect(packet: Packet, connection: IpvsConnection, header: IpvsHeader): Verdict {
  const server = serverOf(connection);
  const way = routeToServer(packet, server, header, MODE_LOCAL | MODE_REMOTE | MODE_KNOWN_HOP);
  if (way == Way.None) return Verdict.Drop;
  if (way == Way.Remote) goToDestination(packet, server);
  return sendUnchanged(packet, connection, way == Way.Local);
}

function transmitBypass(packet: Packet, connection: IpvsConnection, header: IpvsHeader): Verdict {
  const way = routeToServer(packet, null, header, MODE_REMOTE);
  return way == Way.None ? Verdict.Drop : sendUnchanged(packet, connection, false);
}
