import { IPS_SEQ_ADJUST, TcpState } from "../abi/conntrack";
import { load16, load32 } from "../packet/bytes";
import { config } from "../packet/config";
import { Packet } from "../packet/packet";
import { seqOffset } from "./seq-adjust";
import {
  TCP_BE_LIBERAL,
  TCP_DATA_UNACKNOWLEDGED,
  TCP_MAXACK_SET,
  TCP_SACK_PERM,
  TCP_WINDOW_SCALE,
  TcpEntry,
  TcpIndex,
  TcpSide,
} from "./tcp-entry";
import { highestAcknowledged, noteSynOptions } from "./tcp-options";

/** What window tracking says of a segment. */
export enum Window {
  Accept = 0,
  /** Let through, without effect on the entry. */
  Ignore = 1,
  Invalid = 2,
}

const FLAG_RST: u32 = 4;
const FLAG_SYN: u32 = 2;
const FLAG_FIN: u32 = 1;
const FLAG_ACK: u32 = 16;
/** The furthest that an acknowledgement may lie back, at least. */
export const MAX_ACK_WINDOW: u32 = 66000;

/** Sequence numbers are compared modulo 2^32. @inline */
export function isBefore(a: u32, b: u32): bool {
  return <i32>(a - b) < 0;
}

/** @inline */
export function isAfter(a: u32, b: u32): bool {
  return <i32>(b - a) < 0;
}

/** Sequence number behind the segment's last byte; SYN and FIN count as bytes. */
export function segmentEnd(packet: Packet): u32 {
  const header = packet.transport;
  const flags: u32 = load<u8>(header, 13);
  const headerSize = (<u32>load<u8>(header, 12) >> 4) << 2;
  const payload = packet.length - packet.transportOffset - headerSize;
  return load32(header + 4) + payload + ((flags >> 1) & 1) + (flags & FLAG_FIN);
}

/**
 * Is the segment within both windows (tcp_in_window, net/netfilter/nf_conntrack_proto_tcp.c)? Moves the windows on when
 * it is. The idea is that of Guido van Rooij, "Real stateful TCP packet filtering in IP Filter": data may not lie beyond
 * what the receiver allowed nor before what it has long acknowledged, and nothing may be acknowledged that was not sent.
 */
export function checkWindow(entry: TcpEntry, direction: u32, index: TcpIndex, packet: Packet): Window {
  const header = packet.transport;
  const flags: u32 = load<u8>(header, 13);
  const other = direction ^ 1;
  const sender = entry.side(direction);
  const receiver = entry.side(other);
  const rawWindow = load16(header + 14);
  let seq = load32(header + 4);
  let ack = load32(header + 8);
  let end = segmentEnd(packet);
  let sack = entry.flags(other) & TCP_SACK_PERM ? highestAcknowledged(packet, ack) : ack;

  if (entry.status & IPS_SEQ_ADJUST) {
    const shifted = seqOffset(entry, other, ack - 1);
    ack -= shifted;
    sack -= shifted;
  }

  if (sender.maxWindow == 0) {
    if (flags & FLAG_SYN) {
      beginSide(entry, direction, packet, end, rawWindow);
      // Both sides opened at once.
      if (!(flags & FLAG_ACK)) return Window.Accept;
    } else {
      pickUpSide(entry, direction, end, rawWindow, sack);
    }
  } else if (flags & FLAG_SYN && isAfter(end, sender.end) && isOpening(entry)) {
    beginSide(entry, direction, packet, end, rawWindow);
    if (direction == 1 && !(flags & FLAG_ACK)) return Window.Accept;
  }

  if (!(flags & FLAG_ACK) || (flags & FLAG_RST && ack == 0)) ack = sack = receiver.end;
  // A reset that answers a SYN.
  if (flags & FLAG_RST && seq == 0 && entry.state == TcpState.SynSent) seq = end = sender.end;

  const ackWindow = max(sender.maxWindow, MAX_ACK_WINDOW);
  if (!isBefore(seq, sender.maxEnd + 1)) return beyondWindow(entry, direction, end, sack, ackWindow);
  if (!isBefore(sack, receiver.end + 1)) return outside(entry, direction, Window.Invalid);
  if (receiver.maxWindow != 0 && !isAfter(end, sender.end - receiver.maxWindow - 1)) {
    return outside(entry, direction, Window.Ignore);
  }
  if (!isAfter(sack, receiver.end - ackWindow - 1)) return outside(entry, direction, Window.Ignore);

  const window = flags & FLAG_SYN ? rawWindow : rawWindow << entry.scale(direction);
  moveSender(entry, direction, end, window + (sack - ack));
  if (flags & FLAG_ACK) noteAck(entry, direction, sender, ack);
  if (receiver.maxWindow != 0 && isAfter(end, sender.maxEnd)) receiver.maxWindow += end - sender.maxEnd;
  if (isAfter(sack + window, receiver.maxEnd - 1)) receiver.maxEnd = sack + window + (window == 0 ? 1 : 0);
  if (ack == receiver.end) entry.setFlags(other, entry.flags(other) & ~TCP_DATA_UNACKNOWLEDGED);
  if (index == TcpIndex.Ack) countRetransmission(entry, direction, seq, ack, end, rawWindow);
  return Window.Accept;
}

function isOpening(entry: TcpEntry): bool {
  return entry.state == TcpState.SynSent || entry.state == TcpState.SynRecv;
}

/** A side's SYN: its history begins. Scaling needs both sides to offer it (tcp_init_sender). */
function beginSide(entry: TcpEntry, direction: u32, packet: Packet, end: u32, window: u32): void {
  const sender = entry.side(direction);
  sender.end = end;
  sender.maxEnd = end;
  sender.maxWindow = window == 0 ? 1 : window;
  noteSynOptions(entry, direction, packet);
  if (direction == 1 && !(entry.flags(0) & entry.flags(1) & TCP_WINDOW_SCALE)) {
    entry.scale0 = 0;
    entry.scale1 = 0;
  }
}

/** The first segment seen of a side is not its SYN: what the segment says is taken for true. */
function pickUpSide(entry: TcpEntry, direction: u32, end: u32, rawWindow: u32, sack: u32): void {
  const sender = entry.side(direction);
  const receiver = entry.side(direction ^ 1);
  const window = rawWindow << entry.scale(direction);
  sender.end = end;
  sender.maxWindow = window == 0 ? 1 : window;
  sender.maxEnd = end + sender.maxWindow;
  if (receiver.maxWindow == 0) {
    receiver.end = sack;
    receiver.maxEnd = sack;
  } else if (sack == receiver.end + 1) {
    // Probably the answer to a keep-alive.
    receiver.end += 1;
  }
}

/** Data beyond what the receiver allowed; a little too much, with a sensible ACK, is let through and remembered. */
function beyondWindow(entry: TcpEntry, direction: u32, end: u32, sack: u32, ackWindow: u32): Window {
  const sender = entry.side(direction);
  const receiver = entry.side(direction ^ 1);
  const overshoot = end - sender.maxEnd + 1;
  if (
    receiver.maxWindow != 0 &&
    isAfter(end, sender.end - receiver.maxWindow - 1) &&
    isAfter(sack, receiver.end - ackWindow - 1) &&
    overshoot <= receiver.maxWindow &&
    isBefore(sack, receiver.end + 1)
  ) {
    sender.end = end;
    entry.setFlags(direction, entry.flags(direction) | TCP_DATA_UNACKNOWLEDGED);
    return outside(entry, direction, Window.Ignore);
  }
  return outside(entry, direction, Window.Invalid);
}

/** Liberal tracking accepts what lies outside, but moves nothing. */
function outside(entry: TcpEntry, direction: u32, verdict: Window): Window {
  return config.tcpBeLiberal || entry.flags(direction) & TCP_BE_LIBERAL ? Window.Accept : verdict;
}

function moveSender(entry: TcpEntry, direction: u32, end: u32, window: u32): void {
  const sender = entry.side(direction);
  if (sender.maxWindow < window) sender.maxWindow = window;
  if (!isAfter(end, sender.end)) return;
  sender.end = end;
  entry.setFlags(direction, entry.flags(direction) | TCP_DATA_UNACKNOWLEDGED);
}

function noteAck(entry: TcpEntry, direction: u32, sender: TcpSide, ack: u32): void {
  if (!(entry.flags(direction) & TCP_MAXACK_SET)) {
    sender.maxAck = ack;
    entry.setFlags(direction, entry.flags(direction) | TCP_MAXACK_SET);
  } else if (isAfter(ack, sender.maxAck)) {
    sender.maxAck = ack;
  }
}

/** The same segment again, and again: the other side may be gone. */
function countRetransmission(entry: TcpEntry, direction: u32, seq: u32, ack: u32, end: u32, window: u32): void {
  if (
    entry.lastDirection == direction &&
    entry.lastSeq == seq &&
    entry.lastAck == ack &&
    entry.lastEnd == end &&
    entry.lastWindow == window
  ) {
    entry.retransmissions += 1;
    return;
  }
  entry.lastDirection = <u8>direction;
  entry.lastSeq = seq;
  entry.lastAck = ack;
  entry.lastEnd = end;
  entry.lastWindow = <u16>window;
  entry.retransmissions = 0;
}
