import { PROTO_TCP, PROTO_UDP } from "./abi/protocol";
import {
  bucketDirectory,
  bucketLimit,
  bucketMask,
  fetchAddresses6,
  fetchFlow,
  findFlow,
  hashFlow,
  hashTuple4,
  touchBucket,
} from "./conntrack/index";
import { ETHERNET, FRAGMENT, fitsLane6, isOrdinary, openLane } from "./hooks/express";
import { addToChains, beginChains, fetchChains } from "./iptables/ahead";
import { addConnection, beginConnections, fetchConnections, ipvsActive } from "./ipvs/index";
import { config } from "./packet/config";
import { NO_DEVICE } from "./packet/device";
import { InputRecord } from "./packet/input-record";

/** What was found of a packet ahead of its turn. */
@unmanaged
class Ahead {
  hash: u64;
  /** Where the hash leads to; the table is not changed while packets are looked at. */
  bucket: usize;
  /** The entry that probably is the packet's, and its direction; 0 for none. */
  reference: usize;
  /** Where its link header lies. */
  mac: usize;
  /** Family of the packet, where it fits the express lane; else 0. */
  lane: u8;
  /** Nobody reads it. */
  fetched: u8;
  /** Family of the packet that a connection of IPVS is looked for, 0 for none, and bytes from `mac` to its header. */
  family: u8;
  macLength: u8;
}

/** Most packets that are looked at ahead. */
export const MAX_BATCH: u32 = 256;
/** Lane, family and link header of what has the lane of IPv4, as they lie in memory. */
const PLAIN_LANE: u32 = 4 | (ETHERNET << 24);
const AHEAD_SIZE: usize = 24;
const places = memory.data(6144, 8);

/** Shortest captured part with both ports, behind a header without options. */
const HASHED_BYTES_4: u32 = 24;
const HASHED_BYTES_6: u32 = 44;

/**
 * Fetches the memory that the next packets will need, so that its delays overlap (idea 4). Nothing is decided here: each
 * packet looks up, or makes sure, for itself when its turn comes.
 *
 * @returns the first record behind the batch.
 */
export function lookAhead(first: usize, end: usize): usize {
  const most = min(config.batch, MAX_BATCH);
  const isOpen4 = openLane(4);
  const isOpen6 = openLane(6);
  const has4 = ipvsActive(4);
  const has6 = ipvsActive(6);
  // What is the same for all of a batch; whatever is written in the loop could be these, as far as the engine knows.
  const plain: u32 = PLAIN_LANE | (has4 ? 4 << 16 : 0);
  const directory = bucketDirectory();
  const mask = bucketMask();
  const limit = bucketLimit();
  const last = places + most * AHEAD_SIZE;
  let at = first;
  let place = places;
  while (place < last && at < end) {
    // As long as packets have the lane of IPv4: conditions that end a loop cost less than one that is a value.
    while (isOpen4) {
      const record = changetype<InputRecord>(at);
      const mac = record.mac;
      const data = mac + ETHERNET;
      if (!isOrdinary(record, 4)) break;
      if (record.macLength != ETHERNET) break;
      if (record.device == NO_DEVICE) break;
      if (load<u8>(data) != 0x45) break;
      // Fragment, TTL and protocol.
      const word = load<u32>(data, 6);
      if (word & FRAGMENT) break;
      if ((word & 0xfe0000) == 0) break;
      const protocol = word >> 24;
      if (protocol == PROTO_TCP) {
        if (record.captured < 40) break;
      } else {
        if (protocol != PROTO_UDP) break;
        if (record.captured < 28) break;
      }
      let hash = record.hash;
      if (hash == 0) hash = hashTuple4(load<u64>(data, 12), load<u32>(data, 20), protocol);
      const to = changetype<Ahead>(place);
      to.mac = mac;
      to.hash = hash;
      to.bucket = touchBucket(directory, mask, limit, hash);
      store<u32>(place, plain, offsetof<Ahead>("lane"));
      place += AHEAD_SIZE;
      at += record.size;
      if (place >= last) break;
      if (at >= end) break;
    }
    if (place >= last || at >= end) break;
    const record = changetype<InputRecord>(at);
    lookAtOther(changetype<Ahead>(place), record, isOpen6, record.family == 4 ? has4 : has6);
    place += AHEAD_SIZE;
    at += record.size;
  }
  const stop = place;
  const hasChains = isOpen4 && beginChains();
  const hasIpvs = has4 || has6;
  if (hasIpvs) beginConnections();
  for (let at = places; at < stop; at += AHEAD_SIZE) {
    const place = changetype<Ahead>(at);
    const reference = fetchFlow(place.bucket, place.hash);
    place.reference = reference;
    // Nothing else for a packet of IPv4 whose entry is found, where IPVS has no say.
    if (load<u32>(at, offsetof<Ahead>("lane")) == PLAIN_LANE && reference != 0) continue;
    lookFurther(place, hasChains);
  }
  if (hasChains) fetchChains();
  if (hasIpvs) fetchConnections();
  return at;
}

function lookFurther(place: Ahead, hasChains: bool): void {
  if (place.family != 0) addConnections(place);
  if (place.reference == 0) {
    if (hasChains && place.lane == 4) addToChains(place.mac + ETHERNET);
  } else if (place.lane == 6) {
    place.fetched = fetchAddresses6(place.reference);
  }
}

/** A packet that has not the lane of IPv4. */
function lookAtOther(place: Ahead, record: InputRecord, isOpen6: bool, hasIpvs: bool): void {
  place.mac = record.mac;
  const hash = record.hash == 0 ? hashOf(record) : record.hash;
  place.hash = hash;
  place.bucket = hash == 0 ? 0 : touchBucket(bucketDirectory(), bucketMask(), bucketLimit(), hash);
  place.lane = isOpen6 && fitsLane6(record, place.mac) ? 6 : 0;
  place.family = hash != 0 && hasIpvs ? record.family : 0;
  place.macLength = <u8>record.macLength;
}

/** An entry tells who the client is; without one, the sender is or the receiver. */
function addConnections(place: Ahead): void {
  const header = place.mac + place.macLength;
  const direction = <u32>place.reference & 1;
  if (place.reference == 0 || direction == 0) addConnection(header, place.family, false);
  if (place.reference == 0 || direction == 1) addConnection(header, place.family, true);
}

/** The hash of any packet, 0 where the look-ahead does not cover it. */
function hashOf(record: InputRecord): u64 {
  const family: u32 = record.family;
  if (family == 0) return 0;
  return record.captured < (family == 4 ? HASHED_BYTES_4 : HASHED_BYTES_6) ? 0 : hashFlow(record.data, family);
}

/** Where the first packet's place is. @inline */
export function firstPlace(): usize {
  return places;
}

/** @inline */
export function nextPlace(place: usize): usize {
  return place + AHEAD_SIZE;
}

export function placeBehind(place: usize, packets: u32): usize {
  return place + packets * AHEAD_SIZE;
}

/** Packets from the place of one to that of another. */
export function placesBetween(first: usize, end: usize): u32 {
  return <u32>((end - first) / AHEAD_SIZE);
}

/** Family of the packet, where it fits the express lane; else 0. @inline */
export function laneOf(place: usize): u32 {
  return changetype<Ahead>(place).lane;
}

/** @inline */
export function macOf(place: usize): usize {
  return changetype<Ahead>(place).mac;
}

/** @inline */
export function referenceOf(place: usize): usize {
  return changetype<Ahead>(place).reference;
}

/** The same of a packet whose turn has come: its connection may have come into the table since the batch began. */
export function presentReferenceOf(place: usize): usize {
  const reference = referenceOf(place);
  return reference != 0 ? reference : findFlow(changetype<Ahead>(place).hash);
}

assert(offsetof<Ahead>() <= AHEAD_SIZE);
