import { SHORTCUT_TAG, Shortcut } from "../iptables/shortcut";
import { allocate, release } from "../memory/allocate";
import { Pool } from "../memory/pool";
import { ctZone, Entry, flowHead } from "./entry";
import { hasTuple, loadTuple, newTuple, sameOriginal, Tuple } from "./tuple";
import { hashTuple } from "./tuple-hash";
import { zoneIdIn, zonesInUse } from "./zone";

/**
 * The table of confirmed entries, each in it twice: under its original and under its reply tuple.
 *
 * ```text
 * bucket (64 bytes):  8 tags of 16 bits | 8 references of 32 bits | next bucket | touched
 * reference:          address of the entry, bit 0: direction of the tuple
 * ```
 * A tag is 15 bits of the hash with the top bit set; 0 is a free place. All eight are compared at once; the tuple itself is
 * then compared in the entry. Buckets that are full continue in overflow buckets. The table doubles when it is three
 * quarters full.
 */
const BUCKET_SIZE: usize = 64;
const PLACES: u32 = 8;
const REFERENCES: usize = 16;
const NEXT: usize = 48;
/** A byte that nobody reads, written to fetch a bucket's line ahead. */
const TOUCHED: usize = 52;
const FIRST_BITS: u32 = 8;

let bits: u32 = FIRST_BITS;
let memoryBlock: usize = 0;
let buckets: usize = 0;
let used: u32 = 0;

const overflow = Pool.create(<u32>BUCKET_SIZE);
const scratch = newTuple();

function createBuckets(): void {
  memoryBlock = allocate((BUCKET_SIZE << bits) + BUCKET_SIZE);
  buckets = (memoryBlock + BUCKET_SIZE - 1) & ~(BUCKET_SIZE - 1);
}

createBuckets();

function bucketOf(hash: u64): usize {
  return buckets + ((<usize>(hash >> (64 - bits))) << 6);
}

function tagOf(hash: u64): u32 {
  return (<u32>(hash >> 16) & 0x7fff) | 0x8000;
}

/** Fetches the line of a bucket ahead of its use. */
export function touchBucket(hash: u64): void {
  store<u8>(bucketOf(hash), 1, TOUCHED);
}

/** Fetches the lines of the first entry with a fitting tag. */
export function touchCandidate(hash: u64): void {
  const entry = candidateOf(hash) & ~1;
  if (entry == 0) return;
  store<u8>(entry, 1, offsetof<Entry>("touched"));
  store<u8>(entry, 1, 127);
}

/** Fetches the line of its shortcut. */
export function touchShortcut(hash: u64): void {
  const reference = candidateOf(hash);
  if (reference == 0) return;
  const head = flowHead(reference & ~1, <u32>reference & 1);
  if (head & SHORTCUT_TAG) store<u8>(head & ~SHORTCUT_TAG, 1, offsetof<Shortcut>("touched"));
}

function candidateOf(hash: u64): usize {
  const bucket = bucketOf(hash);
  const hits = i16x8.bitmask(i16x8.eq(v128.load(bucket), i16x8.splat(<i16>tagOf(hash))));
  return hits == 0 ? 0 : load<usize>(bucket + ((<usize>ctz(hits)) << 2), REFERENCES);
}

/**
 * The confirmed entry with this tuple in a zone, whether its time has come or not.
 *
 * @param besides an entry that does not count, nor does any with the same original tuple (the same flow); 0 for none.
 * @returns a reference (entry and direction), 0 when there is none.
 */
export function findReference(tuple: Tuple, zone: u32, hash: u64, besides: usize): usize {
  let bucket = bucketOf(hash);
  const tag = i16x8.splat(<i16>tagOf(hash));
  do {
    let hits = i16x8.bitmask(i16x8.eq(v128.load(bucket), tag));
    while (hits != 0) {
      const reference = load<usize>(bucket + ((<usize>ctz(hits)) << 2), REFERENCES);
      hits &= hits - 1;
      const entry = changetype<Entry>(reference & ~1);
      if (!hasTuple(entry, <u32>reference & 1, tuple)) continue;
      if (zonesInUse && !sameZone(entry, zone, <u32>reference & 1)) continue;
      if (besides != 0 && isSameFlow(entry, changetype<Entry>(besides), zone)) continue;
      return reference;
    }
    bucket = load<usize>(bucket, NEXT);
  } while (bucket != 0);
  return 0;
}

/** Puts one direction of an entry into the table. */
export function insertReference(entry: Entry, direction: u32): void {
  if (used * 4 >= (PLACES << bits) * 3) grow();
  insertHashed(changetype<usize>(entry) | direction, hashOfDirection(entry, direction));
  used += 1;
}

export function removeReference(entry: Entry, direction: u32): void {
  const reference = changetype<usize>(entry) | direction;
  const hash = hashOfDirection(entry, direction);
  const tag = i16x8.splat(<i16>tagOf(hash));
  let previous: usize = 0;
  let bucket = bucketOf(hash);
  do {
    let hits = i16x8.bitmask(i16x8.eq(v128.load(bucket), tag));
    while (hits != 0) {
      const place: usize = ctz(hits);
      hits &= hits - 1;
      if (load<usize>(bucket + (place << 2), REFERENCES) != reference) continue;
      store<u16>(bucket + (place << 1), 0);
      used -= 1;
      if (previous != 0 && isEmpty(bucket)) {
        store<usize>(previous, load<usize>(bucket, NEXT), NEXT);
        overflow.give(bucket);
      }
      return;
    }
    previous = bucket;
    bucket = load<usize>(bucket, NEXT);
  } while (bucket != 0);
}

/** The hash under which a direction of an entry lies. */
export function hashOfDirection(entry: Entry, direction: u32): u64 {
  loadTuple(entry, direction, scratch);
  return hashTuple(scratch, zonesInUse ? zoneIdIn(ctZone(changetype<usize>(entry)), direction) : 0);
}

/** For walks over a part of the table: the bucket of a hash, and the one that continues it (0: none). */
export function bucketAt(hash: u64): usize {
  return bucketOf(hash);
}

export function nextBucket(bucket: usize): usize {
  return load<usize>(bucket, NEXT);
}

/** A place of a bucket: the reference there, 0 for none. */
export function referenceAt(bucket: usize, place: u32): usize {
  return load<u16>(bucket + (place << 1)) == 0 ? 0 : load<usize>(bucket + (place << 2), REFERENCES);
}

export const BUCKET_PLACES: u32 = PLACES;

/** How many hashes apart two neighbouring buckets are. */
export function bucketSpan(): u64 {
  return (<u64>1) << (64 - bits);
}

function sameZone(entry: Entry, zone: u32, direction: u32): bool {
  return zoneIdIn(ctZone(changetype<usize>(entry)), direction) == zoneIdIn(zone, direction);
}

function isSameFlow(entry: Entry, besides: Entry, zone: u32): bool {
  if (entry === besides) return true;
  return sameOriginal(entry, besides) && (!zonesInUse || sameZone(entry, zone, 0));
}

function insertHashed(reference: usize, hash: u64): void {
  let bucket = bucketOf(hash);
  while (true) {
    const free = i16x8.bitmask(i16x8.eq(v128.load(bucket), i16x8.splat(0)));
    if (free != 0) {
      const place: usize = ctz(free);
      store<u16>(bucket + (place << 1), <u16>tagOf(hash));
      store<usize>(bucket + (place << 2), reference, REFERENCES);
      return;
    }
    let next = load<usize>(bucket, NEXT);
    if (next == 0) {
      next = overflow.take();
      store<usize>(bucket, next, NEXT);
    }
    bucket = next;
  }
}

function isEmpty(bucket: usize): bool {
  return load<u64>(bucket) == 0 && load<u64>(bucket, 8) == 0;
}

function grow(): void {
  const oldBlock = memoryBlock;
  const old = buckets;
  const end = old + (BUCKET_SIZE << bits);
  bits += 1;
  createBuckets();
  for (let first = old; first < end; first += BUCKET_SIZE) {
    let bucket = first;
    while (bucket != 0) {
      const next = load<usize>(bucket, NEXT);
      for (let place: u32 = 0; place < PLACES; place++) {
        const reference = referenceAt(bucket, place);
        if (reference == 0) continue;
        insertHashed(reference, hashOfDirection(changetype<Entry>(reference & ~1), <u32>reference & 1));
      }
      if (bucket != first) overflow.give(bucket);
      bucket = next;
    }
  }
  release(oldBlock);
}
