import { IPS_ASSURED, IPS_FIXED_TIMEOUT, IPS_NAT_CLASH, IPS_SEQ_ADJUST, TcpState } from "../abi/conntrack";
import { PROTO_TCP, PROTO_UDP } from "../abi/protocol";
import { load16 } from "../packet/bytes";
import { isTransportSound } from "../packet/checksum";
import { hz, nowTicks } from "../packet/clock";
import { config } from "../packet/config";
import { TCP_DATA_UNACKNOWLEDGED, TCP_MAXACK_SET, TCP_SACK_PERM, TcpEntry, TcpIndex } from "./tcp-entry";
import { isAfter, MAX_ACK_WINDOW } from "./tcp-window";
import { UdpEntry } from "./udp";

/**
 * What {@link trackTcp} and {@link trackUdp} come to for most packets of established connections, in one piece (hooks/express). A
 * packet of any other kind changes nothing here, and goes to those. Conditions stand alone: the engine makes a value of each
 * that is joined to another. Nothing here is a call: the engine keeps values in memory across each, taken or not.
 *
 * Packets are whole: `data` has a header of `header` bytes, 20 (IPv4) or 40 (IPv6), `length` bytes in all, `captured` of them are
 * there.
 */

/** What is answered for a packet that is of another kind, in place of the ticks that its connection lives on. */
export const NOT_TRACKED: u32 = u32.MAX_VALUE;

// As they lie in memory.
const SIZE: u32 = 0xf0;
const PLAIN_SIZE: u32 = 0x50;
const FLAGS: u32 = 0x1700;
const FLAG_ACK: u32 = 0x1000;
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

/** Where what was last sent and acknowledged stands. */
const LAST: usize = offsetof<TcpEntry>("lastSeq");

/**
 * A segment with nothing but ACK, within both windows, of a connection that is ESTABLISHED and stays so.
 *
 * @param isSummed its checksum has been looked at.
 * @returns the ticks that the connection lives on, for {@link keepAlive}, or NOT_TRACKED.
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
): u32 {
  if ((<u32>entry.status & (IPS_ASSURED | IPS_FIXED_TIMEOUT | IPS_SEQ_ADJUST)) != IPS_ASSURED) return NOT_TRACKED;
  if (entry.state != <u8>TcpState.Established) return NOT_TRACKED;
  const transport = data + header;
  const other = 1 - direction;
  let ownFlags = entry.flags(direction);
  let otherFlags = entry.flags(other);
  // Size of the header in the first byte, flags in the second: most have ACK and no options.
  const word: u32 = load<u16>(transport, 12);
  let size: u32 = 20;
  if ((word & (SIZE | FLAGS)) != (PLAIN_SIZE | FLAG_ACK)) {
    if ((word & FLAGS) != FLAG_ACK) return NOT_TRACKED;
    size = (word & SIZE) >> 2;
    if (size < 20) return NOT_TRACKED;
    if (header + size > length) return NOT_TRACKED;
    if (otherFlags & TCP_SACK_PERM) {
      if (size != 20 + TIMESTAMP_BYTES) return NOT_TRACKED;
      if (captured < header + size) return NOT_TRACKED;
      if (load<u32>(transport, 20) != TIMESTAMP) return NOT_TRACKED;
    }
  }

  const sender = entry.side(direction);
  const receiver = entry.side(other);
  // In host order: from byte 4 on, the sequence number, what is acknowledged, and behind two other bytes the window.
  const raw = v128.load(transport, 4);
  const numbers = v128.shuffle<u8>(raw, raw, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
  const both = <u64>i64x2.extract_lane(numbers, 0);
  const seq = <u32>both;
  const ack = <u32>(both >> 32);
  const rawWindow = <u32>i32x4.extract_lane(numbers, 2) & 0xffff;
  const end = seq + (length - header - size);
  const sent = sender.end;
  const allowed = sender.maxEnd;
  const ownWindow = sender.maxWindow;
  const otherWindow = receiver.maxWindow;
  if (ownWindow == 0) return NOT_TRACKED;
  if (otherWindow == 0) return NOT_TRACKED;
  // The four bounds of checkWindow(), each as a distance that is not negative; "before b + 1" is "not after b".
  const unacknowledged = receiver.end - ack;
  const furthest = max(ownWindow, MAX_ACK_WINDOW);
  const bounds = (allowed - seq) | unacknowledged | (end + otherWindow - sent) | (furthest - unacknowledged);
  if (<i32>bounds < 0) return NOT_TRACKED;
  if (!isSummed) {
    if (!isSound(data, header, length, captured, PROTO_TCP)) return NOT_TRACKED;
  }

  const window = rawWindow << entry.scale(direction);
  if (ownWindow < window) sender.maxWindow = window;
  if (isAfter(end, sent)) {
    sender.end = end;
    ownFlags |= TCP_DATA_UNACKNOWLEDGED;
  }
  if (!(ownFlags & TCP_MAXACK_SET)) sender.maxAck = ack;
  else if (isAfter(ack, sender.maxAck)) sender.maxAck = ack;
  ownFlags |= TCP_MAXACK_SET;
  if (isAfter(end, allowed)) receiver.maxWindow = otherWindow + (end - allowed);
  const reaches = ack + window;
  if (<i32>(reaches - receiver.maxEnd) >= 0) receiver.maxEnd = reaches + (window == 0 ? 1 : 0);
  if (unacknowledged == 0) otherFlags &= ~TCP_DATA_UNACKNOWLEDGED;
  entry.setFlags(direction, ownFlags);
  entry.setFlags(other, otherFlags);

  // Whether it repeats the last one cannot be foretold: no branches.
  const at = changetype<usize>(entry);
  const differs =
    (load<u64>(at, LAST) ^ both) |
    (entry.lastEnd ^ end) |
    (<u32>entry.lastWindow ^ rawWindow) |
    (<u32>entry.lastDirection ^ direction);
  const retransmissions = select<u32>(0, (<u32>entry.retransmissions + 1) & 0xff, differs != 0);
  store<u64>(at, both, LAST);
  entry.lastEnd = end;
  entry.lastWindow = <u16>rawWindow;
  store<u16>(at, <u16>(<u32>TcpIndex.Ack | (direction << 8)), offsetof<TcpEntry>("lastIndex"));
  entry.retransmissions = <u8>retransmissions;
  return timeoutOf(ownFlags | otherFlags, retransmissions, rawWindow);
}

/** timeoutFor() of a segment with ACK alone, in ticks. @inline */
function timeoutOf(flags: u32, retransmissions: u32, window: u32): u32 {
  if (retransmissions >= mostRetransmissions) return retransmittingTicks;
  if (flags & unacknowledgedFlag) return unacknowledgedTicks;
  return window == 0 ? retransmittingTicks : usualTicks;
}

/** A datagram of a connection that is answered, and ASSURED where it is a stream. @param isSummed as above. @inline */
export function trackDatagram(
  entry: UdpEntry,
  data: usize,
  header: u32,
  length: u32,
  captured: u32,
  isSummed: bool,
): u32 {
  const status: u32 = entry.status;
  const stated = load16(data + header + 4);
  if (status & IPS_FIXED_TIMEOUT) return NOT_TRACKED;
  if (stated < 8) return NOT_TRACKED;
  if (stated > length - header) return NOT_TRACKED;
  const isStream = <i32>(<u32>nowTicks - entry.streamFrom) > 0;
  if (isStream) {
    if (!(status & (IPS_ASSURED | IPS_NAT_CLASH))) return NOT_TRACKED;
  }
  if (!isSummed) {
    if (load<u16>(data + header, 6) != 0) {
      if (!isSound(data, header, length, captured, PROTO_UDP)) return NOT_TRACKED;
    }
  }
  return isStream ? streamTicks : datagramTicks;
}

/** Is the checksum right, or cannot be judged, or is not asked for? @inline */
function isSound(data: usize, header: u32, length: u32, captured: u32, protocol: u32): bool {
  if (captured < length) return true;
  if (!verifiesInLane) return true;
  const first: u32 = header == 20 ? 12 : 8;
  return isTransportSound(data + first, header - first, length - header, protocol);
}
