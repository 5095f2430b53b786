import { CtEvent, IPS_ASSURED, IPS_FIXED_TIMEOUT, IPS_SEEN_REPLY, TcpState } from "../abi/conntrack";
import { Hook } from "../abi/netfilter";
import { PROTO_TCP } from "../abi/protocol";
import { load16, load32 } from "../packet/bytes";
import { hz } from "../packet/clock";
import { config } from "../packet/config";
import { Packet } from "../packet/packet";
import { setAssured } from "./assured";
import { verifyChecksum } from "./checksum";
import { ctRemainingTicks, PROTOCOL_PART } from "./entry";
import { noteEvent } from "./event";
import { kill, killCounting, refresh, setTimeout } from "./lifetime";
import { noteOpenFlow } from "./open-flows";
import {
  TCP_BE_LIBERAL,
  TCP_CLOSE_INIT,
  TCP_DATA_UNACKNOWLEDGED,
  TCP_EXPECT_CHALLENGE,
  TCP_MAXACK_SET,
  TCP_SACK_PERM,
  TCP_SIMULTANEOUS_OPEN,
  TCP_WINDOW_SCALE,
  TcpEntry,
  TcpIndex,
} from "./tcp-entry";
import { noteSynOptions, readSynOptions, synFlags, synScale } from "./tcp-options";
import { areFlagsValid, nextTcpState, TCP_IGNORE, TCP_INVALID } from "./tcp-states";
import { checkWindow, segmentEnd, Window } from "./tcp-window";
import { tcpTimeout } from "./timeouts";
import { Tracking } from "./tracking";
import { keepsAfterReset } from "./versions";

/** Connection tracking of TCP (net/netfilter/nf_conntrack_proto_tcp.c, spec conntrack.md section 10). */
export function trackTcp(entry: TcpEntry, packet: Packet, hook: Hook): Tracking {
  if (!isSound(packet, hook)) return Tracking.Invalid;
  const index = indexOf(load<u8>(packet.transport, 13));
  if (!entry.isConfirmed && !begin(entry, packet, index)) return Tracking.Invalid;

  const direction: u32 = packet.isReply ? 1 : 0;
  let oldState: u32 = entry.state;
  let newState = nextTcpState(direction, index, oldState);
  let inWindow: bool = false;

  if (newState == TCP_INVALID) return Tracking.Invalid;
  if (newState == TCP_IGNORE || (newState == TcpState.SynSent && oldState >= <u32>TcpState.TimeWait)) {
    if (newState == TcpState.SynSent && mayReopen(entry, direction)) {
      return kill(entry) ? Tracking.Repeat : Tracking.Drop;
    }
    if (!answersIgnoredSyn(entry, packet, index, direction)) {
      noteIgnored(entry, packet, index, direction);
      return Tracking.Accept;
    }
    synchronise(entry, direction);
    oldState = TcpState.SynSent;
    newState = TcpState.SynRecv;
  } else if (newState == TcpState.TimeWait) {
    if (isChallengeAck(entry, index, direction)) {
      entry.lastFlags &= <u8>~TCP_EXPECT_CHALLENGE;
      return Tracking.Accept;
    }
  } else if (newState == TcpState.SynSent2) {
    entry.lastFlags |= <u8>TCP_SIMULTANEOUS_OPEN;
  } else if (newState == TcpState.SynRecv) {
    if (direction == 1 && index == TcpIndex.Ack && entry.lastFlags & TCP_SIMULTANEOUS_OPEN) {
      newState = TcpState.Established;
    }
  } else if (newState == TcpState.Close && index == TcpIndex.Rst) {
    const judged = judgeReset(entry, packet, direction);
    if (judged == ResetJudgement.Invalid) return Tracking.Invalid;
    if (judged == ResetJudgement.Inexact) newState = oldState;
    inWindow =
      judged == ResetJudgement.Closing ||
      (judged != ResetJudgement.CheckWindow && answersLetThrough(entry, packet, direction, oldState));
  }

  if (!inWindow) {
    const window = checkWindow(entry, direction, index, packet);
    if (window == Window.Ignore) return Tracking.Accept;
    if (window == Window.Invalid) {
      shortenIfClosing(entry, direction, index);
      return Tracking.Invalid;
    }
  }
  return accept(entry, packet, index, direction, oldState, newState);
}

/** Header whole, checksum right, flags possible (tcp_error). */
function isSound(packet: Packet, hook: Hook): bool {
  if (!packet.hasTransport(20) || !packet.hasCaptured(20)) return false;
  const header = packet.transport;
  const size = (<u32>load<u8>(header, 12) >> 4) << 2;
  if (size < 20 || packet.transportLength < size) return false;
  if (hook == Hook.PreRouting && config.conntrackChecksum) {
    if (!verifyChecksum(packet, PROTO_TCP, packet.transportLength)) return false;
  }
  return areFlagsValid(load<u8>(header, 13));
}

function indexOf(flags: u32): TcpIndex {
  if (flags & 4) return TcpIndex.Rst;
  if (flags & 2) return flags & 16 ? TcpIndex.SynAck : TcpIndex.Syn;
  if (flags & 1) return TcpIndex.Fin;
  return flags & 16 ? TcpIndex.Ack : TcpIndex.None;
}

/** The first packet of a connection (tcp_new): a SYN, or with tcp_loose an ACK of one that has long been open. */
function begin(entry: TcpEntry, packet: Packet, index: TcpIndex): bool {
  const state = nextTcpState(0, index, TcpState.None);
  // A reset may well come late, for a connection that has been closed and forgotten.
  if (state != TcpState.SynSent && index != TcpIndex.Rst) noteOpenFlow(entry, packet);
  if (state == TCP_INVALID || state == TCP_IGNORE) return false;
  if (state != TcpState.SynSent && !config.tcpLoose) return false;
  memory.fill(changetype<usize>(entry) + PROTOCOL_PART, 0, 127 - PROTOCOL_PART);
  entry.state = <u8>TcpState.None;
  const sender = entry.side(0);
  const window = load16(packet.transport + 14);
  sender.end = segmentEnd(packet);
  sender.maxWindow = window == 0 ? 1 : window;
  if (state == TcpState.SynSent) {
    sender.maxEnd = sender.end;
    noteSynOptions(entry, 0, packet);
  } else {
    sender.maxEnd = sender.end + sender.maxWindow;
    // Scaling is unknown, so windows cannot be checked.
    entry.flags0 = <u8>(TCP_SACK_PERM | TCP_BE_LIBERAL);
    entry.flags1 = entry.flags0;
  }
  entry.lastIndex = <u8>TcpIndex.None;
  return true;
}

/** A SYN on a connection that is over: closed in order, or reset by the same side. */
function mayReopen(entry: TcpEntry, direction: u32): bool {
  if ((entry.flags0 | entry.flags1) & TCP_CLOSE_INIT) return true;
  return entry.lastDirection == direction && entry.lastIndex == TcpIndex.Rst;
}

/** A SYN/ACK for a SYN that was let through: both ends agree, only the entry was out of date. */
function answersIgnoredSyn(entry: TcpEntry, packet: Packet, index: TcpIndex, direction: u32): bool {
  return (
    index == TcpIndex.SynAck &&
    entry.lastIndex == TcpIndex.Syn &&
    entry.lastDirection != direction &&
    load32(packet.transport + 8) == entry.lastEnd
  );
}

/** Takes over what was noted of the SYN that was let through. */
function synchronise(entry: TcpEntry, direction: u32): void {
  const opener: u32 = entry.lastDirection;
  const side = entry.side(opener);
  side.end = entry.lastEnd;
  side.maxEnd = entry.lastEnd;
  side.maxWindow = entry.lastWindow == 0 ? 1 : entry.lastWindow;
  entry.setScale(opener, entry.lastScale);
  entry.lastFlags &= <u8>~TCP_EXPECT_CHALLENGE;
  entry.setFlags(opener, entry.lastFlags);
  const answerer = entry.side(direction);
  answerer.end = 0;
  answerer.maxEnd = 0;
  answerer.maxWindow = 0;
  answerer.maxAck = 0;
  entry.setScale(direction, 0);
  entry.setFlags(direction, entry.flags(direction) & TCP_BE_LIBERAL);
}

/** Remembers a packet that is let through, to understand the answer. */
function noteIgnored(entry: TcpEntry, packet: Packet, index: TcpIndex, direction: u32): void {
  const header = packet.transport;
  entry.lastIndex = <u8>index;
  entry.lastDirection = <u8>direction;
  entry.lastSeq = load32(header + 4);
  entry.lastEnd = segmentEnd(packet);
  entry.lastWindow = <u16>load16(header + 14);
  if (index == TcpIndex.Syn && direction == 0) {
    entry.lastFlags = 0;
    entry.lastScale = 0;
    if (readSynOptions(packet)) {
      entry.lastFlags = <u8>synFlags;
      if (synFlags & TCP_WINDOW_SCALE) entry.lastScale = <u8>synScale;
    }
    if (entry.state == TcpState.LastAck) entry.lastFlags |= <u8>TCP_EXPECT_CHALLENGE;
  }
  if (entry.state == TcpState.SynSent && index == TcpIndex.Ack && direction == 1) {
    entry.lastAck = load32(header + 8);
  }
}

/** In LAST_ACK, an ACK that answers a stray SYN (RFC 5961) is not the one for the FIN. */
function isChallengeAck(entry: TcpEntry, index: TcpIndex, direction: u32): bool {
  return (
    entry.state == TcpState.LastAck &&
    index == TcpIndex.Ack &&
    entry.lastDirection != direction &&
    entry.lastIndex == TcpIndex.Syn &&
    (entry.lastFlags & TCP_EXPECT_CHALLENGE) != 0
  );
}

/** What a reset is, before the window is looked at. */
enum ResetJudgement {
  /** The connection is closing already: accepted as it is. */
  Closing = 0,
  Invalid = 1,
  /** The window decides. */
  CheckWindow = 2,
  /** Within the window but not at its edge: the connection stays, the other end may answer with a challenge. */
  Inexact = 3,
  /** Nothing known to judge it by. */
  Unknown = 4,
}

function judgeReset(entry: TcpEntry, packet: Packet, direction: u32): ResetJudgement {
  if (isClosing(entry.state)) return ResetJudgement.Closing;
  const other = direction ^ 1;
  if (!(entry.flags(other) & TCP_MAXACK_SET) || entry.lastIndex == TcpIndex.Syn) return ResetJudgement.Unknown;
  const seq = load32(packet.transport + 4);
  const maxAck = entry.side(other).maxAck;
  const established = entry.state == TcpState.Established && (entry.status & IPS_ASSURED) != 0;
  if (seq == 0 && !established) return ResetJudgement.CheckWindow;
  if (<i32>(seq - maxAck) < 0 && !config.tcpIgnoreInvalidRst) return ResetJudgement.Invalid;
  if (!established || seq == maxAck) return ResetJudgement.CheckWindow;
  // Right behind data that the same side just sent.
  if (entry.lastIndex == TcpIndex.Ack && entry.lastDirection == direction && seq == entry.lastEnd) {
    return ResetJudgement.CheckWindow;
  }
  return ResetJudgement.Inexact;
}

/** States that may be dropped first when the table is full (tcp_can_early_drop). */
export function isClosing(state: u32): bool {
  return state >= <u32>TcpState.FinWait && state <= <u32>TcpState.Close;
}

/** A reset that answers a SYN or ACK which was let through: the window knows nothing of those. */
function answersLetThrough(entry: TcpEntry, packet: Packet, direction: u32, oldState: u32): bool {
  const status: u32 = entry.status;
  const seen = (status & IPS_SEEN_REPLY) != 0 && entry.lastIndex == TcpIndex.Syn && entry.lastDirection != direction;
  const early = (status & IPS_ASSURED) == 0 && entry.lastIndex == TcpIndex.Ack;
  if ((seen || early) && load32(packet.transport + 8) == entry.lastEnd) return true;
  return (
    oldState == TcpState.SynSent &&
    entry.lastIndex == TcpIndex.Ack &&
    entry.lastDirection == 1 &&
    load32(packet.transport + 4) == entry.lastAck
  );
}

/** FIN or RST outside the window, from both sides: the connection is probably over (nf_tcp_handle_invalid). */
function shortenIfClosing(entry: TcpEntry, direction: u32, index: TcpIndex): void {
  if (!(entry.status & IPS_ASSURED) || entry.status & IPS_FIXED_TIMEOUT) return;
  if (index != TcpIndex.Rst && index != TcpIndex.Fin) return;
  const lastCloses = entry.lastIndex == TcpIndex.Fin || entry.lastIndex == TcpIndex.Rst;
  if (entry.lastDirection == direction || !lastCloses) {
    entry.lastIndex = <u8>index;
    entry.lastDirection = <u8>direction;
    return;
  }
  const left = <u32>ctRemainingTicks(changetype<usize>(entry));
  if (left < 120 * hz) return;
  const shortened = config.tcpTimeoutUnacknowledged * hz;
  if (left > shortened) setTimeout(entry, shortened);
}

/** The packet is part of the connection: new state, timeout, ASSURED. */
function accept(
  entry: TcpEntry,
  packet: Packet,
  index: TcpIndex,
  direction: u32,
  oldState: u32,
  newState: u32,
): Tracking {
  entry.lastIndex = <u8>index;
  entry.lastDirection = <u8>direction;
  entry.state = <u8>newState;
  if (oldState != newState && newState == TcpState.FinWait) {
    entry.setFlags(direction, entry.flags(direction) | TCP_CLOSE_INIT);
  }
  let timeout = timeoutFor(entry, index, newState);
  if (newState != oldState) noteEvent(entry, CtEvent.ProtoInfo);
  if (!(entry.status & IPS_SEEN_REPLY)) {
    if (index == TcpIndex.Rst) {
      // A connection that was refused.
      killCounting(entry, packet);
      return Tracking.Accept;
    }
    // A repeated SYN does not keep an unanswered entry alive.
    if (index == TcpIndex.Syn && oldState == TcpState.SynSent) return Tracking.Accept;
    if (newState == TcpState.Established) timeout = min(timeout, config.tcpTimeoutUnacknowledged * hz);
  } else if (!(entry.status & IPS_ASSURED) && newState == TcpState.Established) {
    if (oldState == TcpState.SynRecv || oldState == TcpState.Established) setAssured(entry);
  }
  refresh(entry, packet, timeout);
  return Tracking.Accept;
}

function timeoutFor(entry: TcpEntry, index: TcpIndex, state: u32): u32 {
  const usual = tcpTimeout(state);
  const retransmitting = config.tcpTimeoutMaxRetrans * hz;
  if (entry.retransmissions >= config.tcpMaxRetrans && usual > retransmitting) return retransmitting;
  const unacknowledged = config.tcpTimeoutUnacknowledged * hz;
  if (index == TcpIndex.Rst) {
    if (!keepsAfterReset()) return tcpTimeout(TcpState.Close);
    if (state == TcpState.Established && usual > unacknowledged) return unacknowledged;
  }
  if ((entry.flags0 | entry.flags1) & TCP_DATA_UNACKNOWLEDGED && usual > unacknowledged) return unacknowledged;
  if (entry.lastWindow == 0 && usual > retransmitting) return retransmitting;
  return usual;
}

/** REJECT sent a reset about this connection (nf_conntrack_tcp_set_closing). */
export function setTcpClosing(entry: TcpEntry): void {
  if (!entry.isConfirmed) return;
  const oldState = entry.state;
  entry.state = <u8>TcpState.Close;
  if (oldState == TcpState.Close || entry.status & IPS_FIXED_TIMEOUT) return;
  setTimeout(entry, tcpTimeout(TcpState.Close));
  noteEvent(entry, CtEvent.ProtoInfo);
}
