import { SetType } from "../abi/ipset";
import { Hook } from "../abi/netfilter";
import { context } from "../iptables/context";
import { allocate } from "../memory/allocate";
import { load32 } from "../packet/bytes";
import { DEVICE_LOOPBACK, DEVICE_RAW, device } from "../packet/device";
import { Packet } from "../packet/packet";
import { bitmapId } from "./bitmap";
import { maskAddress, setPrefix } from "./layout";
import { foundPort, packetPort } from "./port";
import { longestPrefix } from "./prefixes";
import { KernelSet } from "./set";

/** The element that a packet stands for, by the directions of a rule (the kadt functions of ip_set_hash_*.c and others). */

/** Key of the element, with the interface part behind it. Nothing keeps it beyond a call. */
export const candidate: usize = allocate(64);
const CANDIDATE_SIZE: u32 = 64;
/** The packet's MAC, and the element's place in a bitmap. */
export let candidateMac: usize = 0;
export let candidateId: u32 = 0;

/**
 * Fills in the candidate of a hash type.
 *
 * @param directions bit i set: dimension i + 1 is the packet's source.
 * @param forTest a look-up tries every prefix length; an addition or removal takes the longest in use.
 * @returns false where the packet has no such element.
 */
export function fillFromPacket(set: KernelSet, packet: Packet, directions: u32, forTest: bool): bool {
  const key = candidate;
  memory.fill(key, 0, CANDIDATE_SIZE);
  const type: SetType = set.type;
  if (set.portOffset != 0) {
    if (!packetPort(packet, (directions & 2) != 0)) return false;
    store<u16>(key + set.portOffset, foundPort);
    store<u8>(key + set.protocolOffset, packet.protocol);
  }
  if (type == SetType.HashMac) {
    if (!findMac(packet, (directions & 1) != 0)) return false;
    memory.copy(key, candidateMac, 6);
    return true;
  }
  const size = set.addressSize;
  memory.copy(key, (directions & 1) != 0 ? packet.source : packet.destination, size);
  if (set.address2Offset != 0) {
    const bit: u32 = set.dimensions == 3 ? 4 : 2;
    memory.copy(key + set.address2Offset, (directions & bit) != 0 ? packet.source : packet.destination, size);
  }
  switch (type) {
    case SetType.HashIp:
      maskAddress(key, size, set.netmask);
      return !isZero(key, size);
    case SetType.HashIpMac:
      if (!findMac(packet, (directions & 2) != 0)) return false;
      memory.copy(key + set.etherOffset, candidateMac, 6);
      return true;
    case SetType.HashIpMark:
      store<u32>(key + size, packet.mark & set.markmask);
      return true;
    case SetType.HashNetIface:
      store<u8>(key + size + 3, 1);
      if (!fillInterface(key + set.interfaceOffset, (directions & 2) != 0)) return false;
      break;
    default:
      break;
  }
  fillNetworks(set, key, forTest);
  return true;
}

function fillNetworks(set: KernelSet, key: usize, forTest: bool): void {
  for (let n: u32 = 0; n < set.netCount; n++) {
    const prefix = forTest ? set.addressBits : longestPrefix(set, n);
    if (!forTest) maskAddress(key + (n == 0 ? set.netOffset : set.net2Offset), set.addressSize, prefix);
    setPrefix(set, key, n, prefix);
  }
}

/** Finds the place in a bitmap, and for bitmap:ip,mac the MAC; false outside of the range and without them. */
export function placeInBitmap(set: KernelSet, packet: Packet, directions: u32): bool {
  candidateMac = 0;
  let value: u32;
  if (set.type == SetType.BitmapPort) {
    if (!packetPort(packet, (directions & 1) != 0)) return false;
    if (packet.protocol != 6 && packet.protocol != 17) return false;
    value = bswap<u16>(foundPort);
  } else {
    value = load32((directions & 1) != 0 ? packet.source : packet.destination);
  }
  if (value < set.first || value > set.last) return false;
  candidateId = bitmapId(set, value);
  return set.type != SetType.BitmapIpMac || findMac(packet, (directions & 2) != 0);
}

/** Names of devices are compared, so that a wildcard and a rename mean what they say. */
function fillInterface(at: usize, source: bool): bool {
  const number = source ? context.inDevice : context.outDevice;
  if (number == 0) return false;
  const named = device(number);
  store<u64>(at, named.name0);
  store<u64>(at, named.name1, 8);
  return true;
}

/** The source or destination MAC, where the packet is in an Ethernet device and has a header that came with it. */
function findMac(packet: Packet, source: bool): bool {
  if (packet.mac == 0 || packet.macLength < 14) return false;
  const number = context.hook == Hook.PostRouting ? context.outDevice : context.inDevice;
  if (number == 0 || (device(number).flags & (DEVICE_LOOPBACK | DEVICE_RAW)) != 0) return false;
  candidateMac = packet.mac + (source ? 6 : 0);
  return load<u32>(candidateMac) != 0 || load<u16>(candidateMac, 4) != 0;
}

function isZero(address: usize, size: u32): bool {
  for (let i: u32 = 0; i < size; i += 4) if (load<u32>(address + i) != 0) return false;
  return true;
}
