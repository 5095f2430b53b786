import { Origin } from "./abi/netfilter";
import { expireAllEntries, hashFlow, touchFlow, touchFlowBucket, touchFlowEnd } from "./conntrack/index";
import { drainBacklog, receive, runTimers, sendFromNode } from "./hooks/walk";
import { endLesson } from "./iptables/learning";
import { ipvsActive, touchConnection } from "./ipvs/index";
import { beginLookups } from "./ipvs/lookups";
import { advanceTo, nowNs } from "./packet/clock";
import { config } from "./packet/config";
import { Packet, wrapPacket } from "./packet/packet";
import { attributeTo } from "./trace/attribution";
import { events, frames, totals } from "./trace/output";

/**
 * A packet of the capture as the host writes it into a chunk: this header, the link header, the packet, then padding
 * to 8 bytes.
 */
@unmanaged
export class InputRecord {
  timeNs: u64;
  /** Bytes of this record, header and padding included. */
  size: u32;
  /** Number in the capture, from 1. */
  number: u32;
  /** Device where the packet arrives; 0: the node itself sends it. */
  device: u32;
  /** Bytes of link header before the IP header. */
  macLength: u32;
  /** Length of the packet on the wire, without link header, and how much of it was captured. */
  length: u32;
  captured: u32;
  /** 4 or 6: what the link header says. */
  family: u8;
  /** A `PacketType`. */
  packetType: u8;
  /** Is it an aggregate of several segments (GSO/GRO)? */
  aggregate: u8;
  /** Is its transport checksum only begun (the sender's card would have completed it)? */
  partialChecksum: u8;
  /** A local packet that its socket had sent already: nothing is refused or filled in. */
  wasSent: u8;
}

export const INPUT_RECORD_SIZE: u32 = (<u32>offsetof<InputRecord>() + 7) & ~7;

/** The host drains the frames when there are more than this; a packet can make up to 64 KiB of them. */
const FRAMES_LIMIT: u32 = 4 << 20;

/**
 * Sends the packets of a chunk through the node, in order.
 *
 * @param chunk address of the first `InputRecord`; the packets are rewritten in place.
 * @returns how many bytes were consumed: fewer than `length` when the output buffers want draining.
 */
export function processChunk(chunk: usize, length: u32): u32 {
  let at = chunk;
  const end = chunk + length;
  let ahead = chunk;
  while (at < end) {
    if (at == ahead && config.batch > 1) ahead = lookAhead(at, end);
    const record = changetype<InputRecord>(at);
    processRecord(record);
    at += record.size;
    if (frames.used > FRAMES_LIMIT) break;
  }
  return <u32>(at - chunk);
}

/** Lets virtual time go on to `ns` without a packet. */
export function runUntil(ns: u64): void {
  advanceTo(ns);
  expire();
  expireAllEntries();
}

/** Number of the packet that came last. */
let lastNumber: u32 = 0;

/** What timers send (a fragment's time is over) counts as caused by the last packet, as it does in a capture. */
function expire(): void {
  const firstFrame = frames.used;
  const firstEvent = events.used;
  runTimers();
  drainBacklog();
  attributeTo(lastNumber, firstFrame, firstEvent);
}

function processRecord(record: InputRecord): void {
  if (record.timeNs < nowNs) totals.backwards += 1;
  advanceTo(record.timeNs);
  expire();
  totals.packets += 1;
  endLesson();
  beginLookups();
  lastNumber = record.number;
  const packet = packetOf(record);
  if (record.device == 0) sendFromNode(packet, record.wasSent != 0);
  else receive(packet);
  drainBacklog();
}

function packetOf(record: InputRecord): Packet {
  const mac = changetype<usize>(record) + INPUT_RECORD_SIZE;
  const packet = wrapPacket(mac + record.macLength, record.length, record.captured);
  packet.mac = mac;
  packet.macLength = record.macLength;
  packet.family = record.family;
  packet.packetType = record.packetType;
  packet.aggregate = record.aggregate;
  packet.partialChecksum = record.partialChecksum;
  packet.inDevice = record.device;
  packet.origin = <u8>(record.device == 0 ? Origin.Local : Origin.Received);
  packet.number = record.number;
  return packet;
}

/** Most packets that are looked at ahead, and the hashes of their tuples. */
const MAX_BATCH: u32 = 256;
const hashes = memory.data(2048, 8);

/** Shortest captured part with both ports, behind a header without options. */
const HASHED_BYTES_4: u32 = 24;
const HASHED_BYTES_6: u32 = 44;

/**
 * Fetches the memory that the next packets will need, so that its delays overlap (idea 4). Nothing is decided here: each
 * packet looks up for itself when its turn comes.
 *
 * @returns the first record behind the batch.
 */
function lookAhead(first: usize, end: usize): usize {
  const limit = min(config.batch, MAX_BATCH);
  let at = first;
  let count: u32 = 0;
  for (; count < limit && at < end; count++) {
    const record = changetype<InputRecord>(at);
    const header = at + INPUT_RECORD_SIZE + record.macLength;
    const needed = record.family == 4 ? HASHED_BYTES_4 : HASHED_BYTES_6;
    const hash = record.captured >= needed ? hashFlow(header, record.family) : 0;
    store<u64>(hashes + (count << 3), hash);
    touchFlowBucket(hash);
    if (record.captured >= needed && ipvsActive(record.family)) touchConnection(header, record.family);
    at += record.size;
  }
  for (let i: u32 = 0; i < count; i++) touchFlow(load<u64>(hashes + (i << 3)));
  for (let i: u32 = 0; i < count; i++) touchFlowEnd(load<u64>(hashes + (i << 3)));
  return at;
}
