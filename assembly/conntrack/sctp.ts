import { CtEvent, SctpState } from "../abi/conntrack";
import { Hook } from "../abi/netfilter";
import { crc32c, crc32cByte } from "../hash/crc32c";
import { ensureWritable } from "../ip/fragment-sizes";
import { load16 } from "../packet/bytes";
import { config } from "../packet/config";
import { Packet } from "../packet/packet";
import { setAssured } from "./assured";
import { isChecksumKnown } from "./checksum";
import { Entry, PROTOCOL_PART } from "./entry";
import { noteEvent } from "./event";
import { refresh } from "./lifetime";
import {
  CHUNK_ABORT,
  CHUNK_COOKIE_ACK,
  CHUNK_COOKIE_ECHO,
  CHUNK_DATA,
  CHUNK_HEARTBEAT,
  CHUNK_HEARTBEAT_ACK,
  CHUNK_INIT,
  CHUNK_INIT_ACK,
  CHUNK_SHUTDOWN_ACK,
  CHUNK_SHUTDOWN_COMPLETE,
  nextSctpState,
  SCTP_INVALID,
} from "./sctp-states";
import { sctpTimeout } from "./timeouts";
import { Tracking } from "./tracking";

/** The SCTP part of an entry (struct ip_ct_sctp). Tags lie as in packets. */
@unmanaged
export class SctpEntry extends Entry {
  tag0: u32;
  tag1: u32;
  /** Was an INIT seen from this side that its answer must match? */
  init0: u8;
  init1: u8;
  heartbeatFailed: u8;
  lastHeartbeatDirection: u8;

  tag(direction: u32): u32 {
    return load<u32>(changetype<usize>(this) + (direction << 2), offsetof<SctpEntry>("tag0"));
  }

  setTag(direction: u32, tag: u32): void {
    store<u32>(changetype<usize>(this) + (direction << 2), tag, offsetof<SctpEntry>("tag0"));
  }

  init(direction: u32): u32 {
    return load<u8>(changetype<usize>(this) + direction, offsetof<SctpEntry>("init0"));
  }

  setInit(direction: u32, value: u32): void {
    store<u8>(changetype<usize>(this) + direction, value, offsetof<SctpEntry>("init0"));
  }
}

const HEADER: u32 = 12;
/** T bit of ABORT and SHUTDOWN COMPLETE: the tag is the sender's own. */
const FLAG_T: u32 = 1;

/** Chunks of the packet under way: bits of the types below 32, and what a chunk asks for. */
let chunkMap: u32 = 0;
let noRefresh: bool = false;

/** Connection tracking of SCTP (net/netfilter/nf_conntrack_proto_sctp.c, spec conntrack.md section 11). */
export function trackSctp(entry: SctpEntry, packet: Packet, hook: Hook): Tracking {
  if (!isSound(packet, hook) || !checkChunks(packet)) return Tracking.Invalid;
  if (!entry.isConfirmed) {
    if (has(CHUNK_ABORT) || has(CHUNK_SHUTDOWN_COMPLETE) || has(CHUNK_COOKIE_ACK)) return Tracking.Invalid;
    if (!begin(entry, packet)) return Tracking.Invalid;
  }
  const direction: u32 = packet.isReply ? 1 : 0;
  const tag = load<u32>(packet.transport, 4);
  if (!hasOwnTagRule() && tag != entry.tag(direction)) return Tracking.Invalid;

  noRefresh = false;
  let newState: u32 = SctpState.None;
  let offset = HEADER;
  while (isChunkThere(packet, offset)) {
    const chunk = packet.transport + offset;
    const type: u32 = load<u8>(chunk);
    const step = checkTag(entry, chunk, type, tag, direction);
    if (step == ChunkStep.Invalid) return Tracking.Invalid;
    if (step == ChunkStep.Go) {
      newState = moveOn(entry, packet, offset, type, direction);
      if (newState == SCTP_INVALID) return Tracking.Invalid;
    }
    offset += (load16(chunk + 2) + 3) & ~3;
  }
  if (!noRefresh) refresh(entry, packet, sctpTimeout(newState));
  return Tracking.Accept;
}

function isSound(packet: Packet, hook: Hook): bool {
  if (!packet.hasTransport(HEADER) || !packet.hasCaptured(HEADER)) return false;
  if (hook != Hook.PreRouting || !config.conntrackChecksum || !isChecksumKnown(packet)) return true;
  ensureWritable(packet, packet.transportOffset + HEADER);
  return load<u32>(packet.transport, 8) == sctpChecksum(packet.transport, packet.transportLength);
}

/** The checksum as it stands in the header (sctp_compute_cksum): its own field counts as zero. */
export function sctpChecksum(header: usize, length: u32): u32 {
  let crc = crc32c(0xffffffff, header, 8);
  for (let i = 0; i < 4; i++) crc = crc32cByte(crc, 0);
  return ~crc32c(crc, header + HEADER, length - HEADER);
}

function isChunkThere(packet: Packet, offset: u32): bool {
  return packet.hasTransport(offset + 4) && packet.hasCaptured(offset + 4);
}

function has(type: u32): bool {
  return (chunkMap & (1 << type)) != 0;
}

/** Which chunks may stand where (do_basic_checks); fills {@link chunkMap}. */
function checkChunks(packet: Packet): bool {
  chunkMap = 0;
  let mustBeAlone = false;
  let count: u32 = 0;
  let offset = HEADER;
  while (isChunkThere(packet, offset)) {
    const chunk = packet.transport + offset;
    const type: u32 = load<u8>(chunk);
    const length = load16(chunk + 2);
    if (type == CHUNK_INIT || type == CHUNK_INIT_ACK || type == CHUNK_SHUTDOWN_COMPLETE) mustBeAlone = true;
    const mustBeFirst = type == CHUNK_COOKIE_ACK || type == CHUNK_COOKIE_ECHO || mustBeAlone;
    if ((mustBeFirst && count != 0) || length == 0) return false;
    if (type < 32) chunkMap |= 1 << type;
    offset += (length + 3) & ~3;
    count += 1;
  }
  return count != 0;
}

/** The first packet of an association (sctp_new). */
function begin(entry: SctpEntry, packet: Packet): bool {
  memory.fill(changetype<usize>(entry) + PROTOCOL_PART, 0, offsetof<SctpEntry>() - PROTOCOL_PART);
  entry.state = <u8>SctpState.None;
  const tag = load<u32>(packet.transport, 4);
  let offset = HEADER;
  while (isChunkThere(packet, offset)) {
    const chunk = packet.transport + offset;
    const type: u32 = load<u8>(chunk);
    const state = nextSctpState(0, type, SctpState.None);
    if (state == SctpState.None || state == SCTP_INVALID) return false;
    if (type == CHUNK_INIT) {
      if (tag != 0 || !isInitThere(packet, offset)) return false;
      entry.tag1 = load<u32>(chunk, 4);
    } else if (type == CHUNK_HEARTBEAT) {
      entry.tag0 = tag;
    } else if (type == CHUNK_SHUTDOWN_ACK) {
      entry.tag1 = tag;
    }
    offset += (load16(chunk + 2) + 3) & ~3;
  }
  return true;
}

/** INIT and INIT ACK bring 16 bytes behind the chunk's header. */
function isInitThere(packet: Packet, offset: u32): bool {
  return packet.hasTransport(offset + 20) && packet.hasCaptured(offset + 20);
}

/** Packets with one of these chunks have a rule of their own for the verification tag (RFC 9260 section 8.5.1). */
function hasOwnTagRule(): bool {
  return (
    has(CHUNK_INIT) ||
    has(CHUNK_SHUTDOWN_COMPLETE) ||
    has(CHUNK_COOKIE_ECHO) ||
    has(CHUNK_ABORT) ||
    has(CHUNK_SHUTDOWN_ACK) ||
    has(CHUNK_HEARTBEAT) ||
    has(CHUNK_HEARTBEAT_ACK)
  );
}

enum ChunkStep {
  Go = 0,
  /** A heartbeat with a strange tag: changes nothing, nor does it keep the entry alive. */
  Skip = 1,
  Invalid = 2,
}

function checkTag(entry: SctpEntry, chunk: usize, type: u32, tag: u32, direction: u32): ChunkStep {
  const other = direction ^ 1;
  const own = entry.tag(direction);
  switch (type) {
    case CHUNK_INIT:
      return tag == 0 ? ChunkStep.Go : ChunkStep.Invalid;
    case CHUNK_ABORT:
    case CHUNK_SHUTDOWN_COMPLETE:
      return tag == (load<u8>(chunk, 1) & FLAG_T ? entry.tag(other) : own) ? ChunkStep.Go : ChunkStep.Invalid;
    case CHUNK_COOKIE_ECHO:
      return tag == own ? ChunkStep.Go : ChunkStep.Invalid;
    case CHUNK_COOKIE_ACK:
      entry.init0 = 0;
      entry.init1 = 0;
      return ChunkStep.Go;
    case CHUNK_HEARTBEAT:
      if (own == 0 || own == tag) return acceptHeartbeat(entry, tag, direction, own);
      if (has(CHUNK_DATA) || noRefresh) return ChunkStep.Invalid;
      entry.heartbeatFailed = 1;
      entry.lastHeartbeatDirection = <u8>direction;
      noRefresh = true;
      return ChunkStep.Skip;
    case CHUNK_HEARTBEAT_ACK:
      if (own == 0 || own == tag) return acceptHeartbeat(entry, tag, direction, own);
      if (has(CHUNK_DATA) || noRefresh) return ChunkStep.Invalid;
      if (!entry.heartbeatFailed || entry.lastHeartbeatDirection == direction) return ChunkStep.Invalid;
      // The path was taken over by an association with other tags.
      entry.heartbeatFailed = 0;
      entry.setTag(direction, tag);
      entry.setTag(other, 0);
      return ChunkStep.Go;
    default:
      return ChunkStep.Go;
  }
}

function acceptHeartbeat(entry: SctpEntry, tag: u32, direction: u32, own: u32): ChunkStep {
  if (own == 0) entry.setTag(direction, tag);
  else entry.heartbeatFailed = 0;
  return ChunkStep.Go;
}

/** The state after a chunk; notes the tags that INIT and INIT ACK announce. @returns SCTP_INVALID to refuse the packet. */
function moveOn(entry: SctpEntry, packet: Packet, offset: u32, type: u32, direction: u32): u32 {
  const other = direction ^ 1;
  const oldState: u32 = entry.state;
  const newState = nextSctpState(direction, type, oldState);
  if (newState == SCTP_INVALID) return SCTP_INVALID;
  if (type == CHUNK_INIT || type == CHUNK_INIT_ACK) {
    if (!isInitThere(packet, offset)) return SCTP_INVALID;
    const announced = load<u32>(packet.transport + offset, 4);
    const known = entry.tag(other);
    if (type == CHUNK_INIT) {
      if (oldState == SctpState.None || known != announced) {
        if (entry.init(direction) && entry.init(other)) entry.setInit(other, 0);
        entry.setInit(direction, 1);
      }
      // A repeated INIT does not keep an unanswered entry alive.
      if (newState == SctpState.Closed && oldState == SctpState.Closed && entry.isConfirmed) noRefresh = true;
    } else {
      if (!entry.init(other) && known != 0 && known != announced) return SCTP_INVALID;
      if (entry.init(direction) && entry.init(other) && known != announced) return SCTP_INVALID;
    }
    entry.setTag(other, announced);
  }
  entry.state = <u8>newState;
  if (oldState != newState) {
    noteEvent(entry, CtEvent.ProtoInfo);
    if (newState == SctpState.Established) setAssured(entry);
  }
  return newState;
}

/** States that may be dropped first when the table is full (sctp_can_early_drop). */
export function isShuttingDown(state: u32): bool {
  return state >= <u32>SctpState.ShutdownSent && state <= <u32>SctpState.ShutdownAckSent;
}
