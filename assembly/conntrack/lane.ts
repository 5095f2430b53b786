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
 * that is joined to another.
 *
 * Packets are whole: `data` has a header of `header` bytes, 20 (IPv4) or 40 (IPv6), `length` bytes in all, `captured` of them are
 * there.
 */

const FLAGS: u32 = 0x17;
const FLAG_ACK: u32 = 0x10;
/** Two NOPs and a timestamp, its usual alignment, as they lie in memory. */
const TIMESTAMP: u32 = 0x0a080101;
const TIMESTAMP_BYTES: u32 = 12;

/** A segment with nothing but ACK, within both windows, of a connection that is ESTABLISHED and stays so. @inline */
export function trackSegment(
  entry: TcpEntry,
  direction: u32,
  data: usize,
  header: u32,
  length: u32,
  captured: u32,
): bool {
  if ((<u32>entry.status & (IPS_ASSURED | IPS_FIXED_TIMEOUT | IPS_SEQ_ADJUST)) != IPS_ASSURED) return false;
  if (entry.state != <u8>TcpState.Established) return false;
  const transport = data + header;
  if ((<u32>load<u8>(transport, 13) & FLAGS) != FLAG_ACK) return false;
  const size = (<u32>load<u8>(transport, 12) >> 4) << 2;
  if (size < 20) return false;
  if (header + size > length) return false;
  const other = direction ^ 1;
  let ownFlags = entry.flags(direction);
  let otherFlags = entry.flags(other);
  if (size != 20 && (otherFlags & TCP_SACK_PERM) != 0) {
    if (size != 20 + TIMESTAMP_BYTES) return false;
    if (captured < header + size) return false;
    if (load<u32>(transport, 20) != TIMESTAMP) return false;
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
  if (ownWindow == 0) return false;
  if (otherWindow == 0) return false;
  // The four bounds of checkWindow().
  if (!isBefore(seq, allowed + 1)) return false;
  if (!isBefore(ack, received + 1)) return false;
  if (!isAfter(end, sent - otherWindow - 1)) return false;
  if (!isAfter(ack, received - max(ownWindow, MAX_ACK_WINDOW) - 1)) return false;
  if (!isSound(data, header, length, captured, PROTO_TCP)) return false;

  const window = rawWindow << entry.scale(direction);
  if (ownWindow < window) sender.maxWindow = window;
  if (isAfter(end, sent)) {
    sender.end = end;
    ownFlags |= TCP_DATA_UNACKNOWLEDGED;
  }
  if (!(ownFlags & TCP_MAXACK_SET) || isAfter(ack, sender.maxAck)) sender.maxAck = ack;
  ownFlags |= TCP_MAXACK_SET;
  if (isAfter(end, allowed)) receiver.maxWindow = otherWindow + (end - allowed);
  if (isAfter(ack + window, receiver.maxEnd - 1)) receiver.maxEnd = ack + window + (window == 0 ? 1 : 0);
  if (ack == received) otherFlags &= ~TCP_DATA_UNACKNOWLEDGED;
  entry.setFlags(direction, ownFlags);
  entry.setFlags(other, otherFlags);
  const isRepeated =
    entry.lastDirection == <u8>direction &&
    entry.lastSeq == seq &&
    entry.lastAck == ack &&
    entry.lastEnd == end &&
    entry.lastWindow == <u16>rawWindow;
  const retransmissions: u32 = isRepeated ? <u32>(<u8>(entry.retransmissions + 1)) : 0;
  entry.lastSeq = seq;
  entry.lastAck = ack;
  entry.lastEnd = end;
  entry.lastWindow = <u16>rawWindow;
  entry.lastIndex = <u8>TcpIndex.Ack;
  entry.lastDirection = <u8>direction;
  entry.retransmissions = <u8>retransmissions;
  keepAlive(entry, direction, length, timeoutOf(ownFlags | otherFlags, retransmissions, rawWindow));
  return true;
}

/** timeoutFor() of a segment with ACK alone, in ticks. @inline */
function timeoutOf(flags: u32, retransmissions: u32, window: u32): u32 {
  const usual = config.tcpTimeoutEstablished * hz;
  const retransmitting = config.tcpTimeoutMaxRetrans * hz;
  if (retransmissions >= config.tcpMaxRetrans && usual > retransmitting) return retransmitting;
  if (flags & TCP_DATA_UNACKNOWLEDGED) {
    const unacknowledged = config.tcpTimeoutUnacknowledged * hz;
    if (usual > unacknowledged) return unacknowledged;
  }
  return window == 0 && usual > retransmitting ? retransmitting : usual;
}

/** A datagram of a connection that is answered, and ASSURED where it is a stream. @inline */
export function trackDatagram(
  entry: UdpEntry,
  direction: u32,
  data: usize,
  header: u32,
  length: u32,
  captured: u32,
): bool {
  const status: u32 = entry.status;
  const stated = load16(data + header + 4);
  if (status & IPS_FIXED_TIMEOUT) return false;
  if (stated < 8) return false;
  if (stated > length - header) return false;
  const isStream = <i32>(<u32>nowTicks - entry.streamFrom) > 0;
  if (isStream && !(status & (IPS_ASSURED | IPS_NAT_CLASH))) return false;
  if (load<u16>(data + header, 6) != 0) {
    if (!isSound(data, header, length, captured, PROTO_UDP)) return false;
  }
  keepAlive(entry, direction, length, (isStream ? config.udpTimeoutStream : config.udpTimeout) * hz);
  return true;
}

/** Is the checksum right, or cannot be judged, or is not asked for? @inline */
function isSound(data: usize, header: u32, length: u32, captured: u32, protocol: u32): bool {
  if (captured < length) return true;
  if (!config.conntrackChecksum) return true;
  if (!config.verifyChecksums) return true;
  const first: u32 = header == 20 ? 12 : 8;
  return isTransportSound(data + first, header - first, length - header, protocol);
}
