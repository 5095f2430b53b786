import { Fate, Reason } from "../abi/fate";
import { EventKind, StepKind } from "../abi/trace";
import { lookups } from "../ipvs/lookups";
import { ByteBuffer } from "../memory/byte-buffer";
import { nowNs } from "../packet/clock";
import { config } from "../packet/config";
import { Packet } from "../packet/packet";
import { extendPath } from "./path";

/** What the host gets back for every packet of the capture, and for every packet that it caused: how it ended. */
@unmanaged
export class Ending {
  /** Number of the packet in the capture. */
  number: u32;
  /** Path of the walk, a node of the path trie. */
  path: u32;
  /** Length at the end, without link header. */
  length: u32;
  /** Device through which it left; 0 for none. */
  device: u16;
  /** A `Fate`. */
  fate: u8;
  /** A `Reason`. */
  reason: u8;
  /** An `Origin`. */
  origin: u8;
  ctinfo: u8;
  /** Look-ups in IPVS' hash tables up to here, those for packets that it caused included. */
  lookups: u16;
}

/** A frame that left, or a packet that was delivered: this header, then the bytes, padded to 8. */
@unmanaged
export class OutputFrame {
  /** Bytes of this record, header and padding included. */
  size: u32;
  /** Bytes of the frame that follow. */
  length: u32;
  /** Bytes that the frame had before the capture cut it (as pcapng's original length). */
  originalLength: u32;
  number: u32;
  timeNs: u64;
  /** Device; 0 means delivered to the node (interface `local`). */
  device: u32;
}

export const ENDING_SIZE: u32 = (<u32>offsetof<Ending>() + 7) & ~7;
export const OUTPUT_FRAME_SIZE: u32 = (<u32>offsetof<OutputFrame>() + 7) & ~7;

/** A step of the walk that was recorded; only with `config.record`, but for LOG and Unsupported. */
@unmanaged
export class TraceEvent {
  /** Bytes of this record, header, data and padding included. */
  size: u32;
  /** An `EventKind`. */
  kind: u32;
  number: u32;
  /** A `Hook`, or 255 before and after the hooks. */
  hook: u32;
  inDevice: u32;
  outDevice: u32;
  mark: u32;
  /** The rule, chain, server or reason that the event names. */
  subject: u32;
  /** One more number, as the kind says. */
  detail: u32;
  /** Bytes of packet data that follow (LOG, or with recording: the packet's headers). */
  dataLength: u32;
  /** Bytes of link header before them. */
  macLength: u32;
  /** Length of the packet. */
  packetLength: u32;
  timeNs: u64;
  /** Tells packets apart that are under way at the same time. */
  packet: u32;
  /** The packet's `Origin`. */
  origin: u32;
  /** Ports of a bridge that the packet crosses, 0 for none. */
  bridgeIn: u32;
  bridgeOut: u32;
}

export const TRACE_EVENT_SIZE: u32 = (<u32>offsetof<TraceEvent>() + 7) & ~7;

export const endings = changetype<ByteBuffer>(memory.data(offsetof<ByteBuffer>(), 8));
export const frames = changetype<ByteBuffer>(memory.data(offsetof<ByteBuffer>(), 8));
ByteBuffer.createAt(changetype<usize>(endings), 1 << 18);
ByteBuffer.createAt(changetype<usize>(frames), 1 << 20);
export const events = ByteBuffer.create(1 << 16);

/** Counters that the host shows in its report. */
@unmanaged
export class Totals {
  packets: u64;
  sent: u64;
  delivered: u64;
  dropped: u64;
  missingBytes: u64;
  missingNeighbours: u64;
  helpers: u64;
  backwards: u64;
}

export const totals = changetype<Totals>(memory.data(offsetof<Totals>(), 8));

/** Reports the end of a walk. Every packet ends exactly once; a second call for the same packet is ignored. */
export function endWalk(packet: Packet, fate: Fate, reason: Reason): void {
  if (packet.ended) return;
  packet.ended = 1;
  packet.path = extendPath(packet.path, StepKind.End, (fate << 8) | reason);
  writeEnding(packet, fate, reason);
  if (config.record) recordEvent(packet, EventKind.End, 255, 0, (fate << 8) | reason);
}

/** The same where the end is part of the packet's path already. */
export function endWalkAt(packet: Packet, fate: Fate, reason: Reason): void {
  packet.ended = 1;
  writeEnding(packet, fate, reason);
}

/** Appends an ending whose other fields the caller writes. @inline */
export function appendEnding(fate: Fate, reason: Reason): Ending {
  const ending = changetype<Ending>(endings.append(ENDING_SIZE));
  ending.fate = <u8>fate;
  ending.reason = <u8>reason;
  countFate(fate);
  return ending;
}

function writeEnding(packet: Packet, fate: Fate, reason: Reason): void {
  const ending = appendEnding(fate, reason);
  ending.number = packet.number;
  ending.path = packet.path;
  ending.length = packet.length;
  ending.device = fate == Fate.Sent ? <u16>packet.outDevice : 0;
  ending.origin = packet.origin;
  ending.ctinfo = packet.ct == 0 ? 15 : packet.ctinfo;
  ending.lookups = <u16>min(lookups, <u32>u16.MAX_VALUE);
}

/** @inline */
function countFate(fate: Fate): void {
  if (fate == Fate.Sent) totals.sent += 1;
  else if (fate == Fate.Delivered) totals.delivered += 1;
  else if (fate == Fate.Dropped) totals.dropped += 1;
}

/** The packet is dropped here. */
export function drop(packet: Packet, reason: Reason): void {
  endWalk(packet, Fate.Dropped, reason);
}

/** Appends an event about the packet; `hook` 255 stands for "outside the hooks". */
export function recordEvent(packet: Packet, kind: EventKind, hook: u32, subject: u32, detail: u32): TraceEvent {
  const event = changetype<TraceEvent>(events.append(TRACE_EVENT_SIZE));
  event.size = TRACE_EVENT_SIZE;
  event.kind = kind;
  event.number = packet.number;
  event.hook = hook;
  event.inDevice = packet.inDevice;
  event.outDevice = packet.outDevice;
  event.mark = packet.mark;
  event.subject = subject;
  event.detail = detail;
  event.dataLength = 0;
  event.macLength = 0;
  event.packetLength = packet.length;
  event.timeNs = nowNs;
  event.packet = <u32>changetype<usize>(packet);
  event.origin = packet.origin;
  event.bridgeIn = packet.bridgeIn;
  event.bridgeOut = packet.bridgeOut;
  return event;
}

/** Appends an event with the link header and the first `limit` bytes of the packet behind it. */
export function recordEventWithData(packet: Packet, kind: EventKind, hook: u32, subject: u32, limit: u32): TraceEvent {
  const dataLength = packet.captured < limit ? packet.captured : limit;
  const bytes = packet.macLength + dataLength;
  const size = (TRACE_EVENT_SIZE + bytes + 7) & ~7;
  recordEvent(packet, kind, hook, subject, 0);
  events.append(size - TRACE_EVENT_SIZE);
  // The buffer may have moved.
  const moved = changetype<TraceEvent>(events.start + events.used - size);
  moved.size = size;
  moved.dataLength = dataLength;
  moved.macLength = packet.macLength;
  const data = changetype<usize>(moved) + TRACE_EVENT_SIZE;
  memory.copy(data, packet.mac, packet.macLength);
  memory.copy(data + packet.macLength, packet.data, dataLength);
  return moved;
}

/** Appends an event with bytes of its own in place of the packet's; outside the hooks. */
export function recordEventWithBytes(
  packet: Packet,
  kind: EventKind,
  subject: u32,
  bytes: usize,
  length: u32,
): TraceEvent {
  recordEvent(packet, kind, 255, subject, 0);
  const size = (TRACE_EVENT_SIZE + length + 7) & ~7;
  events.append(size - TRACE_EVENT_SIZE);
  // The buffer may have moved.
  const moved = changetype<TraceEvent>(events.start + events.used - size);
  moved.size = size;
  moved.dataLength = length;
  memory.copy(changetype<usize>(moved) + TRACE_EVENT_SIZE, bytes, length);
  return moved;
}
