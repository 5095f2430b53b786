import { DCCP_TEST_DESTINATION, DCCP_TEST_OPTION, DCCP_TEST_SOURCE, DCCP_TEST_TYPES } from "../../abi/rule";
import { load16 } from "../../packet/bytes";
import { Packet } from "../../packet/packet";
import { CONSULTED_PAYLOAD, context } from "../context";
import { bytesAt, transportOrDrop } from "../header";

/** -m dccp (net/netfilter/xt_dccp.c). `tests` and `inverted` are `DCCP_TEST_*` bits; ranges include both ends. */
@unmanaged
export class DccpTest {
  tests: u32;
  inverted: u32;
  sourceFrom: u16;
  sourceTo: u16;
  destinationFrom: u16;
  destinationTo: u16;
  /** One bit for each packet type. */
  types: u16;
  option: u8;
}

const HEADER: u32 = 12;
const EXTENDED_SEQUENCE: u32 = 4;

export function matchesDccp(packet: Packet, test: DccpTest): bool {
  if (packet.fragmentOffset != 0) return false;
  context.consulted |= CONSULTED_PAYLOAD;
  const header = transportOrDrop(packet, HEADER);
  if (header == 0) return false;
  if (test.tests & DCCP_TEST_SOURCE) {
    if (!isWanted(test, DCCP_TEST_SOURCE, isWithin(load16(header), test.sourceFrom, test.sourceTo))) return false;
  }
  if (test.tests & DCCP_TEST_DESTINATION) {
    const isIn = isWithin(load16(header + 2), test.destinationFrom, test.destinationTo);
    if (!isWanted(test, DCCP_TEST_DESTINATION, isIn)) return false;
  }
  const type: u32 = (load<u8>(header, 8) >> 1) & 15;
  if (test.tests & DCCP_TEST_TYPES && !isWanted(test, DCCP_TEST_TYPES, ((test.types >> <u16>type) & 1) != 0))
    return false;
  if ((test.tests & DCCP_TEST_OPTION) == 0) return true;
  return isWanted(test, DCCP_TEST_OPTION, hasOption(packet, header, type, test.option));
}

function isWanted(test: DccpTest, bit: u32, holds: bool): bool {
  return holds != ((test.inverted & bit) != 0);
}

function isWithin(port: u32, from: u32, to: u32): bool {
  return port >= from && port <= to;
}

/** Options that cannot be read drop the packet. */
function hasOption(packet: Packet, header: usize, type: u32, option: u32): bool {
  const extended: u32 = load<u8>(header, 8) & 1 ? EXTENDED_SEQUENCE : 0;
  const before: u32 = HEADER + extended + lengthOf(type);
  const whole: u32 = (<u32>load<u8>(header, 4)) << 2;
  if (whole < before) {
    context.hotdrop = true;
    return false;
  }
  const length = whole - before;
  if (length == 0) return false;
  const options = bytesAt(packet, packet.transportOffset + before, length);
  if (options == 0) {
    context.hotdrop = true;
    return false;
  }
  let at: u32 = 0;
  while (at < length) {
    const kind: u32 = load<u8>(options + at);
    if (kind == option) return true;
    if (kind < 2 || at == length - 1) {
      at += 1;
      continue;
    }
    const size: u32 = load<u8>(options + at, 1);
    at += size == 0 ? 1 : size;
  }
  return false;
}

/** Bytes of a packet type's own header (RFC 4340 section 5). */
function lengthOf(type: u32): u32 {
  switch (type) {
    case 0: // Request
      return 4;
    case 2: // Data
      return 0;
    case 3: // Ack
    case 4: // DataAck
    case 5: // CloseReq
    case 6: // Close
    case 8: // Sync
    case 9: // SyncAck
      return 8;
    default:
      return 12;
  }
}
