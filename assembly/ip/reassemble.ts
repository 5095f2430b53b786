import { Reason } from "../abi/fate";
import { store16 } from "../packet/bytes";
import { extensionSize, newPacket, Packet, parseTransport } from "../packet/packet";
import { FragKind, Fragment, FragQueue, killQueue } from "./frag-queue";
import { reserveSizes, setSize } from "./fragment-sizes";
import { setHeaderChecksum } from "./header";

const CE: u32 = 3;
const DONT_FRAGMENT: u32 = 0x4000;

/** May a datagram have fragments with these ECN fields (bits of the values seen), and is it marked CE (RFC 3168, 5.3)? */
function isBadEcn(seen: u32): bool {
  // Not-ECT beside any other, or beside all.
  return (seen & 1) != 0 && (seen & ~1) != 0;
}

function isMarkedCe(seen: u32): bool {
  return (seen & 8) != 0 && (seen & 6) != 0;
}

/**
 * Makes the whole datagram of a queue's fragments and gives the queue up (ip_frag_reasm, nf_ct_frag6_reasm).
 * @param last the packet that completed it: it becomes the datagram, with the first fragment's headers.
 * @param keepSizes remembers the pieces, for leaving in the same ones.
 */
export function reassemble(queue: FragQueue, last: Packet, keepSizes: bool): Reason {
  const head = changetype<Fragment>(queue.first);
  const isV4 = queue.kind == FragKind.Ipv4;
  // The IPv6 fragment header goes.
  const header = isV4 ? head.header : head.header - 8;
  const isTooLong = isV4 ? header + queue.length > 65535 : header - 40 + queue.length > 65535;
  if (isBadEcn(queue.ecn) || isTooLong) {
    releaseLast(queue, last);
    return Reason.Fragment;
  }
  const whole = newPacket(header + queue.length);
  writeHeader(queue, head.packet, whole.data, header);
  whole.captured = copyPieces(queue, whole.data + header, header);
  if (keepSizes) noteSizes(queue, whole);
  writeFields(queue, whole, header);
  takeOver(queue, last, head.packet, whole);
  return Reason.None;
}

/** The failed datagram's last packet stays with the caller, the others go. */
function releaseLast(queue: FragQueue, last: Packet): void {
  for (let at = queue.first; at != 0; at = changetype<Fragment>(at).next) {
    if (changetype<Fragment>(at).packet == last) changetype<Fragment>(at).packet = newPacket(0);
  }
  killQueue(queue);
}

function writeHeader(queue: FragQueue, first: Packet, to: usize, header: u32): void {
  memory.copy(to, first.data, header);
  if (queue.kind == FragKind.Ipv4) return;
  // The header before the fragment header names what followed it.
  let at: u32 = 6;
  let next: u32 = 40;
  while (next < header) {
    const kind: u32 = load<u8>(to + at);
    at = next;
    next += extensionSize(kind, to + next);
  }
  store<u8>(to + at, load<u8>(first.data + header));
}

/** @returns how much of the datagram was captured without a gap. */
function copyPieces(queue: FragQueue, to: usize, header: u32): u32 {
  let captured = header;
  let isWhole = true;
  for (let at = queue.first; at != 0; at = changetype<Fragment>(at).next) {
    const piece = changetype<Fragment>(at);
    const size = piece.end - piece.offset;
    const kept = piece.packet.captured > piece.header ? piece.packet.captured - piece.header : 0;
    const there = min(size, kept);
    memory.copy(to + piece.offset, piece.packet.data + piece.header, there);
    if (isWhole) captured += there;
    if (there < size) isWhole = false;
  }
  return captured;
}

function noteSizes(queue: FragQueue, whole: Packet): void {
  if (!reserveSizes(whole, queue.count)) return;
  let i: u32 = 0;
  for (let at = queue.first; at != 0; at = changetype<Fragment>(at).next) {
    const piece = changetype<Fragment>(at);
    setSize(whole, i++, piece.end - piece.offset);
  }
}

function writeFields(queue: FragQueue, whole: Packet, header: u32): void {
  const data = whole.data;
  if (queue.kind != FragKind.Ipv4) {
    whole.deliveryOffset = queue.kind == FragKind.Conntrack6 ? header : 0;
    whole.fragMaxSize = queue.kind == FragKind.Conntrack6 ? 40 + queue.maxSize : queue.maxSize;
    store16(data + 4, header - 40 + queue.length);
    if (isMarkedCe(queue.ecn)) store<u8>(data, load<u8>(data, 1) | ((<u8>CE) << 4), 1);
    return;
  }
  whole.fragMaxSize = max(queue.maxDfSize, queue.maxSize);
  whole.fragDf = queue.maxDfSize == queue.maxSize ? 1 : 0;
  store16(data + 2, whole.length);
  store16(data + 6, whole.fragDf ? DONT_FRAGMENT : 0);
  if (isMarkedCe(queue.ecn)) store<u8>(data, load<u8>(data, 1) | <u8>CE, 1);
  setHeaderChecksum(data);
}

/** The last packet gets the datagram's bytes and the first one's link header and marks; its own buffer goes. */
function takeOver(queue: FragQueue, last: Packet, first: Packet, whole: Packet): void {
  const mark = first.mark;
  const macLength = first.macLength;
  const packetType = first.packetType;
  if (first.mac != 0 && macLength != 0) {
    whole.mac = whole.data - macLength;
    memory.copy(whole.mac, first.mac, macLength);
  }
  // The record of `whole` goes with the bytes of `last`, in exchange.
  for (let at = queue.first; at != 0; at = changetype<Fragment>(at).next) {
    if (changetype<Fragment>(at).packet == last) changetype<Fragment>(at).packet = whole;
  }
  swapBytes(last, whole);
  last.mac = macLength != 0 ? last.data - macLength : 0;
  last.macLength = macLength;
  last.mark = mark;
  last.packetType = packetType;
  last.fragMaxSize = whole.fragMaxSize;
  last.fragDf = whole.fragDf;
  last.fragments = whole.fragments;
  last.inDevice = queue.inDevice;
  last.deliveryOffset = whole.deliveryOffset;
  whole.fragments = 0;
  killQueue(queue);
  parseTransport(last);
}

function swapBytes(a: Packet, b: Packet): void {
  const data = a.data;
  const length = a.length;
  const captured = a.captured;
  const buffer = a.buffer;
  const size = a.bufferSize;
  a.data = b.data;
  a.length = b.length;
  a.captured = b.captured;
  a.buffer = b.buffer;
  a.bufferSize = b.bufferSize;
  b.data = data;
  b.length = length;
  b.captured = captured;
  b.buffer = buffer;
  b.bufferSize = size;
}
