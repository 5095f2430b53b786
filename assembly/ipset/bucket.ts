import { allocate, release } from "../memory/allocate";
import { KernelSet } from "./set";

/**
 * A bucket of the hash (struct hbucket): room for a few elements, of which some are in use.
 *
 * ```text
 * | used: one bit a place (u64) | size | pos | padding | element 0 | element 1 | ...
 * ```
 * `size` is how many places there are, `pos` the first that was never used.
 */
@unmanaged
export class Bucket {
  used: u64;
  size: u32;
  pos: u32;

  isUsed(place: u32): bool {
    return ((this.used >> place) & 1) != 0;
  }

  setUsed(place: u32): void {
    this.used |= (<u64>1) << place;
  }

  clearUsed(place: u32): void {
    this.used &= ~((<u64>1) << place);
  }
}

/** Places that a bucket has at first, and by which it grows (AHASH_INIT_SIZE). */
export const BUCKET_STEP: u32 = 2;
/** The most that it may have after tuning (AHASH_MAX_TUNED). */
export const BUCKET_LIMIT: u32 = 64;
/** Buckets of a region: 2^10 (HTABLE_REGION_BITS). */
const REGION_BITS: u32 = 10;

const BUCKET_HEADER: u32 = <u32>offsetof<Bucket>();

export function createBucket(set: KernelSet, size: u32): Bucket {
  const bucket = changetype<Bucket>(allocate(BUCKET_HEADER + size * set.elementSize));
  bucket.size = size;
  return bucket;
}

export function elementAt(set: KernelSet, bucket: Bucket, place: u32): usize {
  return changetype<usize>(bucket) + BUCKET_HEADER + place * set.elementSize;
}

export function bucketAt(set: KernelSet, index: u32): Bucket {
  return changetype<Bucket>(load<u32>(set.buckets + (index << 2)));
}

export function putBucket(set: KernelSet, index: u32, bucket: Bucket): void {
  store<u32>(set.buckets + (index << 2), changetype<usize>(bucket));
}

/** The same bucket with room for two more. */
export function growBucket(set: KernelSet, bucket: Bucket): Bucket {
  const grown = createBucket(set, bucket.size + BUCKET_STEP);
  grown.used = bucket.used;
  grown.pos = bucket.pos;
  memory.copy(elementAt(set, grown, 0), elementAt(set, bucket, 0), bucket.size * set.elementSize);
  release(changetype<usize>(bucket));
  return grown;
}

/** After removals: gives the bucket up when `unused` says that nothing is left, or two places when so many are unused. */
export function shrinkBucket(set: KernelSet, index: u32, bucket: Bucket, unused: u32, isEmpty: bool): void {
  if (isEmpty) {
    putBucket(set, index, changetype<Bucket>(0));
    release(changetype<usize>(bucket));
    return;
  }
  if (unused < BUCKET_STEP) return;
  const shrunk = createBucket(set, bucket.size - BUCKET_STEP);
  for (let place: u32 = 0; place < bucket.pos; place++) {
    if (!bucket.isUsed(place)) continue;
    memory.copy(elementAt(set, shrunk, shrunk.pos), elementAt(set, bucket, place), set.elementSize);
    shrunk.setUsed(shrunk.pos);
    shrunk.pos += 1;
  }
  putBucket(set, index, shrunk);
  release(changetype<usize>(bucket));
}

/** ahash_numof_locks */
export function regionCount(bits: u32): u32 {
  return bits < REGION_BITS ? 1 : (<u32>1) << (bits - REGION_BITS);
}

export function regionOf(index: u32): u32 {
  return index >> REGION_BITS;
}

/** First bucket of a region; that of the region behind the last is the number of buckets. */
export function regionStart(bits: u32, region: u32): u32 {
  if (bits < REGION_BITS) return region == 0 ? 0 : (<u32>1) << bits;
  return region << REGION_BITS;
}

export function regionElements(set: KernelSet, region: u32): u32 {
  return load<u32>(set.regions + (region << 2));
}

export function countInRegion(set: KernelSet, region: u32, by: i32): void {
  const at = set.regions + (region << 2);
  store<u32>(at, load<u32>(at) + by);
  set.elements += by;
}
