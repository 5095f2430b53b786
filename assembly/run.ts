import { Origin } from "./abi/netfilter";
import { firstPlace, laneOf, lookAhead, macOf, placeBehind, presentReferenceOf } from "./ahead";
import { Entry } from "./conntrack/entry";
import {
  allAreDone,
  allowLooks,
  allowOneLook,
  expireAllEntries,
  hasten,
  isRelieving,
  relieveAllPressure,
} from "./conntrack/index";
import { beginChunk, express4, express6, Passage, passedReference, passedTracking, renewLane } from "./hooks/express";
import { beginPlain, hastening, isPlainOpen, makeRoom, plainCount, plainLast, runPlain } from "./hooks/express-plain";
import { expressUntracked } from "./hooks/express-untracked";
import { drainBacklog, receive, resume, runTimers, sendFromNode } from "./hooks/walk";
import { endLesson } from "./iptables/learning";
import { beginLookups } from "./ipvs/lookups";
import { advanceTo, isInTick, nowNs, nowTicks } from "./packet/clock";
import { config } from "./packet/config";
import { InputRecord } from "./packet/input-record";
import { Packet, wrapPacket } from "./packet/packet";
import { attributeTo } from "./trace/attribution";
import { events, frames, totals } from "./trace/output";

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
  let place: usize = 0;
  /** A packet that is known not to be plain. */
  let refused: usize = 0;
  beginChunk();
  beginPlain();
  while (at < end) {
    if (at == ahead && config.batch > 1) {
      ahead = lookAhead(at, end);
      place = firstPlace();
    }
    const record = changetype<InputRecord>(at);
    begin(record);
    if (at < ahead && at != refused && isPlainOpen && nowTicks == quietTick) {
      makeRoom();
      renewLane();
      const next = runPlain(at, ahead, place);
      if (next != at) {
        at = next;
        place = placeBehind(place, plainCount);
        endPlain();
        if (at < ahead && hastening == 0 && isInTick(changetype<InputRecord>(at).timeNs)) refused = at;
        if (frames.used > FRAMES_LIMIT) break;
        continue;
      }
    }
    totals.packets += 1;
    lastNumber = record.number;
    const lane = at < ahead ? laneOf(place) : 0;
    const passage = lane == 0 ? Passage.Walks : express(lane, record, place);
    if (passage != Passage.Left) walk(record, passage);
    place = placeBehind(place, 1);
    at += record.size;
    if (frames.used > FRAMES_LIMIT) break;
  }
  return <u32>(at - chunk);
}

/** What packets come to that {@link runPlain} has sent, and that concerns all of them; the first one has begun as all packets do. */
function endPlain(): void {
  totals.packets += plainCount;
  totals.sent += plainCount;
  lastNumber = changetype<InputRecord>(plainLast).number;
  allowLooks(plainCount - 1);
  if (hastening != 0) hasten(changetype<Entry>(hastening));
}

/** What has a lane, but is not plain. */
function express(lane: u32, record: InputRecord, place: usize): Passage {
  const mac = macOf(place);
  if (lane == 6) return express6(record, mac, presentReferenceOf(place));
  return config.conntrackActive4 ? express4(record, mac, presentReferenceOf(place)) : expressUntracked(record, mac);
}

/** Lets virtual time go on to `ns` without a packet. */
export function runUntil(ns: u64): void {
  advanceTo(ns);
  expire();
  relieveAllPressure();
  expireAllEntries();
}

/** Number of the packet that came last. */
let lastNumber: u32 = 0;

const NOT_QUIET: u64 = u64.MAX_VALUE;
/** The tick in which all timers have run and no packet has walked since, so that there is none to run. */
let quietTick: u64 = NOT_QUIET;

/** What timers send (a fragment's time is over) counts as caused by the last packet, as it does in a capture. */
function expire(): void {
  const firstFrame = frames.used;
  const firstEvent = events.used;
  runTimers();
  drainBacklog();
  attributeTo(lastNumber, firstFrame, firstEvent);
  quietTick = allAreDone() && !isRelieving() ? nowTicks : NOT_QUIET;
}

/** Lets time go on to the record's, and everything happen that is due before its packet. @inline */
function begin(record: InputRecord): void {
  if (record.timeNs < nowNs) totals.backwards += 1;
  advanceTo(record.timeNs);
  if (nowTicks != quietTick) expire();
  else allowOneLook();
}

function walk(record: InputRecord, passage: Passage): void {
  endLesson();
  beginLookups();
  quietTick = NOT_QUIET;
  const packet = packetOf(record);
  if (passage == Passage.Tracked) resume(packet, passedReference, passedTracking);
  else if (record.device == 0) sendFromNode(packet, record.wasSent != 0);
  else receive(packet);
  drainBacklog();
}

function packetOf(record: InputRecord): Packet {
  const packet = wrapPacket(record.data, record.length, record.captured);
  packet.mac = record.mac;
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
