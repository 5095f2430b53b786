import { BondMode } from "../abi/bond";
import { RouteType } from "../abi/route";
import { EventKind, Unsupported } from "../abi/trace";
import { portFor } from "../bond/ports";
import { allocate } from "../memory/allocate";
import { store16 } from "../packet/bytes";
import { nowNs } from "../packet/clock";
import { DEVICE_BOND, DEVICE_RAW, DEVICE_SINK, DEVICE_TUNNEL, device } from "../packet/device";
import { Packet } from "../packet/packet";
import { isMulticast6 } from "../route/address6";
import { isMulticast4 } from "../route/addresses";
import { addressType, findNeighbour } from "../route/index";
import { frames, OUTPUT_FRAME_SIZE, OutputFrame, recordEvent, totals } from "../trace/output";
import { Exit, exitAt, exitCount, findBareExit, findExits, isAimUnknown } from "./exits";

const ETHERNET_HEADER: u32 = 14;
const ETHERTYPE_IPV4: u32 = 0x0800;
const ETHERTYPE_IPV6: u32 = 0x86dd;

const nextHop = allocate(16);
/** The link header of the packet that is being sent, before the devices below add to it; its pieces share it. */
const header = allocate(16);
/** Did nobody know the next hop's address? */
export let isNeighbourMissing: bool = false;

/** Works out the link header for a packet's way out: once for all of its fragments. */
export function prepareFrame(packet: Packet): void {
  isNeighbourMissing = false;
  const output = device(packet.outDevice);
  if (output.flags & DEVICE_RAW) return findBareExit(packet.outDevice);
  writeDestination(packet);
  store<u32>(header, <u32>output.mac, 6);
  store<u16>(header, <u16>(output.mac >> 32), 10);
  store16(header + 12, packet.family == 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6);
  findExits(packet, packet.outDevice, header);
}

/** The same for a frame that has its link header already and leaves through a port. */
export function prepareBridgedFrame(packet: Packet, port: u32): void {
  memory.copy(header, packet.mac, ETHERNET_HEADER);
  findExits(packet, port, header);
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

/** A bridged packet whose destination changed goes to its new next hop (br_nf_pre_routing_finish_bridge). @returns is it known? */
export function readdress(packet: Packet): bool {
  store<u64>(nextHop, packet.nextHop0);
  store<u64>(nextHop, packet.nextHop1, 8);
  const mac = findNeighbour(packet.outDevice, packet.viaGateway ? packet.viaGateway : packet.family, nextHop);
  if (mac == 0) {
    noteMissing(packet);
    return false;
  }
  memory.copy(packet.mac, mac, 6);
  return true;
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

/** Is the packet to go on to an address of the node's own? Nobody on the link answers to that. */
export function isOwnNextHop(packet: Packet): bool {
  store<u64>(nextHop, packet.nextHop0);
  store<u64>(nextHop, packet.nextHop1, 8);
  return addressType(packet.viaGateway ? packet.viaGateway : packet.family, nextHop, 0) == RouteType.Local;
}

/** Linux would ask for the address and let the packet wait. */
function reportMissing(packet: Packet): void {
  isNeighbourMissing = true;
  store<u32>(header, 0);
  store<u16>(header, 0, 4);
  noteMissing(packet);
}

function noteMissing(packet: Packet): void {
  totals.missingNeighbours += 1;
  noteUnsupported(packet, Unsupported.Neighbour, packet.outDevice);
}

function noteUnsupported(packet: Packet, what: Unsupported, index: u32): void {
  recordEvent(packet, EventKind.Unsupported, 255, what, index);
}

/**
 * The exit of the last {@link prepareFrame} where a frame leaves through the packet's own device with the link header
 * alone; null where a bridge, a bond or a VLAN device has its say.
 */
export function plainExit(packet: Packet): Exit | null {
  if (exitCount != 1) return null;
  const exit = exitAt(0);
  if (device(exit.device).flags & (DEVICE_BOND | DEVICE_TUNNEL)) return null;
  return exit.device == packet.outDevice && exit.headerLength <= ETHERNET_HEADER ? exit : null;
}

/**
 * Appends a frame for the packet's way out after {@link prepareFrame}; `endFrame` when its bytes are written.
 * @param length of the IP packet; `captured` bytes of it will be written where this points.
 * @returns where they go, 0 when nothing takes the frame (dummy, a bridge without a port for it).
 */
export function beginFrame(packet: Packet, length: u32, captured: u32): usize {
  if (device(packet.outDevice).flags & DEVICE_SINK || exitCount == 0) return 0;
  return beginExit(packet, exitAt(0), length, captured);
}

function beginExit(packet: Packet, exit: Exit, length: u32, captured: u32): usize {
  const at = appendFrame(packet, exit.device, exit.headerLength, length, captured);
  memory.copy(at, changetype<usize>(exit) + offsetof<Exit>("header"), exit.headerLength);
  return at + exit.headerLength;
}

/** The frame's bytes are written: a bridge that does not know the one port sends it through the others, too. */
export function endFrame(packet: Packet, length: u32, captured: u32): void {
  if (exitCount == 0) return;
  if (isAimUnknown) noteUnsupported(packet, Unsupported.GroupPorts, packet.outDevice);
  const last = frames.used - captured - padding(exitAt(0).headerLength + captured);
  settle(packet, exitAt(0), frames.start + last);
  for (let i: u32 = 1; i < exitCount; i++) {
    const to = beginExit(packet, exitAt(i), length, captured);
    memory.copy(to, frames.start + last, captured);
    settle(packet, exitAt(i), to);
  }
}

/** A bond chooses its port by the frame; `payload`: what is behind its link header. */
function settle(packet: Packet, exit: Exit, payload: usize): void {
  const output = device(exit.device);
  if (!(output.flags & (DEVICE_BOND | DEVICE_TUNNEL))) return;
  const start = payload - exit.headerLength;
  const frame = changetype<OutputFrame>(start - OUTPUT_FRAME_SIZE);
  if (output.flags & DEVICE_TUNNEL) noteUnsupported(packet, Unsupported.Tunnel, exit.device);
  else if (output.bondMode == BondMode.Unknown) noteUnsupported(packet, Unsupported.BondPort, exit.device);
  else frame.device = portFor(exit.device, start, frame.length);
}

/** Bytes behind a frame up to a multiple of 8. */
function padding(length: u32): u32 {
  return ((OUTPUT_FRAME_SIZE + length + 7) & ~7) - OUTPUT_FRAME_SIZE - length;
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
