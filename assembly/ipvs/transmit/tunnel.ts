import { Reason } from "../../abi/fate";
import { CONN_F_NFCT, TUNNEL_CSUM, TUNNEL_REMCSUM, TunnelType } from "../../abi/ipvs";
import { Verdict } from "../../abi/netfilter";
import { PROTO_GRE, PROTO_IPIP, PROTO_IPV6, PROTO_UDP } from "../../abi/protocol";
import { detach } from "../../conntrack/index";
import { confirmForIpvs } from "../../conntrack/ipvs";
import { store16, store32, storeAddress } from "../../packet/bytes";
import { finish, sumBytes, sumPseudoHeader } from "../../packet/checksum";
import { config } from "../../packet/config";
import { ownBuffer, Packet, parseTransport } from "../../packet/packet";
import { random16 } from "../../packet/random";
import { sendLocalOut } from "../../packet/send";
import { drop } from "../../trace/output";
import { IpvsConnection } from "../connection";
import { IpvsHeader, noteMissing } from "../header";
import { IpvsServer } from "../server";
import { sumHeaderAt, sumIpv4Header } from "../translate";
import { MODE_LOCAL, MODE_REMOTE, MODE_TUNNEL, outsideSize, routeToServer, Way } from "./route";
import { sendUnchanged, serverOf } from "./send";

const DONT_FRAGMENT: u32 = 0x4000;
const ETHERTYPE_IP: u32 = 0x0800;
const ETHERTYPE_IPV6: u32 = 0x86dd;
const GRE_CHECKSUM_PRESENT: u32 = 0x8000;

/** Ports that the kernel takes for sources of tunnels (ip_local_port_range). */
const FIRST_PORT: u32 = 32768;
const PORTS: u32 = 60999 - 32768;

/** Puts a packet into another one that goes to the server (ip_vs_tunnel_xmit, ip_vs_tunnel_xmit_v6). */
export function transmitTunnel(packet: Packet, connection: IpvsConnection, header: IpvsHeader): Verdict {
  const server = serverOf(connection);
  const way = routeToServer(packet, server, header, MODE_LOCAL | MODE_REMOTE | MODE_TUNNEL);
  if (way == Way.None) return Verdict.Drop;
  if (way == Way.Local) return sendUnchanged(packet, connection, true);
  sumIpv4Header(packet);
  const sourcePort = flowPort(packet, header);
  ownBuffer(packet, 0);
  wrap(packet, server, sourcePort);
  packet.ipvsProperty = 1;
  packet.ignoreDf = 1;
  if (connection.flags & CONN_F_NFCT && !confirmForIpvs(packet)) {
    drop(packet, Reason.Clash);
    return Verdict.Drop;
  }
  detach(packet);
  parseTransport(packet);
  sendLocalOut(packet);
  return Verdict.Stolen;
}

/** Writes the outside in front of the packet. The packet has a buffer of its own, with room. */
function wrap(packet: Packet, server: IpvsServer, sourcePort: u32): void {
  const inner: u32 = packet.family == 6 ? PROTO_IPV6 : PROTO_IPIP;
  const tos = encapsulatedTos(packet.tos);
  const ttl = packet.ttl;
  const keepsDf = packet.family == 4 && config.vsPmtuDisc != 0 && (load<u8>(packet.data, 6) & 0x40) != 0;
  const size = outsideSize(server);
  packet.data -= size;
  packet.length += size;
  packet.captured += size;
  packet.family = server.family;
  memory.fill(packet.data, 0, size);
  const ipSize: u32 = server.family == 4 ? 20 : 40;
  const tunnel: TunnelType = server.tunnelType;
  let protocol = inner;
  if (tunnel == TunnelType.Gue) protocol = PROTO_UDP;
  else if (tunnel == TunnelType.Gre) protocol = PROTO_GRE;
  if (server.family == 4) writeIpv4(packet, server, protocol, tos, ttl, keepsDf ? DONT_FRAGMENT : 0);
  else writeIpv6(packet, server, protocol, tos, ttl);
  const at = packet.data + ipSize;
  if (tunnel == TunnelType.Gue) writeGue(packet, server, at, inner, sourcePort);
  else if (tunnel == TunnelType.Gre) writeGre(packet, server, at, inner);
}

function writeIpv4(packet: Packet, server: IpvsServer, protocol: u32, tos: u32, ttl: u32, flags: u32): void {
  const data = packet.data;
  store16(data, 0x4500 | tos);
  store16(data + 2, packet.length);
  store16(data + 4, flags ? 0 : random16());
  store16(data + 6, flags);
  store16(data + 8, (ttl << 8) | protocol);
  store<u32>(data, <u32>packet.prefSource0, 12);
  storeAddress(data + 16, server.addressField, 4);
  sumHeaderAt(data);
}

function writeIpv6(packet: Packet, server: IpvsServer, protocol: u32, tos: u32, ttl: u32): void {
  const data = packet.data;
  store32(data, 0x60000000 | (tos << 20));
  store16(data + 4, packet.length - 40);
  store16(data + 6, (protocol << 8) | ttl);
  store<u64>(data, packet.prefSource0, 8);
  store<u64>(data, packet.prefSource1, 16);
  storeAddress(data + 24, server.addressField, 6);
}

/** UDP and four bytes of Generic UDP Encapsulation, variant 0. */
function writeGue(packet: Packet, server: IpvsServer, at: usize, inner: u32, sourcePort: u32): void {
  const length = packet.length - <u32>(at - packet.data);
  store16(at, sourcePort);
  store16(at + 2, server.tunnelPort);
  store16(at + 4, length);
  store16(at + 8, inner);
  if (!(server.tunnelFlags & (TUNNEL_CSUM | TUNNEL_REMCSUM))) return;
  if (packet.captured < packet.length) return noteMissing(packet);
  const pseudo = sumPseudoHeader(packet.source, packet.destination, packet.family, PROTO_UDP, length);
  store16(at + 6, orOnes(finish(sumBytes(at, length, pseudo))));
}

/** RFC 2784: flags, protocol, and where asked for a checksum of all that follows. */
function writeGre(packet: Packet, server: IpvsServer, at: usize, inner: u32): void {
  store16(at + 2, inner == PROTO_IPV6 ? ETHERTYPE_IPV6 : ETHERTYPE_IP);
  if (!(server.tunnelFlags & TUNNEL_CSUM)) return;
  store16(at, GRE_CHECKSUM_PRESENT);
  if (packet.captured < packet.length) return noteMissing(packet);
  store16(at + 4, orOnes(finish(sumBytes(at, packet.length - <u32>(at - packet.data)))));
}

/** A checksum that the device completes is never 0 (skb_checksum_help). */
function orOnes(sum: u32): u32 {
  return sum == 0 ? 0xffff : sum;
}

/** INET_ECN_encapsulate(): a congestion mark goes on inside only. */
function encapsulatedTos(tos: u32): u32 {
  return (tos & 3) == 3 ? (tos & ~3) | 2 : tos;
}

/** A source port that stays the same for a flow (udp_flow_src_port); the kernel's hash has a random seed. */
function flowPort(packet: Packet, header: IpvsHeader): u32 {
  let hash: u32 = <u32>header.protocol;
  const size = packet.addressSize;
  for (let i: u32 = 0; i < size; i += 4) {
    hash = (hash ^ load<u32>(packet.source + i)) * 0x9e3779b1;
    hash = (hash ^ load<u32>(packet.destination + i)) * 0x85ebca6b;
  }
  if (header.transport + 4 <= packet.captured) hash = (hash ^ load<u32>(packet.data + header.transport)) * 0x9e3779b1;
  hash ^= hash << 16;
  return FIRST_PORT + <u32>((<u64>hash * PORTS) >> 32);
}
