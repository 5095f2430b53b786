import { Reason } from "../abi/fate";
import { PacketType } from "../abi/netfilter";
import { RouteResult, RouteType } from "../abi/route";
import { store32 } from "../packet/bytes";
import { device } from "../packet/device";
import { Packet } from "../packet/packet";
import { addressOnWay, addressType, routeInput, specDestination } from "../route/index";
import { timeOfDay } from "./echo";
import { setHeaderChecksum } from "./header";
import { sendIcmpError } from "./icmp";
import {
  GIVEN_ADDRESSES,
  OPT_CHANGED,
  OPT_ROUTE_NEEDS_ADDRESS,
  OPT_SOURCE_ROUTE_HIT,
  OPT_STRICT,
  OPT_TIMESTAMP_NEEDS_ADDRESS,
  OPT_TIMESTAMP_NEEDS_TIME,
  TIMES_AND_ADDRESSES,
  TIMES_ONLY,
} from "./option-flags";

/** Option types of IPv4 (include/uapi/linux/ip.h). */
const END: u32 = 0;
const NOOP: u32 = 1;
const RECORD_ROUTE: u32 = 7;
const TIMESTAMP: u32 = 68;
const LOOSE_SOURCE_ROUTE: u32 = 131;
const ROUTER_ALERT: u32 = 148;
const SECURITY_LABEL: u32 = 134;
const STRICT_SOURCE_ROUTE: u32 = 137;

const PARAMETER_PROBLEM: u32 = 12;

/** Where the last option at fault lies, from the packet's start. */
let problemAt: u32 = 0;
/** The node's own address on this packet's way, as the kernel looks it up at most once; 0: not yet. */
let ownAddress: u32 = 0;

/**
 * ip_rcv_options: checks all options, records route and time in them, follows source routes. The header checksum changes only
 * when the packet is forwarded: what is delivered, or quoted in an error, keeps the old one, as in Linux.
 */
export function checkOptions(packet: Packet): Reason {
  packet.optRecordRoute = 0;
  packet.optTimestamp = 0;
  packet.optSourceRoute = 0;
  packet.optSecurity = 0;
  packet.optFlags = 0;
  ownAddress = 0;
  if (!compileOptions(packet)) {
    sendIcmpError(packet, PARAMETER_PROBLEM, 0, problemAt << 24);
    return Reason.BadOptions;
  }
  if (packet.optSourceRoute != 0) {
    if (!device(packet.inDevice).acceptSourceRoute) return Reason.BadOptions;
    if (!followSourceRoute(packet)) return Reason.BadOptions;
  }
  return Reason.None;
}

/** __ip_options_compile (net/ipv4/ip_options.c) */
function compileOptions(packet: Packet): bool {
  const end: u32 = (<u32>load<u8>(packet.data) & 15) * 4;
  let at: u32 = 20;
  while (at < end) {
    const option = packet.data + at;
    const type: u32 = load<u8>(option);
    if (type == END) {
      clearRest(packet, at + 1, end);
      return true;
    }
    if (type == NOOP) {
      at += 1;
      continue;
    }
    const size: u32 = at + 2 > end ? 0 : load<u8>(option, 1);
    if (size < 2 || at + size > end) return fail(at);
    if (!compileOption(packet, at, type, size)) return false;
    at += size;
  }
  return true;
}

function compileOption(packet: Packet, at: u32, type: u32, size: u32): bool {
  switch (type) {
    case LOOSE_SOURCE_ROUTE:
    case STRICT_SOURCE_ROUTE:
      return compileSourceRoute(packet, at, type, size);
    case RECORD_ROUTE:
      return compileRecordRoute(packet, at, size);
    case TIMESTAMP:
      return compileTimestamp(packet, at, size);
    case ROUTER_ALERT:
      return size >= 4 || fail(at + 1);
    case SECURITY_LABEL:
      return refuseLabel(packet, at, size);
    default:
      return true;
  }
}

function fail(at: u32): bool {
  problemAt = at;
  return false;
}

/** What follows the end of options is zero (it may differ on the wire). */
function clearRest(packet: Packet, from: u32, end: u32): void {
  for (let at = from; at < end; at++) {
    if (load<u8>(packet.data + at) == END) continue;
    store<u8>(packet.data + at, END);
    packet.optFlags |= OPT_CHANGED;
  }
}

function compileSourceRoute(packet: Packet, at: u32, type: u32, size: u32): bool {
  if (size < 3) return fail(at + 1);
  if (load<u8>(packet.data + at, 2) < 4) return fail(at + 2);
  if (packet.optSourceRoute != 0) return fail(at);
  if (type == STRICT_SOURCE_ROUTE) packet.optFlags |= OPT_STRICT;
  packet.optSourceRoute = <u8>at;
  return true;
}

/** CIPSO (cipso_v4_validate): nobody has told the node of a domain of interpretation, so that none is known. */
function refuseLabel(packet: Packet, at: u32, size: u32): bool {
  packet.optSecurity = <u8>at;
  return fail(at + (size < 8 ? 1 : 2));
}

function compileRecordRoute(packet: Packet, at: u32, size: u32): bool {
  const option = packet.data + at;
  if (packet.optRecordRoute != 0) return fail(at);
  if (size < 3) return fail(at + 1);
  const pointer: u32 = load<u8>(option, 2);
  if (pointer < 4) return fail(at + 2);
  if (pointer <= size) {
    if (pointer + 3 > size) return fail(at + 2);
    store<u32>(option + pointer - 1, ownAddressFor(packet));
    store<u8>(option, <u8>(pointer + 4), 2);
    packet.optFlags |= OPT_CHANGED | OPT_ROUTE_NEEDS_ADDRESS;
  }
  packet.optRecordRoute = <u8>at;
  return true;
}

function compileTimestamp(packet: Packet, at: u32, size: u32): bool {
  const option = packet.data + at;
  if (packet.optTimestamp != 0) return fail(at);
  if (size < 4) return fail(at + 1);
  const pointer: u32 = load<u8>(option, 2);
  if (pointer < 5) return fail(at + 2);
  if (pointer <= size) {
    if (!stamp(packet, at, size, pointer)) return false;
  } else if ((load<u8>(option, 3) & 15) != GIVEN_ADDRESSES) {
    const overflow = load<u8>(option, 3) >> 4;
    if (overflow == 15) return fail(at + 3);
    store<u8>(option, (load<u8>(option, 3) & 15) | ((overflow + 1) << 4), 3);
    packet.optFlags |= OPT_CHANGED;
  }
  packet.optTimestamp = <u8>at;
  return true;
}

function stamp(packet: Packet, at: u32, size: u32, pointer: u32): bool {
  const option = packet.data + at;
  const slot = option + pointer - 1;
  const kind: u32 = load<u8>(option, 3) & 15;
  if (pointer + 3 > size) return fail(at + 2);
  if (kind == TIMES_ONLY) {
    writeTime(packet, slot);
    store<u8>(option, <u8>(pointer + 4), 2);
    return true;
  }
  if (kind != TIMES_AND_ADDRESSES && kind != GIVEN_ADDRESSES) return true;
  if (pointer + 7 > size) return fail(at + 2);
  if (kind == TIMES_AND_ADDRESSES) {
    store<u32>(slot, ownAddressFor(packet));
    packet.optFlags |= OPT_TIMESTAMP_NEEDS_ADDRESS;
  } else if (!isOwn(slot)) {
    return true;
  }
  writeTime(packet, slot + 4);
  store<u8>(option, <u8>(pointer + 8), 2);
  return true;
}

const wide = memory.data(16, 8);

function isOwn(at: usize): bool {
  store<u64>(wide, <u64>load<u32>(at));
  return addressType(4, wide, 0) != RouteType.Unicast;
}

function writeTime(packet: Packet, at: usize): void {
  store32(at, timeOfDay());
  packet.optFlags |= OPT_CHANGED | OPT_TIMESTAMP_NEEDS_TIME;
}

function ownAddressFor(packet: Packet): u32 {
  if (ownAddress == 0) ownAddress = specDestination(packet);
  return ownAddress;
}

function isRoutedTo(packet: Packet, type: RouteType): bool {
  return packet.routeType == type;
}

/** ip_options_rcv_srr: a packet that has reached a stop of its source route goes on to the next. */
function followSourceRoute(packet: Packet): bool {
  const option = packet.data + packet.optSourceRoute;
  if (packet.packetType != PacketType.Host) return false;
  if (packet.routeType == RouteType.Unicast) {
    if (!(packet.optFlags & OPT_STRICT)) return true;
    sendIcmpError(packet, PARAMETER_PROBLEM, 0, 16 << 24);
    return false;
  }
  if (packet.routeType != RouteType.Local) return false;
  const space: u32 = load<u8>(option, 1);
  for (let pointer: u32 = load<u8>(option, 2); pointer <= space; pointer += 4) {
    if (pointer + 3 > space) {
      sendIcmpError(packet, PARAMETER_PROBLEM, 0, (<u32>packet.optSourceRoute + 2) << 24);
      return false;
    }
    const nextHop = load<u32>(option + pointer - 1);
    const arrivedAt = load<u32>(packet.destination);
    store<u32>(packet.destination, nextHop);
    const result = routeInput(packet);
    if (result == RouteResult.Local && isRoutedTo(packet, RouteType.Local)) {
      packet.optFlags |= OPT_CHANGED;
      continue;
    }
    store<u32>(packet.destination, arrivedAt);
    if (result != RouteResult.Forward || !isRoutedTo(packet, RouteType.Unicast)) return false;
    packet.optFlags |= OPT_SOURCE_ROUTE_HIT | OPT_CHANGED;
    packet.optNextHop = nextHop;
    return true;
  }
  return true;
}

/** ip_forward_options: fills in the addresses of the way out, which are known only now. */
export function forwardOptions(packet: Packet): void {
  if (packet.optFlags & OPT_ROUTE_NEEDS_ADDRESS) {
    const option = packet.data + packet.optRecordRoute;
    store<u32>(option + load<u8>(option, 2) - 5, addressOnWay(packet));
    packet.optFlags |= OPT_CHANGED;
  }
  if (packet.optFlags & OPT_SOURCE_ROUTE_HIT) advanceSourceRoute(packet);
  if (packet.optFlags & OPT_CHANGED) {
    packet.optFlags &= ~OPT_CHANGED;
    setHeaderChecksum(packet.data);
  }
}

function advanceSourceRoute(packet: Packet): void {
  const option = packet.data + packet.optSourceRoute;
  const space: u32 = load<u8>(option, 1);
  let pointer: u32 = load<u8>(option, 2);
  while (pointer + 3 <= space && load<u32>(option + pointer - 1) != packet.optNextHop) pointer += 4;
  if (pointer + 3 <= space) {
    store<u32>(packet.destination, packet.optNextHop);
    store<u32>(option + pointer - 1, addressOnWay(packet));
    store<u8>(option, <u8>(pointer + 4), 2);
    packet.optFlags |= OPT_CHANGED;
  }
  if (packet.optFlags & OPT_TIMESTAMP_NEEDS_ADDRESS) {
    const stampOption = packet.data + packet.optTimestamp;
    store<u32>(stampOption + load<u8>(stampOption, 2) - 9, addressOnWay(packet));
    packet.optFlags |= OPT_CHANGED;
  }
}

/** Options that only the first fragment keeps become NOPs (ip_options_fragment). */
export function clearUncopiedOptions(header: usize): void {
  const end: u32 = (<u32>load<u8>(header) & 15) * 4;
  let at: u32 = 20;
  while (at < end) {
    const type: u32 = load<u8>(header + at);
    if (type == END) return;
    if (type == NOOP) {
      at += 1;
      continue;
    }
    const size: u32 = load<u8>(header + at, 1);
    if (size < 2 || at + size > end) return;
    if (!(type & 0x80)) memory.fill(header + at, <u8>NOOP, size);
    at += size;
  }
}
