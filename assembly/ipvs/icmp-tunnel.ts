import { TunnelType } from "../abi/ipvs";
import { PROTO_GRE, PROTO_IPIP, PROTO_UDP } from "../abi/protocol";
import { RouteResult } from "../abi/route";
import { detach, share } from "../conntrack/index";
import { sendIcmpError } from "../ip/icmp";
import { load16, load32 } from "../packet/bytes";
import { freePacket, newPacket, Packet, parseTransport } from "../packet/packet";
import { IpvsConnection } from "./connection";
import { countReply } from "./count";
import { IpvsHeader, isReadable } from "./header";
import { CODE_FRAGMENTATION_NEEDED, ICMP_UNREACHABLE } from "./icmp";
import { findTunnel } from "./real-servers";
import { IpvsServer } from "./server";
import { learnPathMtu } from "./transmit/path-mtu";
import { routeOf } from "./transmit/route";

/** What an error quotes: no tunnel of ours, or (any other value) that many bytes of one before the client's packet. */
export enum TunnelQuote {
  None = 0,
  /** Looks like a tunnel, but is not one to a server: IPVS leaves the error alone. */
  Foreign = -1,
}

const GRE_CHECKSUM_PRESENT: u32 = 0x8000;
const ETHERTYPE_IP: u32 = 0x0800;

const MIN_MTU: u32 = 68;
const IP_HEADER: u32 = 20;

/** Is the quoted packet the outside of a tunnel to a server (first part of ip_vs_in_icmp)? */
export function tunnelQuote(packet: Packet, offset: u32): i32 {
  const outer = packet.data + offset;
  const protocol: u32 = load<u8>(outer, 9);
  const size = (<u32>load<u8>(outer) & 15) * 4;
  const isLaterFragment = (load16(outer + 6) & 0x1fff) != 0;
  const isLocal = packet.routeResult == RouteResult.Local;
  if (protocol == PROTO_IPIP) {
    if (isLaterFragment || !isLocal) return TunnelQuote.Foreign;
    const server = findTunnel(4, outer + 16, 0);
    const isOurs = server !== null && server.tunnelType == TunnelType.Ipip;
    return isOurs ? <i32>size : TunnelQuote.Foreign;
  }
  if (!isLocal || (protocol != PROTO_UDP && protocol != PROTO_GRE)) return TunnelQuote.None;
  if (isLaterFragment) return TunnelQuote.Foreign;
  const inside = protocol == PROTO_UDP ? gueSize(packet, offset, size) : greSize(packet, offset, size);
  return inside == 0 ? TunnelQuote.None : <i32>(size + inside);
}

/** Bytes of UDP and GUE headers; 0 when it is not GUE with IPv4 inside, to a server (ipvs_udp_decap). */
function gueSize(packet: Packet, offset: u32, outer: u32): u32 {
  const at = offset + outer;
  if (!isReadable(packet, at, 12)) return 0;
  const udp = packet.data + at;
  const server = findTunnel(4, packet.data + offset + 16, load16(udp + 2));
  if (server === null || server.tunnelType != TunnelType.Gue) return 0;
  const first: u32 = load<u8>(udp, 8);
  const isPlain = (first & 0xe0) == 0 && load<u8>(udp, 9) == PROTO_IPIP;
  return isPlain ? 12 + (first & 0x1f) * 4 : 0;
}

/** The same for GRE of version 0, with a checksum or without (ipvs_gre_decap). */
function greSize(packet: Packet, offset: u32, outer: u32): u32 {
  const at = offset + outer;
  if (!isReadable(packet, at, 4)) return 0;
  const gre = packet.data + at;
  const server = findTunnel(4, packet.data + offset + 16, 0);
  if (server === null || server.tunnelType != TunnelType.Gre) return 0;
  const flags = load16(gre);
  if ((flags & ~GRE_CHECKSUM_PRESENT) != 0 || load16(gre + 2) != ETHERTYPE_IP) return 0;
  return flags ? 8 : 4;
}

function learnFor(server: IpvsServer, mtu: u32): u32 {
  return learnPathMtu(server, routeOf(server), mtu);
}

/**
 * Tells the client of an error that a tunnel to its server met. `quoted` is the client's packet within the error. A smaller
 * MTU is remembered for the server, and told to clients that asked not to be fragmented.
 */
export function reportTunnelError(
  packet: Packet,
  connection: IpvsConnection,
  header: IpvsHeader,
  quoted: IpvsHeader,
): void {
  const icmp = packet.data + header.transport;
  const type: u32 = load<u8>(icmp);
  const code: u32 = load<u8>(icmp, 1);
  let info = load32(icmp + 4);
  if (type == ICMP_UNREACHABLE && code == CODE_FRAGMENTATION_NEEDED) {
    const mtu = load16(icmp + 6);
    const told = connection.server == 0 ? mtu : learnFor(changetype<IpvsServer>(connection.server), mtu);
    if (!(load<u8>(packet.data + quoted.offset, 6) & 0x40)) return;
    // Of the outside only the IP header counts, even for GUE and GRE (6.1.176; later kernels count all of it).
    info = told > MIN_MTU + IP_HEADER ? told - IP_HEADER : told;
  }
  const length = packet.length - quoted.offset;
  const inner = newPacket(length);
  memory.copy(inner.data, packet.data + quoted.offset, packet.captured - quoted.offset);
  inner.family = 4;
  inner.packetType = packet.packetType;
  inner.inDevice = packet.inDevice;
  inner.origin = packet.origin;
  inner.number = packet.number;
  inner.mark = packet.mark;
  inner.routed = 1;
  inner.routeResult = packet.routeResult;
  inner.routeType = packet.routeType;
  inner.outDevice = packet.outDevice;
  parseTransport(inner);
  // The new error belongs to the connection that the tunnel's error belongs to.
  share(inner, packet);
  sendIcmpError(inner, type, code, info);
  countReply(inner, connection);
  detach(inner);
  freePacket(inner);
}
