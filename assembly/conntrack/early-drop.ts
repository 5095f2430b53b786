import { IPS_ASSURED } from "../abi/conntrack";
import { Entry } from "./entry";
import { kill } from "./lifetime";
import { BUCKET_PLACES, bucketAt, bucketBits, hashOfDirection, nextBucket, referenceAt } from "./table";

/** Buckets of the kernel's table that are searched for a victim (NF_CT_EVICTION_RANGE). */
const EVICTION_RANGE: u32 = 8;

/**
 * Makes room in a full table (early_drop): of the kernel's buckets from the new connection's own on, the first that holds
 * an entry without ASSURED loses all of those. The kernel's hash is random, so which bucket is whose is not
 * reproducible; how many entries share one is.
 *
 * @param hash of the new connection's tuple.
 * @param size number of buckets that the kernel's table has.
 */
export function dropEarly(hash: u64, size: u32): bool {
  const first = scale(hash, size);
  for (let i: u32 = 0; i < EVICTION_RANGE; i++) {
    if (dropFromBucket((first + i) % size, size)) return true;
  }
  return false;
}

/** The kernel's bucket of a hash: the lowest bit counts most, so that those of a bucket lie in few of the own ones. */
function scale(hash: u64, size: u32): u32 {
  return <u32>((<u64>reversed(<u32>hash) * size) >> 32);
}

function reversed(bits: u32): u32 {
  let swapped = ((bits >> 1) & 0x55555555) | ((bits & 0x55555555) << 1);
  swapped = ((swapped >> 2) & 0x33333333) | ((swapped & 0x33333333) << 2);
  swapped = ((swapped >> 4) & 0x0f0f0f0f) | ((swapped & 0x0f0f0f0f) << 4);
  return bswap<u32>(swapped);
}

/** The kernel's bucket covers a stretch of reversed hashes: the own buckets which that meets are searched. */
function dropFromBucket(bucket: u32, size: u32): bool {
  const end = (((<u64>bucket + 1) << 32) + size - 1) / size;
  const span: u64 = (<u64>1) << (32 - bucketBits());
  let at = ((((<u64>bucket) << 32) + size - 1) / size) & ~(span - 1);
  let dropped = false;
  for (; at < end; at += span) {
    const index = reversed(<u32>at);
    if (dropFromChain(bucketAt(index, false), bucket, size)) dropped = true;
    if (dropFromChain(bucketAt(index, true), bucket, size)) dropped = true;
  }
  return dropped;
}

/** @param first a bucket of the own table, and those that continue it; 0 for none. */
function dropFromChain(first: usize, bucket: u32, size: u32): bool {
  let dropped = false;
  let found = findVictim(first, bucket, size);
  while (found != 0) {
    const entry = changetype<Entry>(found);
    // Expired entries go without counting as room made.
    if (!entry.isExpired) dropped = true;
    kill(entry);
    // From the beginning: the buckets that held it may be gone.
    found = findVictim(first, bucket, size);
  }
  return dropped;
}

/** The first entry of the kernel's bucket that may go, 0 for none. */
function findVictim(first: usize, bucket: u32, size: u32): usize {
  for (let own = first; own != 0; own = nextBucket(own)) {
    for (let place: u32 = 0; place < BUCKET_PLACES; place++) {
      const reference = referenceAt(own, place);
      if (reference == 0) continue;
      const entry = changetype<Entry>(reference & ~1);
      if (!entry.isExpired && entry.status & IPS_ASSURED) continue;
      if (scale(hashOfDirection(entry, <u32>reference & 1), size) == bucket) return changetype<usize>(entry);
    }
  }
  return 0;
}
