import { RouteType } from "../abi/route";
import { allocate } from "../memory/allocate";
import { store32 } from "../packet/bytes";
import { nowNs } from "../packet/clock";
import { Packet } from "../packet/packet";
import { addressType } from "../route/index";
import {
  GIVEN_ADDRESSES,
  OPT_ROUTE_NEEDS_ADDRESS,
  OPT_TIMESTAMP_NEEDS_ADDRESS,
  OPT_TIMESTAMP_NEEDS_TIME,
} from "./option-flags";

/**
 * IPv4 options that an answer takes over from the packet that it answers: recorded route, timestamps, the source route
 * backwards, and a security label (__ip_options_echo, net/ipv4/ip_options.c).
 */
const echoed: usize = allocate(64);
export let echoedLength: u32 = 0;
/** First stop of the way back, 0 when the packet came without a source route. */
export let sourceRouteStart: u64 = 0;

/** Where in the options the answer's own address and time, and the end of the source route go; 0xff for nowhere. */
const NOWHERE: u32 = 0xff;
let routeSlot: u32 = NOWHERE;
let stampAddressSlot: u32 = NOWHERE;
let stampTimeSlot: u32 = NOWHERE;
let lastStopSlot: u32 = NOWHERE;

/** @returns false when the options cannot be echoed: no answer is sent. */
export function echoOptions(packet: Packet): bool {
  echoedLength = 0;
  sourceRouteStart = 0;
  const isWithout = packet.optRecordRoute == 0 && packet.optTimestamp == 0 && packet.optSourceRoute == 0;
  if (isWithout && packet.optSecurity == 0) return true;
  routeSlot = NOWHERE;
  stampAddressSlot = NOWHERE;
  stampTimeSlot = NOWHERE;
  lastStopSlot = NOWHERE;
  if (packet.optRecordRoute != 0 && !echoRecordRoute(packet)) return false;
  if (packet.optTimestamp != 0 && !echoTimestamp(packet)) return false;
  if (packet.optSourceRoute != 0) echoSourceRoute(packet);
  if (packet.optSecurity != 0) copyOption(packet, packet.optSecurity);
  while (echoedLength & 3) store<u8>(echoed + echoedLength++, 0);
  return true;
}

/** Writes the options behind an answer's header, with its own addresses and time in them (ip_options_build). */
export function writeEchoed(header: usize, lastStop: u32): void {
  if (echoedLength == 0) return;
  const to = header + 20;
  memory.copy(to, echoed, echoedLength);
  const source = load<u32>(header, 12);
  if (lastStopSlot != NOWHERE) store<u32>(to + lastStopSlot, lastStop);
  if (routeSlot != NOWHERE) store<u32>(to + routeSlot, source);
  if (stampAddressSlot != NOWHERE) store<u32>(to + stampAddressSlot, source);
  if (stampTimeSlot != NOWHERE) store32(to + stampTimeSlot, timeOfDay());
}

/** Milliseconds since midnight UT (inet_current_timestamp). */
export function timeOfDay(): u32 {
  return <u32>((nowNs / 1_000_000) % 86_400_000);
}

/** @returns where the option begins among the echoed ones. */
function copyOption(packet: Packet, offset: u32): u32 {
  const at = echoedLength;
  const size: u32 = load<u8>(packet.data + offset, 1);
  memory.copy(echoed + at, packet.data + offset, size);
  echoedLength += size;
  return at;
}

function echoRecordRoute(packet: Packet): bool {
  const option = packet.data + packet.optRecordRoute;
  const size: u32 = load<u8>(option, 1);
  const pointer: u32 = load<u8>(option, 2);
  const at = copyOption(packet, packet.optRecordRoute);
  if (!(packet.optFlags & OPT_ROUTE_NEEDS_ADDRESS) || pointer > size) return true;
  if (pointer + 3 > size) return false;
  store<u8>(echoed + at, <u8>(pointer + 4), 2);
  routeSlot = at + pointer - 1;
  return true;
}

function echoTimestamp(packet: Packet): bool {
  const option = packet.data + packet.optTimestamp;
  const size: u32 = load<u8>(option, 1);
  let pointer: u32 = load<u8>(option, 2);
  const at = copyOption(packet, packet.optTimestamp);
  if (pointer > size) return true;
  if (packet.optFlags & OPT_TIMESTAMP_NEEDS_ADDRESS) {
    if (pointer + 3 > size) return false;
    stampAddressSlot = at + pointer - 1;
    pointer += 4;
  }
  if (packet.optFlags & OPT_TIMESTAMP_NEEDS_TIME) {
    if (pointer + 3 > size) return false;
    if ((load<u8>(option, 3) & 15) != GIVEN_ADDRESSES) {
      stampTimeSlot = at + pointer - 1;
      pointer += 4;
    } else if (pointer + 7 <= size && isOwn(option + pointer - 1)) {
      stampTimeSlot = at + pointer + 3;
      pointer += 8;
    }
  }
  store<u8>(echoed + at, <u8>pointer, 2);
  return true;
}

const wide = memory.data(16, 8);

function isOwn(at: usize): bool {
  store<u64>(wide, <u64>load<u32>(at));
  return addressType(4, wide, 0) != RouteType.Unicast;
}

/** The stops that were passed, last first; the packet's source is the end of the way. */
function echoSourceRoute(packet: Packet): void {
  const option = packet.data + packet.optSourceRoute;
  const size: u32 = load<u8>(option, 1);
  let pointer: i32 = <i32>min<u32>(load<u8>(option, 2), size + 1) - 4;
  if (pointer <= 3) return;
  const to = echoed + echoedLength;
  const first = load<u32>(option + pointer - 1);
  let length: u32 = 4;
  for (pointer -= 4; pointer > 3; pointer -= 4) {
    store<u32>(to + length - 1, load<u32>(option + pointer - 1));
    length += 4;
  }
  if (load<u32>(packet.source) == load<u32>(option + pointer + 3)) length -= 4;
  if (length <= 3) return;
  sourceRouteStart = first;
  store<u8>(to, load<u8>(option));
  store<u8>(to, <u8>(length + 3), 1);
  store<u8>(to, 4, 2);
  lastStopSlot = echoedLength + length - 1;
  echoedLength += length + 3;
}
