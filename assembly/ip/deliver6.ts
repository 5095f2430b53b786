import { Reason } from "../abi/fate";
import { PacketType } from "../abi/netfilter";
import { PROTO_DSTOPTS, PROTO_FRAGMENT, PROTO_HOPOPTS, PROTO_ICMPV6, PROTO_ROUTING } from "../abi/protocol";
import { store16 } from "../packet/bytes";
import { finish, sumBytes, sumPseudoHeader } from "../packet/checksum";
import { Packet } from "../packet/packet";
import { isMulticast6 } from "../route/address6";
import { appendFrame } from "./frame";
import { sendIcmpv6Error } from "./icmp6";
import { parseOptions } from "./options6";

const PARAMETER_PROBLEM: u32 = 4;
const BAD_HEADER_FIELD: u32 = 0;

/** Kinds of routing headers (include/uapi/linux/ipv6.h). */
const MOBILE_ROUTING: u32 = 2;
const RPL_ROUTING: u32 = 3;
const SEGMENT_ROUTING: u32 = 4;

/** What a handler of an extension header says. */
enum Handled {
  GoOn = 0,
  Dropped = 1,
}

/**
 * The extension headers' handlers run before a protocol sees the packet (ip6_protocol_deliver_rcu, net/ipv6/ip6_input.c); what
 * it sees is the header and its own part.
 */
export function deliver6(packet: Packet): Reason {
  const data = packet.data;
  const isHopByHop = load<u8>(data, 6) == PROTO_HOPOPTS && packet.captured >= 48;
  const hopByHop: u32 = isHopByHop ? (<u32>load<u8>(data, 41) + 1) << 3 : 0;
  let next: u32 = isHopByHop ? load<u8>(data, 40) : load<u8>(data, 6);
  let at = packet.deliveryOffset != 0 ? packet.deliveryOffset : 40 + hopByHop;
  while (next == PROTO_DSTOPTS || next == PROTO_ROUTING || next == PROTO_FRAGMENT) {
    if (handle(packet, next, at) == Handled.Dropped) return Reason.BadOptions;
    const size: u32 = next == PROTO_FRAGMENT ? 8 : (<u32>load<u8>(data + at, 1) + 1) << 3;
    next = load<u8>(data + at);
    at += size;
  }
  // Options for every hop stand right behind the IPv6 header or nowhere.
  if (next == PROTO_HOPOPTS || at > packet.captured) return Reason.BadOptions;
  if (next == PROTO_ICMPV6 && !hasGoodChecksum(packet, at)) return Reason.BadOptions;
  write(packet, next, at);
  return Reason.None;
}

function handle(packet: Packet, header: u32, at: u32): Handled {
  if (header == PROTO_FRAGMENT) return handleFragment(packet, at);
  if (at + 8 > packet.captured || at + ((<u32>load<u8>(packet.data + at, 1) + 1) << 3) > packet.captured) {
    return Handled.Dropped;
  }
  if (header == PROTO_ROUTING) return handleRouting(packet, at);
  return parseOptions(packet, at, false) == Reason.None ? Handled.GoOn : Handled.Dropped;
}

/** The packet has been reassembled: what is left is the header of a datagram in one piece (ipv6_frag_rcv). */
function handleFragment(packet: Packet, at: u32): Handled {
  if (at + 8 <= packet.captured && load<u16>(packet.data, 4) != 0 && packet.deliveryOffset == 0) return Handled.GoOn;
  sendIcmpv6Error(packet, PARAMETER_PROBLEM, BAD_HEADER_FIELD, at);
  return Handled.Dropped;
}

/** ipv6_rthdr_rcv: no kind of source routing is switched on by default. */
function handleRouting(packet: Packet, at: u32): Handled {
  const type: u32 = load<u8>(packet.data + at, 2);
  const segmentsLeft = load<u8>(packet.data + at, 3);
  if (isMulticast6(packet.destination) || packet.packetType != PacketType.Host) return Handled.Dropped;
  if (type == SEGMENT_ROUTING || type == RPL_ROUTING || type == MOBILE_ROUTING) return Handled.Dropped;
  if (segmentsLeft == 0) return Handled.GoOn;
  sendIcmpv6Error(packet, PARAMETER_PROBLEM, BAD_HEADER_FIELD, at + 2);
  return Handled.Dropped;
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
