import { fetchFlow, hashFlow, touchFlowBucket } from "./conntrack/index";
import { fitsLane, openLane } from "./hooks/express";
import { ipvsActive, touchConnection } from "./ipvs/index";
import { config } from "./packet/config";
import { InputRecord } from "./packet/input-record";

/** What was found of a packet ahead of its turn. */
@unmanaged
class Ahead {
  hash: u64;
  /** The entry that probably is the packet's, and its direction; 0 for none. */
  reference: usize;
  /** Does the packet fit the express lane? */
  isInLane: bool;
}

/** Most packets that are looked at ahead. */
const MAX_BATCH: u32 = 256;
const AHEAD_BITS: u32 = 4;
const places = memory.data(4096, 16);

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
  const limit = min(config.batch, MAX_BATCH);
  const isOpen = openLane();
  const has4 = ipvsActive(4);
  const has6 = ipvsActive(6);
  let at = first;
  let count: u32 = 0;
  for (; count < limit && at < end; count++) {
    const record = changetype<InputRecord>(at);
    const family: u32 = record.family;
    const place = placeAt(count);
    const isHashed = family != 0 && record.captured >= (family == 4 ? HASHED_BYTES_4 : HASHED_BYTES_6);
    place.hash = record.hash != 0 || !isHashed ? record.hash : hashFlow(record.data, family);
    place.isInLane = isOpen && fitsLane(record);
    touchFlowBucket(place.hash);
    if (isHashed && (family == 4 ? has4 : has6)) touchConnection(record.data, family);
    at += record.size;
  }
  for (let i: u32 = 0; i < count; i++) placeAt(i).reference = fetchFlow(placeAt(i).hash);
  return at;
}

@inline
export function isInLane(place: u32): bool {
  return placeAt(place).isInLane;
}

@inline
export function referenceOf(place: u32): usize {
  return placeAt(place).reference;
}

function placeAt(index: u32): Ahead {
  return changetype<Ahead>(places + (index << AHEAD_BITS));
}

assert(offsetof<Ahead>() <= 1 << AHEAD_BITS);
