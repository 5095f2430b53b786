import { Reason } from "../abi/fate";
import { PROTO_DSTOPTS, PROTO_FRAGMENT, PROTO_HOPOPTS, PROTO_ROUTING } from "../abi/protocol";
import { load16, store16, store32 } from "../packet/bytes";
import { Packet } from "../packet/packet";
import { random32 } from "../packet/random";
import { completeChecksum } from "./checksum-help";
import { pieceCount, setSize, sizeOf } from "./fragment-sizes";
import { beginFrame, endFrame } from "./frame";
import { setHeaderChecksum } from "./header";
import { sendIcmpError } from "./icmp";
import { sendIcmpv6Error } from "./icmp6";
import { clearUncopiedOptions } from "./options";
import { hasHomeAddress } from "./options6";

const UNREACHABLE: u32 = 3;
const FRAGMENTATION_NEEDED: u32 = 4;
const TOO_BIG6: u32 = 2;
const IPV6_MIN_MTU: u32 = 1280;

const DONT_FRAGMENT: u32 = 0x4000;
const MORE_FRAGMENTS: u32 = 0x2000;

/** Sends an IPv4 packet in pieces (ip_fragment, ip_do_fragment, net/ipv4/ip_output.c). */
export function fragment4(packet: Packet): Reason {
  const flags = load16(packet.data + 6);
  let mtu = packet.routeMtu;
  if (flags & DONT_FRAGMENT && (!packet.ignoreDf || packet.fragMaxSize > mtu)) {
    sendIcmpError(packet, UNREACHABLE, FRAGMENTATION_NEEDED, mtu);
    return Reason.TooBig;
  }
  // Only here: an error about the packet quotes its checksum as unfinished as it is.
  if (packet.partialChecksum) completeChecksum(packet);
  if (packet.fragMaxSize != 0) mtu = min(mtu, packet.fragMaxSize);
  const header: u32 = (<u32>load<u8>(packet.data) & 15) * 4;
  if (mtu < header + 8) return Reason.TooBig;
  const room = mtu - header;
  if (!packet.isFragment && keepsPieces(packet, packet.length - header, room)) {
    sendPieces4(packet, header);
  } else {
    cut4(packet, header, room, flags);
  }
  return Reason.None;
}

/** Do the pieces that a datagram came in still fit (the fast path's geometry)? */
function keepsPieces(packet: Packet, payload: u32, room: u32): bool {
  const count = pieceCount(packet);
  let total: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const size = sizeOf(packet, i);
    if (size > room || (size & 7 && i + 1 < count)) return false;
    total += size;
  }
  return count != 0 && total == payload;
}

/** The pieces lose DF, as the kernel's fast path writes the whole field anew. */
function sendPieces4(packet: Packet, header: u32): void {
  const count = pieceCount(packet);
  let offset: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const size = sizeOf(packet, i);
    piece4(packet, header, offset, size, (offset >> 3) | (i + 1 < count ? MORE_FRAGMENTS : 0));
    offset += size;
  }
}

/** The slow path: as large as possible. A fragment that is cut again keeps its place in the datagram. */
function cut4(packet: Packet, header: u32, room: u32, flags: u32): void {
  const payload = packet.length - header;
  const start = flags & 0x1fff;
  const dontFragment: u32 = packet.fragDf ? DONT_FRAGMENT : 0;
  let offset: u32 = 0;
  while (offset < payload) {
    const left = payload - offset;
    const size = left > room ? room & ~7 : left;
    const more: u32 = left > size || flags & MORE_FRAGMENTS ? MORE_FRAGMENTS : 0;
    piece4(packet, header, offset, size, (start + (offset >> 3)) | dontFragment | more);
    offset += size;
  }
}

function piece4(packet: Packet, header: u32, offset: u32, size: u32, field: u32): void {
  const there = capturedOf(packet, header + offset, size);
  const to = beginFrame(packet, header + size, header + there);
  if (to == 0) return;
  memory.copy(to, packet.data, header);
  memory.copy(to + header, packet.data + header + offset, there);
  if (field & 0x1fff && header > 20) clearUncopiedOptions(to);
  store16(to + 2, header + size);
  store16(to + 6, field);
  setHeaderChecksum(to);
  endFrame(packet, header + size, header + there);
}

/** How much of a piece the capture kept. */
function capturedOf(packet: Packet, from: u32, size: u32): u32 {
  if (packet.captured <= from) return 0;
  return min(packet.captured - from, size);
}

/** Where the part that every fragment repeats ends, and where its last "next header" byte lies (ip6_find_1stfragopt). */
let nextHeaderAt: u32 = 0;

function findFragmentable(packet: Packet): u32 {
  const data = packet.data;
  let at: u32 = 40;
  let sawRouting = false;
  nextHeaderAt = 6;
  while (at <= packet.captured) {
    const next: u32 = load<u8>(data + nextHeaderAt);
    const isOptions = next == PROTO_DSTOPTS;
    if (next != PROTO_HOPOPTS && next != PROTO_ROUTING && !isOptions) return at;
    if (isOptions && sawRouting && !hasHomeAddress(packet, at)) return at;
    if (next == PROTO_ROUTING) sawRouting = true;
    if (at + 2 > packet.captured) return 0;
    nextHeaderAt = at;
    at += (<u32>load<u8>(data + at, 1) + 1) << 3;
  }
  return 0;
}

/** Sends an IPv6 packet in pieces (ip6_fragment, net/ipv6/ip6_output.c); only what was reassembled here may be. */
export function fragment6(packet: Packet): Reason {
  const header = findFragmentable(packet);
  if (header == 0) return Reason.BadOptions;
  let mtu = packet.routeMtu;
  const isTooBig = (!packet.ignoreDf && packet.length > mtu) || packet.fragMaxSize > mtu;
  if (packet.fragMaxSize != 0 && !isTooBig) mtu = max(packet.fragMaxSize, IPV6_MIN_MTU);
  if (isTooBig || mtu < header + 16) {
    sendIcmpv6Error(packet, TOO_BIG6, 0, mtu);
    return Reason.TooBig;
  }
  if (packet.partialChecksum) completeChecksum(packet);
  const room = mtu - header - 8;
  const identification = random32();
  const payload = packet.length - header;
  const keep = sizeFirst6(packet, payload) && keepsPieces(packet, payload, room);
  let offset: u32 = 0;
  for (let i: u32 = 0; offset < payload; i++) {
    const left = payload - offset;
    const size = keep ? sizeOf(packet, i) : left > room ? room & ~7 : left;
    piece6(packet, header, offset, size, identification);
    offset += size;
  }
  return Reason.None;
}

/**
 * Reassembly may have found the fragment header elsewhere than it goes now: the first piece takes the headers between. @returns
 * false where it has not all of them.
 */
function sizeFirst6(packet: Packet, payload: u32): bool {
  const count = pieceCount(packet);
  if (count == 0) return false;
  let behind: u32 = 0;
  for (let i: u32 = 1; i < count; i++) behind += sizeOf(packet, i);
  if (behind > payload) return false;
  setSize(packet, 0, payload - behind);
  return true;
}

function piece6(packet: Packet, header: u32, offset: u32, size: u32, identification: u32): void {
  const there = capturedOf(packet, header + offset, size);
  const to = beginFrame(packet, header + 8 + size, header + 8 + there);
  if (to == 0) return;
  memory.copy(to, packet.data, header);
  const fragment = to + header;
  const isLast = header + offset + size == packet.length;
  store<u8>(fragment, load<u8>(to + nextHeaderAt));
  store<u8>(fragment, 0, 1);
  store16(fragment + 2, offset | (isLast ? 0 : 1));
  store32(fragment + 4, identification);
  store<u8>(to + nextHeaderAt, PROTO_FRAGMENT);
  store16(to + 4, header + 8 + size - 40);
  memory.copy(fragment + 8, packet.data + header + offset, there);
  endFrame(packet, header + 8 + size, header + 8 + there);
}
