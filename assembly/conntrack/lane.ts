import { IPS_ASSURED, IPS_FIXED_TIMEOUT, IPS_NAT_CLASH, IPS_SEQ_ADJUST, TcpState } from "../abi/conntrack";
import { PROTO_TCP, PROTO_UDP } from "../abi/protocol";
import { load16 } from "../packet/bytes";
import { isTransportSound } from "../packet/checksum";
import { hz, nowTicks } from "../packet/clock";
import { config } from "../packet/config";
import { keepAlive } from "./lifetime";
import { TCP_DATA_UNACKNOWLEDGED, TCP_MAXACK_SET, TCP_SACK_PERM, TcpEntry, TcpIndex } from "./tcp-entry";
import { isAfter, isBefore, MAX_ACK_WINDOW } from "./tcp-window";
import { UdpEntry } from "./udp";

/**
 * What {@link trackTcp} and {@link trackUdp} come to for most packets of established connections, in one piece (hooks/express). A
 * packet of any other kind changes nothing here, and goes to those. Conditions stand alone: the engine makes a value of each
 * that is joined to another. Nothing here is a call: the engine keeps values in memory across each, taken or not.
 *
 * Packets are whole: `data` has a header of `header` bytes, 20 (IPv4) or 40 (IPv6), `length` bytes in all, `captured` of them are
 * there.
 */

/** What became of the packet. */
export enum Tracked {
  /** Nothing: it is of another kind. */
  No = 0,
  Yes = 1,
  /** It was tracked, and its entry expires sooner than before: `hasten` it. */
  Hastening = 2,
}

const FLAGS: u32 = 0x17;
const FLAG_ACK: u32 = 0x10;
/** Two NOPs and a timestamp, its usual alignment, as they lie in memory. */
const TIMESTAMP: u32 = 0x0a080101;
const TIMESTAMP_BYTES: u32 = 12;

// Timeouts in ticks, of the settings as they were when the chunk began; see timeoutOf().
let usualTicks: u32 = 0;
let retransmittingTicks: u32 = 0;
/** So many retransmissions shorten the timeout. */
let mostRetransmissions: u32 = 0;
let unacknowledgedTicks: u32 = 0;
/** The flag that shortens the timeout; 0 where it would not get shorter. */
let unacknowledgedFlag: u32 = 0;
let datagramTicks: u32 = 0;
let streamTicks: u32 = 0;
/** Are checksums looked at? */
export let verifiesInLane: bool = false;

/** Takes the settings over. */
export function beginTracking(): void {
  usualTicks = config.tcpTimeoutEstablished * hz;
  retransmittingTicks = min(usualTicks, config.tcpTimeoutMaxRetrans * hz);
  mostRetransmissions = usualTicks > retransmittingTicks ? config.tcpMaxRetrans : u32.MAX_VALUE;
  unacknowledgedTicks = config.tcpTimeoutUnacknowledged * hz;
  unacknowledgedFlag = usualTicks > unacknowledgedTicks ? TCP_DATA_UNACKNOWLEDGED : 0;
  datagramTicks = config.udpTimeout * hz;
  streamTicks = config.udpTimeoutStream * hz;
  verifiesInLane = config.conntrackChecksum != 0 && config.verifyChecksums != 0;
}

/** Where the numbers of the last packet begin: sequence, acknowledgement, end, window, then the flags of both sides. */
const LAST: usize = offsetof<TcpEntry>("lastSeq");

/**
 * A segment with nothing but ACK, within both windows, of a connection that is ESTABLISHED and stays so.
 *
 * @param isSummed its checksum has been looked at.
 * @inline
 */
export function trackSegment(
  entry: TcpEntry,
  direction: u32,
  data: usize,
  header: u32,
  length: u32,
  captured: u32,
  isSummed: bool,
): Tracked {
  if ((<u32>entry.status & (IPS_ASSURED | IPS_FIXED_TIMEOUT | IPS_SEQ_ADJUST)) != IPS_ASSURED) return Tracked.No;
  if (entry.state != <u8>TcpState.Established) return Tracked.No;
  const transport = data + header;
  if ((<u32>load<u8>(transport, 13) & FLAGS) != FLAG_ACK) return Tracked.No;
  const size = (<u32>load<u8>(transport, 12) >> 4) << 2;
  if (size < 20) return Tracked.No;
  if (header + size > length) return Tracked.No;
  const other = direction ^ 1;
  let ownFlags = entry.flags(direction);
  let otherFlags = entry.flags(other);
  if (size != 20) {
    if (otherFlags & TCP_SACK_PERM) {
      if (size != 20 + TIMESTAMP_BYTES) return Tracked.No;
      if (captured < header + size) return Tracked.No;
      if (load<u32>(transport, 20) != TIMESTAMP) return Tracked.No;
    }
  }

  const sender = entry.side(direction);
  const receiver = entry.side(other);
  // In host order: from byte 4 on, the sequence number, what is acknowledged, and behind two other bytes the window.
  const raw = v128.load(transport, 4);
  const numbers = v128.shuffle<u8>(raw, raw, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
  const seq = <u32>i32x4.extract_lane(numbers, 0);
  const ack = <u32>i32x4.extract_lane(numbers, 1);
  const rawWindow = <u32>i32x4.extract_lane(numbers, 2) & 0xffff;
  const end = seq + (length - header - size);
  const sent = sender.end;
  const allowed = sender.maxEnd;
  const received = receiver.end;
  const ownWindow = sender.maxWindow;
  const otherWindow = receiver.maxWindow;
  if (ownWindow == 0) return Tracked.No;
  if (otherWindow == 0) return Tracked.No;
  // The four bounds of checkWindow().
  if (!isBefore(seq, allowed + 1)) return Tracked.No;
  if (!isBefore(ack, received + 1)) return Tracked.No;
  if (!isAfter(end, sent - otherWindow - 1)) return Tracked.No;
  if (!isAfter(ack, received - max(ownWindow, MAX_ACK_WINDOW) - 1)) return Tracked.No;
  if (!isSummed) {
    if (!isSound(data, header, length, captured, PROTO_TCP)) return Tracked.No;
  }

  const window = rawWindow << entry.scale(direction);
  if (ownWindow < window) sender.maxWindow = window;
  if (isAfter(end, sent)) {
    sender.end = end;
    ownFlags |= TCP_DATA_UNACKNOWLEDGED;
  }
  const maxAck = sender.maxAck;
  if (!(ownFlags & TCP_MAXACK_SET)) sender.maxAck = ack;
  else if (isAfter(ack, maxAck)) sender.maxAck = ack;
  ownFlags |= TCP_MAXACK_SET;
  if (isAfter(end, allowed)) receiver.maxWindow = otherWindow + (end - allowed);
  if (isAfter(ack + window, receiver.maxEnd - 1)) receiver.maxEnd = ack + window + (window == 0 ? 1 : 0);
  otherFlags = select<u32>(otherFlags & ~TCP_DATA_UNACKNOWLEDGED, otherFlags, ack == received);

  // Whether it repeats the last one cannot be foretold: no branches. What is kept of it is written in one piece.
  const at = changetype<usize>(entry);
  let last = i32x4.replace_lane(numbers, 2, end);
  last = i32x4.replace_lane(last, 3, rawWindow);
  const differences = v128.and(v128.xor(v128.load(at, LAST), last), i32x4(-1, -1, -1, 0xffff));
  const isOther = u32(v128.any_true(differences)) | (<u32>entry.lastDirection ^ direction);
  const retransmissions = select<u32>(0, (<u32>entry.retransmissions + 1) & 0xff, isOther != 0);
  const flags = (ownFlags << (direction << 3)) | (otherFlags << (other << 3));
  v128.store(at, i32x4.replace_lane(last, 3, rawWindow | (flags << 16)), LAST);
  store<u16>(at, <u16>(<u32>TcpIndex.Ack | (direction << 8)), offsetof<TcpEntry>("lastIndex"));
  entry.retransmissions = <u8>retransmissions;
  return kept(keepAlive(entry, timeoutOf(ownFlags | otherFlags, retransmissions, rawWindow)));
}

/** timeoutFor() of a segment with ACK alone, in ticks. @inline */
function timeoutOf(flags: u32, retransmissions: u32, window: u32): u32 {
  if (retransmissions >= mostRetransmissions) return retransmittingTicks;
  if (flags & unacknowledgedFlag) return unacknowledgedTicks;
  return window == 0 ? retransmittingTicks : usualTicks;
}

/** @inline */
function kept(hastens: bool): Tracked {
  return hastens ? Tracked.Hastening : Tracked.Yes;
}

/** A datagram of a connection that is answered, and ASSURED where it is a stream. @param isSummed as above. @inline */
export function trackDatagram(
  entry: UdpEntry,
  data: usize,
  header: u32,
  length: u32,
  captured: u32,
  isSummed: bool,
): Tracked {
  const status: u32 = entry.status;
  const stated = load16(data + header + 4);
  if (status & IPS_FIXED_TIMEOUT) return Tracked.No;
  if (stated < 8) return Tracked.No;
  if (stated > length - header) return Tracked.No;
  const isStream = <i32>(<u32>nowTicks - entry.streamFrom) > 0;
  if (isStream) {
    if (!(status & (IPS_ASSURED | IPS_NAT_CLASH))) return Tracked.No;
  }
  if (!isSummed) {
    if (load<u16>(data + header, 6) != 0) {
      if (!isSound(data, header, length, captured, PROTO_UDP)) return Tracked.No;
    }
  }
  return kept(keepAlive(entry, isStream ? streamTicks : datagramTicks));
}

/** Is the checksum right, or cannot be judged, or is not asked for? @inline */
function isSound(data: usize, header: u32, length: u32, captured: u32, protocol: u32): bool {
  if (captured < length) return true;
  if (!verifiesInLane) return true;
  const first: u32 = header == 20 ? 12 : 8;
  return isTransportSound(data + first, header - first, length - header, protocol);
}
