import { IPS_ASSURED, IPS_FIXED_TIMEOUT, IPS_NAT_CLASH, IPS_SEQ_ADJUST, TcpState } from "../abi/conntrack";
import { PROTO_TCP, PROTO_UDP } from "../abi/protocol";
import { load16, load32 } from "../packet/bytes";
import { isTransportSound } from "../packet/checksum";
import { hz, nowTicks } from "../packet/clock";
import { config } from "../packet/config";
import { keepAlive } from "./lifetime";
import { TCP_DATA_UNACKNOWLEDGED, TCP_MAXACK_SET, TCP_SACK_PERM, TcpEntry, TcpIndex } from "./tcp-entry";
import { MAX_ACK_WINDOW } from "./tcp-window";
import { UdpEntry } from "./udp";

/**
 * What {@link trackTcp} and {@link trackUdp} come to for most packets of established connections, in one piece (hooks/express). A
 * packet of any other kind changes nothing here, and goes to those.
 *
 * @param data header of 20 bytes of a whole IPv4 packet of `length` bytes, `captured` of them there.
 */
const HEADER: u32 = 20;

const FLAGS: u32 = 0x17;
const FLAG_ACK: u32 = 0x10;
/** Two NOPs and a timestamp, as they lie in memory. */
const TIMESTAMP: u32 = 0x0a080101;
const TIMESTAMP_BYTES: u32 = 12;

/** A segment with nothing but ACK, within both windows, of a connection that is ESTABLISHED and stays so. */
@inline
export function trackSegment(entry: TcpEntry, direction: u32, data: usize, length: u32, captured: u32): bool {
  const status: u32 = entry.status;
  if ((status & (IPS_ASSURED | IPS_FIXED_TIMEOUT | IPS_SEQ_ADJUST)) != IPS_ASSURED) return false;
  if (entry.state != <u8>TcpState.Established || (<u32>load<u8>(data, HEADER + 13) & FLAGS) != FLAG_ACK) return false;
  const size = (<u32>load<u8>(data, HEADER + 12) >> 4) << 2;
  if (size < 20 || HEADER + size > length) return false;
  const other = direction ^ 1;
  let ownFlags = entry.flags(direction);
  let otherFlags = entry.flags(other);
  if (otherFlags & TCP_SACK_PERM && size != 20 && !isTimestamp(data, size, captured)) return false;

  const sender = entry.side(direction);
  const receiver = entry.side(other);
  const seq = load32(data + HEADER + 4);
  const ack = load32(data + HEADER + 8);
  const rawWindow = load16(data + HEADER + 14);
  const end = seq + (length - HEADER - size);
  const sent = sender.end;
  const allowed = sender.maxEnd;
  const received = receiver.end;
  const ownWindow = sender.maxWindow;
  const otherWindow = receiver.maxWindow;
  if (ownWindow == 0 || otherWindow == 0) return false;
  // The four bounds of checkWindow().
  if (<i32>(seq - allowed - 1) >= 0 || <i32>(ack - received - 1) >= 0) return false;
  if (<i32>(end - (sent - otherWindow - 1)) <= 0) return false;
  if (<i32>(ack - (received - max(ownWindow, MAX_ACK_WINDOW) - 1)) <= 0) return false;
  if (!isSound(data, length, captured, PROTO_TCP)) return false;

  const window = rawWindow << entry.scale(direction);
  if (ownWindow < window) sender.maxWindow = window;
  if (<i32>(end - sent) > 0) {
    sender.end = end;
    ownFlags |= TCP_DATA_UNACKNOWLEDGED;
  }
  if (!(ownFlags & TCP_MAXACK_SET) || <i32>(ack - sender.maxAck) > 0) sender.maxAck = ack;
  ownFlags |= TCP_MAXACK_SET;
  if (<i32>(end - allowed) > 0) receiver.maxWindow = otherWindow + (end - allowed);
  if (<i32>(ack + window - (receiver.maxEnd - 1)) > 0) receiver.maxEnd = ack + window + (window == 0 ? 1 : 0);
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

/** timeoutFor() of a segment with ACK alone, in ticks. */
@inline
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

/** Are the options a timestamp alone, in its usual alignment? */
@inline
function isTimestamp(data: usize, size: u32, captured: u32): bool {
  return size == 20 + TIMESTAMP_BYTES && captured >= HEADER + size && load<u32>(data, HEADER + 20) == TIMESTAMP;
}

/** A datagram of a connection that is answered, and ASSURED where it is a stream. */
@inline
export function trackDatagram(entry: UdpEntry, direction: u32, data: usize, length: u32, captured: u32): bool {
  const status: u32 = entry.status;
  const stated = load16(data + HEADER + 4);
  if (status & IPS_FIXED_TIMEOUT || stated < 8 || stated > length - HEADER) return false;
  const isStream = <i32>(<u32>nowTicks - entry.streamFrom) > 0;
  if (isStream && !(status & (IPS_ASSURED | IPS_NAT_CLASH))) return false;
  if (load<u16>(data, HEADER + 6) != 0 && !isSound(data, length, captured, PROTO_UDP)) return false;
  keepAlive(entry, direction, length, (isStream ? config.udpTimeoutStream : config.udpTimeout) * hz);
  return true;
}

/** Is the checksum right, or cannot be judged, or is not asked for? */
@inline
function isSound(data: usize, length: u32, captured: u32, protocol: u32): bool {
  if (!config.conntrackChecksum || !config.verifyChecksums || captured < length) return true;
  return isTransportSound(data, length, protocol);
}
