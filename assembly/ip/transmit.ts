import { Fate, Reason } from "../abi/fate";
import { PROTO_DSTOPTS, PROTO_FRAGMENT, PROTO_HOPOPTS, PROTO_ICMPV6, PROTO_ROUTING } from "../abi/protocol";
import { detach } from "../conntrack/index";
import { store16 } from "../packet/bytes";
import { finish, sumBytes, sumPseudoHeader } from "../packet/checksum";
import { DEVICE_LOOPBACK, DEVICE_UP, device } from "../packet/device";
import { freePacket, Packet } from "../packet/packet";
import { isMulticast6, multicastScope } from "../route/address6";
import { drop, endWalk } from "../trace/output";
import { completeChecksum } from "./checksum-help";
import { fragment4, fragment6 } from "./fragment";
import { releaseSizes } from "./fragment-sizes";
import { appendFrame, beginFrame, prepareFrame } from "./frame";
import { sendIcmpv6Error } from "./icmp6";
import { parseOptions } from "./options6";

/**
 * After POSTROUTING: fragments where needed (ip_finish_output, ip_do_fragment) and hands every piece to its device.
 * Reports the end of the walk. Takes the packet.
 */
export function transmit(packet: Packet): void {
  const reason = finishOutput(packet);
  if (reason == Reason.None) endWalk(packet, Fate.Sent, Reason.None);
  else drop(packet, reason);
  release(packet);
}

function release(packet: Packet): void {
  releaseSizes(packet);
  detach(packet);
  freePacket(packet);
}

function finishOutput(packet: Packet): Reason {
  const output = device(packet.outDevice);
  if (!(output.flags & DEVICE_UP)) return Reason.DeviceDown;
  if (packet.family == 6 && !mayLeave6(packet)) return Reason.Ipv6Disabled;
  if (packet.partialChecksum) completeChecksum(packet);
  prepareFrame(packet);
  if (packet.family == 4) {
    if ((packet.length > packet.routeMtu && !packet.aggregate) || packet.fragMaxSize != 0) return fragment4(packet);
  } else if (needsFragments6(packet)) {
    return fragment6(packet);
  }
  const at = beginFrame(packet, packet.length, packet.captured);
  if (at != 0) memory.copy(at, packet.data, packet.captured);
  return Reason.None;
}

/** __ip6_finish_output */
function needsFragments6(packet: Packet): bool {
  if (packet.length > packet.routeMtu && !packet.aggregate) return true;
  return packet.fragMaxSize != 0 && packet.length > packet.fragMaxSize;
}

/** Multicast of node or interface scope stays in the node (ip6_finish_output2). */
function mayLeave6(packet: Packet): bool {
  const output = device(packet.outDevice);
  if (output.disableIpv6) return false;
  const isNarrow = isMulticast6(packet.destination) && multicastScope(packet.destination) <= 1;
  return !isNarrow || (output.flags & DEVICE_LOOPBACK) != 0;
}

/** Hands the packet to the node's own stack, after INPUT: one output frame on `local`. Takes the packet. */
export function deliver(packet: Packet): void {
  const reason = packet.family == 4 ? deliver4(packet) : deliver6(packet);
  if (reason == Reason.None) endWalk(packet, Fate.Delivered, Reason.None);
  else drop(packet, reason);
  release(packet);
}

function deliver4(packet: Packet): Reason {
  const at = appendFrame(packet, 0, 0, packet.length, packet.captured);
  memory.copy(at, packet.data, packet.captured);
  return Reason.None;
}

const PARAMETER_PROBLEM: u32 = 4;
const BAD_HEADER_FIELD: u32 = 0;

/**
 * The extension headers' handlers run before a protocol sees the packet (ip6_protocol_deliver_rcu); what it sees is the
 * header and its own part.
 */
function deliver6(packet: Packet): Reason {
  const data = packet.data;
  let next: u32 = load<u8>(data, 6);
  let at: u32 = 40;
  if (next == PROTO_HOPOPTS) {
    if (packet.captured < 48) return Reason.BadOptions;
    next = load<u8>(data + at);
    at += (<u32>load<u8>(data + at, 1) + 1) << 3;
  }
  while (next == PROTO_DSTOPTS || next == PROTO_ROUTING || next == PROTO_FRAGMENT) {
    if (at + 8 > packet.captured) return Reason.BadOptions;
    if (next == PROTO_DSTOPTS && parseOptions(packet, at, false) != Reason.None) return Reason.BadOptions;
    if (next == PROTO_ROUTING && load<u8>(data + at, 3) != 0) {
      // Segments are left: the node would have to be asked to route by source (ipv6_rthdr_rcv).
      sendIcmpv6Error(packet, PARAMETER_PROBLEM, BAD_HEADER_FIELD, at + 2);
      return Reason.BadOptions;
    }
    const size: u32 = next == PROTO_FRAGMENT ? 8 : (<u32>load<u8>(data + at, 1) + 1) << 3;
    next = load<u8>(data + at);
    at += size;
  }
  if (at > packet.length || at > packet.captured) return Reason.BadOptions;
  if (next == PROTO_ICMPV6 && !hasGoodChecksum(packet, at)) return Reason.BadOptions;
  writeDelivered6(packet, next, at);
  return Reason.None;
}

/** Every receiver of ICMPv6 checks it (icmpv6_rcv, rawv6_rcv). */
function hasGoodChecksum(packet: Packet, at: u32): bool {
  if (packet.partialChecksum || packet.captured < packet.length) return true;
  const length = packet.length - at;
  const sum = sumPseudoHeader(packet.source, packet.destination, 6, PROTO_ICMPV6, length);
  return finish(sumBytes(packet.data + at, length, sum)) == 0;
}

function writeDelivered6(packet: Packet, protocol: u32, offset: u32): void {
  const payload = packet.length - offset;
  const to = appendFrame(packet, 0, 0, 40 + payload, 40 + packet.captured - offset);
  memory.copy(to, packet.data, 40);
  store16(to + 4, payload);
  store<u8>(to, <u8>protocol, 6);
  memory.copy(to + 40, packet.data + offset, packet.captured - offset);
}
