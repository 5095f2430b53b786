import { Splits } from "../hash/splits";
import { allocate, release } from "../memory/allocate";
import { PagedArray } from "../memory/paged-array";
import { ctZone, Entry } from "./entry";
import { hasTuple, loadTuple, newTuple, sameOriginal, Tuple } from "./tuple";
import { hashTuple } from "./tuple-hash";
import { zoneIdIn, zonesInUse } from "./zone";

/**
 * The table of confirmed entries, each in it twice: under its original and under its reply tuple.
 *
 * ```text
 * bucket (64 bytes):  10 tags of 16 bits | 10 references of 32 bits | number of the next bucket (24 bits) | touched
 * reference:          address of the entry, a multiple of 64; bits 1 to 5: of the hash, below the tag's; bit 0: direction of the tuple
 * ```
 * A tag is 15 bits of the hash with the top bit set; 0 is a free place. All ten are compared at once; the tuple itself is
 * then compared in the entry. Buckets that are full continue in overflow buckets.
 *
 * It grows by linear hashing: an insertion that finds it four fifths full splits one bucket, so that the table is never made anew
 * and always as full. The bit of the hash that a split asks for is in the tag or in the reference, so that no entry is fetched for it.
 */
const BUCKET_SHIFT: u32 = 6;
/** Logarithm of the buckets in a page. */
const IN_PAGE: u32 = 16 - BUCKET_SHIFT;
const PLACES: u32 = 10;
const REFERENCES: usize = 20;
const NEXT: usize = 60;
const NEXT_MASK: u32 = 0xffffff;
/** A byte that nobody reads, written to fetch a bucket's line ahead. */
const TOUCHED: usize = 63;
const FIRST_BITS: u32 = 10;
/** References for each bucket beyond which one is split. */
const FULL: u32 = 8;
/** The tag has 15 bits of the hash from this one on, the reference those below from bit 10 on. */
const TAG_SHIFT: u32 = 15;
const HASH_IN_REFERENCE: usize = 0x3e;

let used: u32 = 0;

const splits = changetype<Splits>(memory.data(offsetof<Splits>(), 4));
splits.bits = FIRST_BITS;
const buckets = PagedArray.create(BUCKET_SHIFT);
const overflow = PagedArray.create(BUCKET_SHIFT);
/** Number of the first free overflow bucket (each has the next one's), and how many were ever used; 0 is none. */
let overflowFree: u32 = 0;
let overflowEnd: u32 = 1;

const scratch = newTuple();

buckets.reserve(1 << FIRST_BITS);

/** @inline */
function bucketOf(hash: u64): usize {
  return buckets.at(splits.indexOf(hash));
}

/** @inline */
function tagOf(hash: u64): u32 {
  return (<u32>(hash >> TAG_SHIFT) & 0x7fff) | 0x8000;
}

/** The places of a bucket that have this tag, a bit for each. @inline */
function placesOf(bucket: usize, tags: v128): u32 {
  // Tags 0 to 7, and once more 2 to 9, of which the last two count.
  const first = i16x8.eq(v128.load(bucket), tags);
  const last = i16x8.eq(v128.load(bucket, 4), tags);
  const found = <u32>i8x16.bitmask(i8x16.narrow_i16x8_s(first, last));
  return (found & 0xff) | ((found >> 6) & 0x300);
}

/** The bucket that continues one, 0 for none. */
function nextOf(bucket: usize): usize {
  const number = load<u32>(bucket, NEXT) & NEXT_MASK;
  return number == 0 ? 0 : overflow.at(number);
}

// Where buckets lie, for whoever looks for many while the table does not change: the engine cannot know that it does not.
/** Addresses of the pages. @inline */
export function bucketDirectory(): usize {
  return buckets.directory;
}

/** The bits of a hash that choose its bucket. @inline */
export function bucketMask(): u32 {
  return (1 << splits.bits) - 1;
}

/** The first of those buckets that one bit more does not choose. @inline */
export function bucketLimit(): u32 {
  return splits.next;
}

/** Fetches the line of the bucket that a hash leads to. @returns its address. @inline */
export function touchBucket(directory: usize, mask: u32, limit: u32, hash: u64): usize {
  const fewer = <u32>hash & mask;
  const index = select<u32>(<u32>hash & (mask * 2 + 1), fewer, fewer < limit);
  const bucket = load<usize>(directory + ((index >> IN_PAGE) << 2)) + ((index & ((1 << IN_PAGE) - 1)) << BUCKET_SHIFT);
  store<u8>(bucket, 1, TOUCHED);
  return bucket;
}

/** Fetches the lines of an entry. @inline */
export function touchEntry(entry: usize): void {
  store<u8>(entry, 1, offsetof<Entry>("touched"));
  store<u8>(entry, 1, 127);
}

/** {@link candidateIn} the hash's bucket. */
export function candidateFor(hash: u64): usize {
  return candidateIn(bucketOf(hash), hash);
}

/** The first entry with a fitting tag in a hash's bucket, and its direction; 0 for none. @inline */
export function candidateIn(bucket: usize, hash: u64): usize {
  const tags = i16x8.splat(<i16>tagOf(hash));
  const hits = placesOf(bucket, tags);
  return hits != 0 ? referenceIn(bucket, ctz(hits)) : candidateBehind(bucket, tags);
}

function candidateBehind(first: usize, tags: v128): usize {
  for (let bucket = nextOf(first); bucket != 0; bucket = nextOf(bucket)) {
    const hits = placesOf(bucket, tags);
    if (hits != 0) return referenceIn(bucket, ctz(hits));
  }
  return 0;
}

/** The reference in a place that is not free. @inline */
function referenceIn(bucket: usize, place: u32): usize {
  return load<usize>(bucket + (place << 2), REFERENCES) & ~HASH_IN_REFERENCE;
}

/**
 * The confirmed entry with this tuple in a zone, whether its time has come or not.
 *
 * @param besides an entry that does not count, nor does any with the same original tuple (the same flow); 0 for none.
 * @returns a reference (entry and direction), 0 when there is none.
 */
export function findReference(tuple: Tuple, zone: u32, hash: u64, besides: usize): usize {
  let bucket = bucketOf(hash);
  const tags = i16x8.splat(<i16>tagOf(hash));
  do {
    let hits = placesOf(bucket, tags);
    while (hits != 0) {
      const reference = referenceIn(bucket, ctz(hits));
      hits &= hits - 1;
      const entry = changetype<Entry>(reference & ~1);
      if (!hasTuple(entry, <u32>reference & 1, tuple)) continue;
      if (zonesInUse && !sameZone(entry, zone, <u32>reference & 1)) continue;
      if (besides != 0 && isSameFlow(entry, changetype<Entry>(besides), zone)) continue;
      return reference;
    }
    bucket = nextOf(bucket);
  } while (bucket != 0);
  return 0;
}

/** Puts one direction of an entry into the table. */
export function insertReference(entry: Entry, direction: u32): void {
  if (used >= splits.count * FULL) splitBucket();
  const hash = hashOfDirection(entry, direction);
  put(bucketOf(hash), tagOf(hash), changetype<usize>(entry) | hashInReference(hash) | direction);
  used += 1;
}

export function removeReference(entry: Entry, direction: u32): void {
  const reference = changetype<usize>(entry) | direction;
  const hash = hashOfDirection(entry, direction);
  const tags = i16x8.splat(<i16>tagOf(hash));
  let previous: usize = 0;
  let bucket = bucketOf(hash);
  do {
    let hits = placesOf(bucket, tags);
    while (hits != 0) {
      const place: usize = ctz(hits);
      hits &= hits - 1;
      if (referenceIn(bucket, <u32>place) != reference) continue;
      store<u16>(bucket + (place << 1), 0);
      used -= 1;
      if (previous != 0 && isEmpty(bucket)) unlinkNext(previous);
      return;
    }
    previous = bucket;
    bucket = nextOf(bucket);
  } while (bucket != 0);
}

/** References in the table: two for most connections. */
export function referenceCount(): u32 {
  return used;
}

/** The hash under which a direction of an entry lies. */
export function hashOfDirection(entry: Entry, direction: u32): u64 {
  loadTuple(entry, direction, scratch);
  return hashTuple(scratch, zonesInUse ? zoneIdIn(ctZone(changetype<usize>(entry)), direction) : 0);
}

/** For walks over a part of the table: how many bits of a hash choose its bucket, at least. */
export function bucketBits(): u32 {
  return splits.bits;
}

/** The bucket for these lower bits of hashes; `twin`: that of those which have one bit more, 0 when there is none. */
export function bucketAt(index: u32, twin: bool): usize {
  if (!twin) return buckets.at(index);
  return index < splits.next ? buckets.at(index + (1 << splits.bits)) : 0;
}

/** The bucket that continues another, 0 for none. */
export function nextBucket(bucket: usize): usize {
  return nextOf(bucket);
}

/** A place of a bucket: the reference there, 0 for none. */
export function referenceAt(bucket: usize, place: u32): usize {
  return load<u16>(bucket + (place << 1)) == 0 ? 0 : referenceIn(bucket, place);
}

export const BUCKET_PLACES: u32 = PLACES;

function sameZone(entry: Entry, zone: u32, direction: u32): bool {
  return zoneIdIn(ctZone(changetype<usize>(entry)), direction) == zoneIdIn(zone, direction);
}

function isSameFlow(entry: Entry, besides: Entry, zone: u32): bool {
  if (entry === besides) return true;
  return sameOriginal(entry, besides) && (!zonesInUse || sameZone(entry, zone, 0));
}

function put(first: usize, tag: u32, reference: usize): void {
  let bucket = first;
  while (true) {
    const free = placesOf(bucket, i16x8.splat(0));
    if (free != 0) {
      const place: usize = ctz(free);
      store<u16>(bucket + (place << 1), <u16>tag);
      store<usize>(bucket + (place << 2), reference, REFERENCES);
      return;
    }
    const next = nextOf(bucket);
    bucket = next != 0 ? next : linkNext(bucket);
  }
}

function isEmpty(bucket: usize): bool {
  return placesOf(bucket, i16x8.splat(0)) == (1 << PLACES) - 1;
}

/** A bucket that continues another which has none yet. */
function linkNext(bucket: usize): usize {
  let number = overflowFree;
  if (number != 0) {
    overflowFree = load<u32>(overflow.at(number), NEXT) & NEXT_MASK;
  } else {
    number = overflowEnd;
    overflowEnd += 1;
    overflow.reserve(overflowEnd);
  }
  store<u32>(bucket, number, NEXT);
  const next = overflow.at(number);
  store<u32>(next, 0, NEXT);
  return next;
}

/** Takes the bucket that continues another out of the chain; it must be empty. */
function unlinkNext(bucket: usize): void {
  const number = load<u32>(bucket, NEXT) & NEXT_MASK;
  const next = overflow.at(number);
  store<u32>(bucket, load<u32>(next, NEXT) & NEXT_MASK, NEXT);
  store<u32>(next, overflowFree, NEXT);
  overflowFree = number;
}

/** Room for the tags and references of a bucket and those that continue it. */
let chain: usize = 0;
let chainRoom: u32 = 0;
const CHAIN_RECORD: u32 = 8;

/** Makes two buckets of the next one in turn. */
function splitBucket(): void {
  const index = splits.next;
  const twin = splits.twin;
  const bit = splits.bits;
  const count = emptyChain(buckets.at(index));
  buckets.reserve(twin + 1);
  splits.advance();
  for (let i: u32 = 0; i < count; i++) {
    const tag = load<u32>(chain + i * CHAIN_RECORD);
    const reference = load<usize>(chain + i * CHAIN_RECORD, 4);
    put(buckets.at(hashBit(bit, tag, reference) ? twin : index), tag, reference);
  }
}

/** Moves what a bucket and those that continue it hold to {@link chain}. @returns how much that is. */
function emptyChain(first: usize): u32 {
  let count: u32 = 0;
  let bucket = first;
  while (bucket != 0) {
    if (count + PLACES > chainRoom) growChain();
    for (let place: u32 = 0; place < PLACES; place++) {
      const tag: u32 = load<u16>(bucket + (place << 1));
      if (tag == 0) continue;
      store<u32>(chain + count * CHAIN_RECORD, tag);
      store<usize>(chain + count * CHAIN_RECORD, load<usize>(bucket + (place << 2), REFERENCES), 4);
      store<u16>(bucket + (place << 1), 0);
      count += 1;
    }
    bucket = nextOf(bucket);
  }
  while (load<u32>(first, NEXT) & NEXT_MASK) unlinkNext(first);
  return count;
}

function growChain(): void {
  const room = chainRoom == 0 ? 64 : chainRoom * 2;
  const moved = allocate(room * CHAIN_RECORD);
  memory.copy(moved, chain, chainRoom * CHAIN_RECORD);
  release(chain);
  chain = moved;
  chainRoom = room;
}

function hashInReference(hash: u64): usize {
  return <usize>(hash >> (FIRST_BITS - 1)) & HASH_IN_REFERENCE;
}

/** A bit of the hash under which a reference lies, as it is stored. */
function hashBit(bit: u32, tag: u32, reference: usize): bool {
  if (bit < TAG_SHIFT) return ((reference >> (bit - FIRST_BITS + 1)) & 1) != 0;
  return ((tag >> (bit - TAG_SHIFT)) & 1) != 0;
}

assert(FIRST_BITS + 5 == TAG_SHIFT);
