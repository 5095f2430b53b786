import { Reason } from "../abi/fate";
import { load32 } from "../packet/bytes";
import { Packet } from "../packet/packet";
import { isMulticast6 } from "../route/address6";
import { sendIcmpv6Error } from "./icmp6";

/** Option types of hop-by-hop and destination headers (RFC 8200, 2711, 2675). */
const PAD1: u32 = 0;
const PADN: u32 = 1;
const ROUTER_ALERT: u32 = 5;
const JUMBO: u32 = 0xc2;
const HOME_ADDRESS: u32 = 0xc9;

const PARAMETER_PROBLEM: u32 = 4;
const BAD_HEADER_FIELD: u32 = 0;
const UNKNOWN_OPTION: u32 = 2;

/** net.ipv6.max_hbh_opts_number, max_dst_opts_number */
const MAX_OPTIONS: u32 = 8;

/** ipv6_parse_hopopts (net/ipv6/exthdrs.c) */
export function parseHopByHop(packet: Packet): Reason {
  return parseOptions(packet, 40, true);
}

/** ip6_parse_tlv: @param offset of the header, from the packet's start. */
export function parseOptions(packet: Packet, offset: u32, hopByHop: bool): Reason {
  if (offset + 8 > packet.captured) return Reason.BadOptions;
  let left: u32 = (<u32>load<u8>(packet.data + offset, 1) + 1) << 3;
  if (offset + left > packet.captured) return Reason.BadOptions;
  let at = offset + 2;
  let padding: u32 = 0;
  let count: u32 = 0;
  left -= 2;
  while (left > 0) {
    const option = packet.data + at;
    const type: u32 = load<u8>(option);
    if (type == PAD1) {
      if (++padding > 7) return Reason.BadOptions;
      at += 1;
      left -= 1;
      continue;
    }
    const size: u32 = left < 2 ? 0 : <u32>load<u8>(option, 1) + 2;
    if (size == 0 || size > left) return Reason.BadOptions;
    if (type == PADN) {
      padding += size;
      if (padding > 7 || !isZero(option + 2, size - 2)) return Reason.BadOptions;
    } else {
      if (++count > MAX_OPTIONS || !acceptOption(packet, at, type, size, hopByHop)) return Reason.BadOptions;
      padding = 0;
    }
    at += size;
    left -= size;
  }
  return Reason.None;
}

function isZero(at: usize, size: u32): bool {
  for (let i: u32 = 0; i < size; i++) if (load<u8>(at + i) != 0) return false;
  return true;
}

function acceptOption(packet: Packet, at: u32, type: u32, size: u32, hopByHop: bool): bool {
  if (hopByHop && type == ROUTER_ALERT) return size == 4;
  if (hopByHop && type == JUMBO) return acceptJumbo(packet, at, size);
  // Mobile IPv6 takes a home address only from nodes that it knows (ipv6_dest_hao): from none.
  if (!hopByHop && type == HOME_ADDRESS) return false;
  return acceptUnknown(packet, at, type);
}

/** ipv6_hop_jumbo: length of a packet of more than 65,535 bytes. */
function acceptJumbo(packet: Packet, at: u32, size: u32): bool {
  if (size != 6 || (at & 3) != 2) return false;
  const length = load32(packet.data + at + 2);
  if (length <= 65535) {
    sendIcmpv6Error(packet, PARAMETER_PROBLEM, BAD_HEADER_FIELD, at + 2);
    return false;
  }
  if (load<u16>(packet.data, 4) != 0) {
    sendIcmpv6Error(packet, PARAMETER_PROBLEM, BAD_HEADER_FIELD, at);
    return false;
  }
  if (length > packet.length - 40) return false;
  packet.length = length + 40;
  packet.captured = min(packet.captured, packet.length);
  return true;
}

/** The two highest bits of an unknown option say what to do (ip6_tlvopt_unknown). */
function acceptUnknown(packet: Packet, at: u32, type: u32): bool {
  const action = type >> 6;
  if (action == 0) return true;
  if (action == 2 || (action == 3 && !isMulticast6(packet.destination))) {
    sendIcmpv6Error(packet, PARAMETER_PROBLEM, UNKNOWN_OPTION, at);
  }
  return false;
}

/** Does an options header hold a home address (ipv6_find_tlv)? */
export function hasHomeAddress(packet: Packet, offset: u32): bool {
  if (offset + 8 > packet.captured) return false;
  const end = offset + ((<u32>load<u8>(packet.data + offset, 1) + 1) << 3);
  let at = offset + 2;
  while (at + 2 <= end && at + 2 <= packet.captured) {
    const type: u32 = load<u8>(packet.data + at);
    if (type == HOME_ADDRESS) return true;
    at += type == PAD1 ? 1 : <u32>load<u8>(packet.data + at, 1) + 2;
  }
  return false;
}
