import { allocate } from "../memory/allocate";
import { Packet } from "../packet/packet";
import { OPT_ROUTE_NEEDS_ADDRESS, OPT_TIMESTAMP_NEEDS_ADDRESS } from "./option-flags";

/**
 * IPv4 options that an answer takes over from the packet that it answers: recorded route, timestamps, and the source
 * route backwards (__ip_options_echo, net/ipv4/ip_options.c).
 */
export const echoedOptions: usize = allocate(64);
export let echoedLength: u32 = 0;
/** First stop of the way back, 0 when the packet came without a source route. */
export let sourceRouteStart: u64 = 0;

/** @returns false when the options cannot be echoed: no answer is sent. */
export function echoOptions(packet: Packet): bool {
  echoedLength = 0;
  sourceRouteStart = 0;
  if (packet.optRecordRoute == 0 && packet.optTimestamp == 0 && packet.optSourceRoute == 0) return true;
  if (packet.optRecordRoute != 0 && !echoRecordRoute(packet)) return false;
  if (packet.optTimestamp != 0 && !echoTimestamp(packet)) return false;
  if (packet.optSourceRoute != 0) echoSourceRoute(packet);
  while (echoedLength & 3) store<u8>(echoedOptions + echoedLength++, 0);
  return true;
}

function copyOption(packet: Packet, offset: u32): usize {
  const to = echoedOptions + echoedLength;
  const size: u32 = load<u8>(packet.data + offset, 1);
  memory.copy(to, packet.data + offset, size);
  echoedLength += size;
  return to;
}

function echoRecordRoute(packet: Packet): bool {
  const option = packet.data + packet.optRecordRoute;
  const size: u32 = load<u8>(option, 1);
  const pointer: u32 = load<u8>(option, 2);
  const copy = copyOption(packet, packet.optRecordRoute);
  if (!(packet.optFlags & OPT_ROUTE_NEEDS_ADDRESS) || pointer > size) return true;
  if (pointer + 3 > size) return false;
  store<u8>(copy, <u8>(pointer + 4), 2);
  return true;
}

function echoTimestamp(packet: Packet): bool {
  const option = packet.data + packet.optTimestamp;
  const size: u32 = load<u8>(option, 1);
  let pointer: u32 = load<u8>(option, 2);
  const copy = copyOption(packet, packet.optTimestamp);
  if (pointer > size) return true;
  const slot: u32 = packet.optFlags & OPT_TIMESTAMP_NEEDS_ADDRESS ? 8 : 4;
  if (pointer + 3 > size) return false;
  pointer += slot;
  store<u8>(copy, <u8>pointer, 2);
  return true;
}

/** The stops that were passed, last first; the packet's source is the end of the way. */
function echoSourceRoute(packet: Packet): void {
  const option = packet.data + packet.optSourceRoute;
  const size: u32 = load<u8>(option, 1);
  let pointer: i32 = <i32>min<u32>(load<u8>(option, 2), size + 1) - 4;
  if (pointer <= 3) return;
  const to = echoedOptions + echoedLength;
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
  echoedLength += length + 3;
}
