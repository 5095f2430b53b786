import { Reason } from "../abi/fate";
import { PacketType, Verdict } from "../abi/netfilter";
import { PROTO_DSTOPTS, PROTO_FRAGMENT, PROTO_HOPOPTS, PROTO_ICMPV6, PROTO_ROUTING } from "../abi/protocol";
import { load16, store16 } from "../packet/bytes";
import { finish, sumBytes, sumPseudoHeader } from "../packet/checksum";
import { extensionSize, Packet } from "../packet/packet";
import { isMulticast6 } from "../route/address6";
import { reassembleDelivered6 } from "./defragment6";
import { appendFrame } from "./frame";
import { sendIcmpv6Error } from "./icmp6";
import { parseOptions } from "./options6";

const PARAMETER_PROBLEM: u32 = 4;
const BAD_HEADER_FIELD: u32 = 0;

/** Kinds of routing headers (include/uapi/linux/ipv6.h). */
const MOBILE_ROUTING: u32 = 2;
const RPL_ROUTING: u32 = 3;
const SEGMENT_ROUTING: u32 = 4;

/** How the delivery ended. */
export enum Delivery {
  Done = 0,
  Dropped = 1,
  /** The packet is gone: it waits for the rest of its datagram, or its end has been reported. */
  Taken = 2,
}

/**
 * The extension headers' handlers run before a protocol sees the packet (ip6_protocol_deliver_rcu, net/ipv6/ip6_input.c); what
 * it sees is the header and its own part.
 */
export function deliver6(packet: Packet): Delivery {
  // Options that stood behind a fragment header were not there to be read when the packet came.
  const isFirst = packet.deliveryOffset == 0 || packet.deliveryOffset > 40;
  const isHopByHop = isFirst && load<u8>(packet.data, 6) == PROTO_HOPOPTS && packet.captured >= 48;
  const hopByHop: u32 = isHopByHop ? (<u32>load<u8>(packet.data, 41) + 1) << 3 : 0;
  let nextAt: u32 = isHopByHop ? 40 : 6;
  let at = packet.deliveryOffset != 0 ? packet.deliveryOffset : 40 + hopByHop;
  let wasFragment = packet.deliveryOffset != 0;
  let next: u32 = load<u8>(packet.data + nextAt);
  while (next == PROTO_DSTOPTS || next == PROTO_ROUTING || next == PROTO_FRAGMENT) {
    if (!accept(packet, next, at, wasFragment)) return Delivery.Dropped;
    if (next == PROTO_FRAGMENT) wasFragment = true;
    if (next == PROTO_FRAGMENT && isPart(packet, at)) {
      if (reassembleDelivered6(packet, at) != Verdict.Accept) return Delivery.Taken;
      // The fragment header is gone, and what it named stands in its place.
    } else {
      nextAt = at;
      at += extensionSize(next, packet.data + at);
    }
    next = load<u8>(packet.data + nextAt);
  }
  // Options for every hop stand right behind the IPv6 header or nowhere.
  if (next == PROTO_HOPOPTS || at > packet.captured) return Delivery.Dropped;
  if (next == PROTO_ICMPV6 && !hasGoodChecksum(packet, at)) return Delivery.Dropped;
  write(packet, next, at);
  return Delivery.Done;
}

function accept(packet: Packet, header: u32, at: u32, wasFragment: bool): bool {
  if (header == PROTO_FRAGMENT) return acceptFragment(packet, at, wasFragment);
  if (at + 8 > packet.captured || at + extensionSize(header, packet.data + at) > packet.captured) return false;
  return header == PROTO_ROUTING ? acceptRouting(packet, at) : parseOptions(packet, at, false) == Reason.None;
}

/** A datagram is cut once only (ipv6_frag_rcv, net/ipv6/reassembly.c). */
function acceptFragment(packet: Packet, at: u32, wasFragment: bool): bool {
  if (at + 8 <= packet.captured && load<u16>(packet.data, 4) != 0 && !wasFragment) return true;
  sendIcmpv6Error(packet, PARAMETER_PROBLEM, BAD_HEADER_FIELD, at);
  return false;
}

/** Is there more of the datagram than this packet? */
function isPart(packet: Packet, at: u32): bool {
  return (load16(packet.data + at + 2) & 0xfff9) != 0;
}

/** ipv6_rthdr_rcv: no kind of source routing is switched on by default. */
function acceptRouting(packet: Packet, at: u32): bool {
  const type: u32 = load<u8>(packet.data + at, 2);
  const segmentsLeft = load<u8>(packet.data + at, 3);
  if (isMulticast6(packet.destination) || packet.packetType != PacketType.Host) return false;
  if (type == SEGMENT_ROUTING || type == RPL_ROUTING || type == MOBILE_ROUTING) return false;
  if (segmentsLeft == 0) return true;
  sendIcmpv6Error(packet, PARAMETER_PROBLEM, BAD_HEADER_FIELD, at + 2);
  return false;
}

/** Every receiver of ICMPv6 checks it (icmpv6_rcv, rawv6_rcv). */
function hasGoodChecksum(packet: Packet, at: u32): bool {
  if (packet.partialChecksum || packet.captured < packet.length) return true;
  const length = packet.length - at;
  const sum = sumPseudoHeader(packet.source, packet.destination, 6, PROTO_ICMPV6, length);
  return finish(sumBytes(packet.data + at, length, sum)) == 0;
}

function write(packet: Packet, protocol: u32, offset: u32): void {
  const payload = packet.length - offset;
  const to = appendFrame(packet, 0, 0, 40 + payload, 40 + packet.captured - offset);
  memory.copy(to, packet.data, 40);
  store16(to + 4, payload);
  store<u8>(to, <u8>protocol, 6);
  memory.copy(to + 40, packet.data + offset, packet.captured - offset);
}
