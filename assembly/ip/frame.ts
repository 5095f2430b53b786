import { RouteType } from "../abi/route";
import { EventKind, Unsupported } from "../abi/trace";
import { allocate } from "../memory/allocate";
import { store16 } from "../packet/bytes";
import { nowNs } from "../packet/clock";
import { DEVICE_RAW, DEVICE_SINK, device } from "../packet/device";
import { Packet } from "../packet/packet";
import { isMulticast6 } from "../route/address6";
import { isMulticast4 } from "../route/addresses";
import { addressType, findNeighbour } from "../route/index";
import { frames, OUTPUT_FRAME_SIZE, OutputFrame, recordEvent, totals } from "../trace/output";

const ETHERNET_HEADER: u32 = 14;
const ETHERTYPE_IPV4: u32 = 0x0800;
const ETHERTYPE_IPV6: u32 = 0x86dd;

const nextHop = allocate(16);
/** The link header of the packet that is being sent; its pieces share it. */
const header = allocate(16);
let headerLength: u32 = 0;

/** Works out the link header for a packet's way out: once for all of its fragments. */
export function prepareFrame(packet: Packet): void {
  const output = device(packet.outDevice);
  if (output.flags & DEVICE_RAW) {
    headerLength = 0;
    return;
  }
  headerLength = ETHERNET_HEADER;
  writeDestination(packet);
  store<u32>(header, <u32>output.mac, 6);
  store<u16>(header, <u16>(output.mac >> 32), 10);
  store16(header + 12, packet.family == 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6);
}

/** The neighbour's MAC address, else that of the group (ip_finish_output2, arp_constructor, ndisc_constructor). */
function writeDestination(packet: Packet): void {
  store<u64>(nextHop, packet.nextHop0);
  store<u64>(nextHop, packet.nextHop1, 8);
  const family: u32 = packet.viaGateway ? packet.viaGateway : packet.family;
  const mac = findNeighbour(packet.outDevice, family, nextHop);
  if (mac != 0) {
    store<u32>(header, load<u32>(mac));
    store<u16>(header, load<u16>(mac, 4), 4);
  } else if (family == 4) {
    writeGroup4(packet);
  } else if (isMulticast6(nextHop)) {
    store<u16>(header, 0x3333);
    store<u32>(header, load<u32>(nextHop, 12), 2);
  } else {
    reportMissing(packet);
  }
}

function writeGroup4(packet: Packet): void {
  const address = <u32>packet.nextHop0;
  if (isMulticast4(address)) {
    store<u32>(header, 0x005e0001 | ((address & 0x7f00) << 16));
    store<u16>(header, <u16>(address >> 16), 4);
  } else if (address == 0xffffffff || addressType(4, nextHop, 0) == RouteType.Broadcast) {
    store<u32>(header, 0xffffffff);
    store<u16>(header, 0xffff, 4);
  } else {
    reportMissing(packet);
  }
}

/** Linux would ask for the address and let the packet wait. */
function reportMissing(packet: Packet): void {
  store<u32>(header, 0);
  store<u16>(header, 0, 4);
  totals.missingNeighbours += 1;
  recordEvent(packet, EventKind.Unsupported, 255, Unsupported.Neighbour, packet.outDevice);
}

/**
 * Appends a frame for the packet's device after {@link prepareFrame}.
 * @param length of the IP packet; `captured` bytes of it will be written where this points.
 * @returns where they go, 0 when the device swallows everything (dummy).
 */
export function beginFrame(packet: Packet, length: u32, captured: u32): usize {
  if (device(packet.outDevice).flags & DEVICE_SINK) return 0;
  const at = appendFrame(packet, packet.outDevice, headerLength, length, captured);
  memory.copy(at, header, headerLength);
  return at + headerLength;
}

/** Appends a frame record. @returns where its bytes go. */
export function appendFrame(packet: Packet, index: u32, linkLength: u32, length: u32, captured: u32): usize {
  const size = (OUTPUT_FRAME_SIZE + linkLength + captured + 7) & ~7;
  const at = frames.append(size);
  const frame = changetype<OutputFrame>(at);
  frame.size = size;
  frame.length = linkLength + captured;
  frame.originalLength = linkLength + length;
  frame.number = packet.number;
  frame.timeNs = nowNs;
  frame.device = index;
  return at + OUTPUT_FRAME_SIZE;
}
