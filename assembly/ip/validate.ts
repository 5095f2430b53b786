import { Fate, Reason } from "../abi/fate";
import { PacketType } from "../abi/netfilter";
import { PROTO_HOPOPTS } from "../abi/protocol";
import { RouteType } from "../abi/route";
import { load16 } from "../packet/bytes";
import { finish, sumBytes } from "../packet/checksum";
import { DEVICE_LOOPBACK, DEVICE_UP, device, loopback } from "../packet/device";
import { Packet, parseTransport } from "../packet/packet";
import { random16 } from "../packet/random";
import { isLoopback6, isMulticast6, multicastScope } from "../route/address6";
import { endWalk } from "../trace/output";
import { setHeaderChecksum, setLength } from "./header";
import { packetTypeOf } from "./link";
import { checkOptions } from "./options";
import { parseHopByHop } from "./options6";

/**
 * The checks before PREROUTING (ip_rcv_core, ip6_rcv_core). Trims the packet to its own length and finds its transport
 * header. @returns why it is dropped, or `None`.
 */
export function validate(packet: Packet): Reason {
  if (!(device(packet.inDevice).flags & DEVICE_UP)) return Reason.DeviceDown;
  packet.packetType = <u8>packetTypeOf(packet);
  if (packet.packetType == PacketType.Outgoing) {
    endWalk(packet, Fate.Ignored, Reason.OwnFrame);
    return Reason.OwnFrame;
  }
  if (packet.packetType == PacketType.OtherHost) {
    endWalk(packet, Fate.Ignored, Reason.OtherHost);
    return Reason.OtherHost;
  }
  return validateHeader(packet);
}

/** The same for a packet that comes back from lo, or as a copy for the node's own group. */
export function validateHeader(packet: Packet): Reason {
  const reason = packet.family == 4 ? validate4(packet) : validate6(packet);
  if (reason == Reason.None) parseTransport(packet);
  return reason;
}

/** What a bridge asks of a packet before the IP hooks see it (br_validate_ipv4, br_validate_ipv6). */
export function validateBridged(packet: Packet): Reason {
  const reason = packet.family == 4 ? validate4(packet) : validateBridged6(packet);
  if (reason == Reason.None) parseTransport(packet);
  return reason;
}

function validateBridged6(packet: Packet): Reason {
  if (packet.length < 40 || packet.captured < 40) return Reason.HeaderTooShort;
  if (load<u8>(packet.data) >> 4 != 6) return Reason.BadVersion;
  const payload = load16(packet.data + 4);
  const isHopByHop = load<u8>(packet.data, 6) == PROTO_HOPOPTS;
  if (payload != 0 || !isHopByHop) {
    if (payload + 40 > packet.length) return Reason.Truncated;
    trim(packet, payload + 40);
  }
  return Reason.None;
}

/** ip_rcv_core (net/ipv4/ip_input.c) */
function validate4(packet: Packet): Reason {
  const data = packet.data;
  if (packet.length < 20 || packet.captured < 20) return Reason.HeaderTooShort;
  const first = load<u8>(data);
  if (first >> 4 != 4) return Reason.BadVersion;
  const header: u32 = (<u32>first & 15) * 4;
  if (header < 20) return Reason.BadHeaderLength;
  if (packet.length < header || packet.captured < header) return Reason.HeaderTooShort;
  if (finish(sumBytes(data, header)) != 0) return Reason.BadHeaderChecksum;
  const total = load16(data + 2);
  // The sender's card would have filled in the length of a large aggregate ("BIG TCP"; Linux 6.3 and later).
  if (total == 0 && packet.aggregate) return Reason.None;
  if (packet.length < total) return Reason.Truncated;
  if (total < header) return Reason.BadTotalLength;
  trim(packet, total);
  return Reason.None;
}

/** ip6_rcv_core (net/ipv6/ip6_input.c) */
function validate6(packet: Packet): Reason {
  const data = packet.data;
  const input = device(packet.inDevice);
  if (input.disableIpv6) return Reason.Ipv6Disabled;
  if (packet.length < 40 || packet.captured < 40) return Reason.HeaderTooShort;
  if (load<u8>(data) >> 4 != 6) return Reason.BadVersion;
  if (!hasValidAddresses(packet)) return Reason.BadAddress;
  const payload = load16(data + 4);
  const isHopByHop = load<u8>(data, 6) == PROTO_HOPOPTS;
  // A jumbogram says its length in an option.
  if (payload != 0 || !isHopByHop) {
    if (payload + 40 > packet.length) return Reason.Truncated;
    trim(packet, payload + 40);
  }
  return isHopByHop ? parseHopByHop(packet) : Reason.None;
}

function hasValidAddresses(packet: Packet): bool {
  const source = packet.source;
  const destination = packet.destination;
  const input = device(packet.inDevice);
  const isLoopback = (input.flags & DEVICE_LOOPBACK) != 0;
  if ((isLoopback6(source) || isLoopback6(destination)) && !isLoopback) return false;
  if (isMulticast6(destination)) {
    const scope = multicastScope(destination);
    const isOwn = isLoopback || packet.packetType == PacketType.Loopback;
    if (scope == 0 || (scope == 1 && !isOwn)) return false;
  } else if (isToMany(packet) && input.dropUnicastInL2Multicast6) {
    return false;
  }
  return !isMulticast6(source);
}

function isToMany(packet: Packet): bool {
  return packet.packetType == PacketType.Broadcast || packet.packetType == PacketType.Multicast;
}

function trim(packet: Packet, length: u32): void {
  packet.length = length;
  packet.captured = min(packet.captured, length);
}

/** The checks after PREROUTING that look at IPv4 options (ip_rcv_options). */
export function validateOptions(packet: Packet): Reason {
  if (packet.family != 4 || (load<u8>(packet.data) & 15) <= 5) return Reason.None;
  return checkOptions(packet);
}

/**
 * What a raw socket does to a packet that brings its own header (raw_send_hdrinc, rawv6_send_hdrinc): length, header
 * checksum and a missing source address are set once it is routed. Here: can it be sent at all?
 */
export function validateLocal(packet: Packet): Reason {
  const minimum: u32 = packet.family == 4 ? 20 : 40;
  if (packet.length < minimum || packet.captured < minimum) return Reason.HeaderTooShort;
  if (packet.family == 6) {
    if (device(loopback).disableIpv6) return Reason.Ipv6Disabled;
    parseTransport(packet);
    return Reason.None;
  }
  const header: u32 = (<u32>load<u8>(packet.data) & 15) * 4;
  if (header < 20 || header > packet.length || header > packet.captured) return Reason.BadHeaderLength;
  setLength(packet);
  parseTransport(packet);
  return Reason.None;
}

/**
 * What a raw socket does once its packet is routed (raw_sendmsg, raw_send_hdrinc): refuses what does not fit the device and
 * broadcasts, and fills in a missing source address and identification. IPv6 headers go out as they are.
 */
export function completeLocal(packet: Packet): Reason {
  if (packet.length > device(packet.outDevice).mtu) return Reason.SendRefused;
  if (packet.family == 6) return Reason.None;
  if (packet.routeType == RouteType.Broadcast) return Reason.SendRefused;
  const data = packet.data;
  if (load<u32>(packet.source) == 0) store<u32>(packet.source, <u32>packet.prefSource0);
  if (load<u16>(data, 4) == 0 && !(load16(data + 6) & 0x4000)) store<u16>(data, <u16>random16(), 4);
  setHeaderChecksum(data);
  return Reason.None;
}
