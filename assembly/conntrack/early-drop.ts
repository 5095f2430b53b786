import { IPS_ASSURED } from "../abi/conntrack";
import { Entry } from "./entry";
import { kill } from "./lifetime";
import { BUCKET_PLACES, bucketAt, bucketSpan, hashOfDirection, nextBucket, referenceAt } from "./table";

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

/** The kernel's bucket of a hash. */
function scale(hash: u64, size: u32): u32 {
  return <u32>(((hash >> 32) * size) >> 32);
}

/** The kernel's bucket covers a stretch of hashes: the own buckets which that meets are searched. */
function dropFromBucket(bucket: u32, size: u32): bool {
  const begin = (((<u64>bucket) << 32) + size - 1) / size;
  const end = (((<u64>bucket + 1) << 32) + size - 1) / size;
  let dropped = false;
  const span = bucketSpan() >> 32;
  let at = begin & ~(span - 1);
  for (; at < end; at += span) {
    let own = bucketAt(at << 32);
    while (own != 0) {
      const next = nextBucket(own);
      for (let place: u32 = 0; place < BUCKET_PLACES; place++) {
        const reference = referenceAt(own, place);
        if (reference == 0) continue;
        const entry = changetype<Entry>(reference & ~1);
        const hash = hashOfDirection(entry, <u32>reference & 1);
        if (scale(hash, size) != bucket) continue;
        if (dropEntry(entry)) dropped = true;
      }
      own = next;
    }
  }
  return dropped;
}

/** Expired entries go without counting as room made. */
function dropEntry(entry: Entry): bool {
  if (entry.isExpired) {
    kill(entry);
    return false;
  }
  return !(entry.status & IPS_ASSURED) && kill(entry);
}
