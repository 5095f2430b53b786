import {
  PROTO_AH,
  PROTO_DCCP,
  PROTO_ESP,
  PROTO_FRAGMENT,
  PROTO_ICMP,
  PROTO_ICMPV6,
  PROTO_NONE,
  PROTO_SCTP,
  PROTO_TCP,
  PROTO_UDP,
  PROTO_UDPLITE,
} from "../../abi/protocol";
import { Entry } from "../../conntrack/entry";
import { loadTuple, newTuple } from "../../conntrack/tuple";
import { jhash3words, reciprocalScale } from "../../hash/jhash";
import { load16 } from "../../packet/bytes";
import { extensionSize, isExtensionHeader, Packet } from "../../packet/packet";
import { bytesAt } from "../header";

/** -j HMARK (net/netfilter/xt_HMARK.c): the mark becomes a hash over addresses and ports, the same in both directions. */
@unmanaged
export class HmarkAction {
  /** Masks as addresses lie in packets; IPv4 uses the first four bytes. */
  sourceMask0: u64;
  sourceMask1: u64;
  destinationMask0: u64;
  destinationMask1: u64;
  /** Source in the first two bytes, destination in the others, as in packets. */
  portMask: u32;
  portSet: u32;
  protocolMask: u32;
  seed: u32;
  modulus: u32;
  offset: u32;
  /** Hash the connection's tuples, not the packet. */
  useConnection: bool;
}

/** What goes into the hash. */
let source: u32 = 0;
let destination: u32 = 0;
let ports: u32 = 0;
let protocol: u32 = 0;

const tuple = newTuple();

export function runHmark(packet: Packet, action: HmarkAction): void {
  source = 0;
  destination = 0;
  ports = 0;
  protocol = 0;
  if (action.useConnection) {
    if (packet.ct == 0) return;
    readConnection(packet.ct, action);
  } else if (packet.family == 4) {
    if (!readPacket4(packet, action)) return;
  } else if (!readPacket6(packet, action)) return;
  const low = source < destination ? source : destination;
  const high = source < destination ? destination : source;
  const hash = jhash3words(low, high, ports, action.seed) ^ (protocol & action.protocolMask);
  packet.mark = reciprocalScale(hash, action.modulus) + action.offset;
}

function readConnection(ct: usize, action: HmarkAction): void {
  const entry = changetype<Entry>(ct);
  loadTuple(entry, 0, tuple);
  const originalPorts = tuple.ports;
  source = masked(changetype<usize>(tuple), entry.family, action.sourceMask0, action.sourceMask1);
  loadTuple(entry, 1, tuple);
  destination = masked(changetype<usize>(tuple), entry.family, action.destinationMask0, action.destinationMask1);
  protocol = entry.protocol;
  if (protocol == PROTO_ICMP) return;
  setPorts((originalPorts & 0xffff) | (tuple.ports << 16), action);
}

/** Words of an IPv6 address are folded into one. */
function masked(address: usize, family: u32, mask0: u64, mask1: u64): u32 {
  if (family == 4) return bswap<u32>(load<u32>(address) & <u32>mask0);
  const folded = (load<u64>(address) & mask0) ^ (load<u64>(address, 8) & mask1);
  return bswap<u32>(<u32>folded ^ <u32>(folded >> 32));
}

/** Port masks and presets, then the larger port above the smaller. */
function setPorts(raw: u32, action: HmarkAction): void {
  const value = (raw & action.portMask) | action.portSet;
  const from: u32 = bswap<u16>(<u16>value);
  const to: u32 = bswap<u16>(<u16>(value >> 16));
  ports = to > from ? (to << 16) | from : (from << 16) | to;
}

/** ICMP errors count as the packet inside. @returns false when that is cut. */
function readPacket4(packet: Packet, action: HmarkAction): bool {
  let at: u32 = 0;
  if (load<u8>(packet.data, 9) == PROTO_ICMP) {
    const outer: u32 = (load<u8>(packet.data) & 15) << 2;
    const icmp = bytesAt(packet, outer, 8);
    if (icmp != 0 && isError4(load<u8>(icmp))) at = outer + 8;
  }
  const header = bytesAt(packet, at, 20);
  if (header == 0) return false;
  source = masked(header + 12, 4, action.sourceMask0, 0);
  destination = masked(header + 16, 4, action.destinationMask0, 0);
  protocol = load<u8>(header, 9);
  const isFragment = (load16(header + 6) & 0x3fff) != 0;
  if (protocol == PROTO_ICMP || isFragment) return true;
  readPorts(packet, at + ((<u32>load<u8>(header) & 15) << 2), action);
  return true;
}

function isError4(type: u32): bool {
  return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

function readPorts(packet: Packet, at: u32, action: HmarkAction): void {
  let skip: u32 = 0;
  if (protocol == PROTO_AH) skip = 4;
  else if (
    protocol != PROTO_TCP &&
    protocol != PROTO_UDP &&
    protocol != PROTO_DCCP &&
    protocol != PROTO_ESP &&
    protocol != PROTO_SCTP &&
    protocol != PROTO_UDPLITE
  ) {
    return;
  }
  const bytes = bytesAt(packet, at + skip, 4);
  if (bytes != 0) setPorts(load<u32>(bytes), action);
}

/** Where `findUpper` stopped: the header's number, and was it behind a fragment header? */
let upper: u32 = 0;
let isFragment6: bool = false;

function readPacket6(packet: Packet, action: HmarkAction): bool {
  let at: u32 = 0;
  let offset = findUpper(packet, 0);
  if (offset == 0) return true;
  if (upper == PROTO_ICMPV6 && !isFragment6) {
    const icmp = bytesAt(packet, offset, 8);
    const type: u32 = icmp == 0 ? 0 : load<u8>(icmp);
    if (type != 0 && type < 128) {
      at = offset + 8;
      if (bytesAt(packet, at, 40) == 0) return false;
      offset = findUpper(packet, at);
      if (offset == 0) return false;
    }
  }
  const header = packet.data + at;
  source = masked(header + 8, 6, action.sourceMask0, action.sourceMask1);
  destination = masked(header + 24, 6, action.destinationMask0, action.destinationMask1);
  protocol = upper;
  if (protocol != PROTO_ICMPV6 && !isFragment6) readPorts(packet, offset, action);
  return true;
}

/** ipv6_find_hdr without a target, which ends at an AH header too. @returns the offset, 0 for a broken chain. */
function findUpper(packet: Packet, start: u32): u32 {
  isFragment6 = false;
  upper = load<u8>(packet.data + start, 6);
  let offset = start + 40;
  while (isExtensionHeader(upper) && upper != PROTO_NONE && upper != PROTO_AH) {
    const header = bytesAt(packet, offset, upper == PROTO_FRAGMENT ? 4 : 2);
    if (header == 0) return 0;
    const kind = upper;
    upper = load<u8>(header);
    if (kind == PROTO_FRAGMENT) {
      isFragment6 = true;
      if ((load16(header + 2) & ~7) != 0) return offset;
    }
    offset += extensionSize(kind, header);
  }
  return offset;
}
