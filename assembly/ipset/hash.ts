import { SET_WITH_FORCEADD, SET_WITH_TIMEOUT, SetResult } from "../abi/ipset";
import { allocate, release } from "../memory/allocate";
import { hz, nowTicks } from "../packet/clock";
import { random32 } from "../packet/random";
import {
  BUCKET_LIMIT,
  BUCKET_STEP,
  Bucket,
  bucketAt,
  countInRegion,
  createBucket,
  elementAt,
  growBucket,
  putBucket,
  regionCount,
  regionElements,
  regionOf,
  regionStart,
  shrinkBucket,
} from "./bucket";
import { equals, resetSameNetworks, sameNetworks } from "./equal";
import {
  Addition,
  ELEMENT_NOMATCH,
  forgetComment,
  initExtensions,
  isExpired,
  startTimeout,
  wasExpired,
} from "./extensions";
import { jhash2 } from "./jhash";
import { INTERFACE_PART, layOutKey, prefixOf } from "./layout";
import { addPrefix, clearPrefixes, createPrefixes, removePrefix } from "./prefixes";
import { KernelSet, placeExtensions, touchSet } from "./set";

/** The hash types' common part: ip_set_hash_gen.h. Buckets, growth and collection are the kernel's, element by element. */

/** Smallest number of buckets (IPSET_MIMINAL_HASHSIZE). */
const LEAST_HASHSIZE: u32 = 64;
/** Most places of a bucket that is not tuned (AHASH_MAX_SIZE). */
const MOST_PLACES: u32 = 12;
/** How often expired elements are collected at least, seconds (IPSET_GC_TIME). */
const GC_SECONDS: u32 = 180;

/** hash_TYPE_create: the host has filled in type, family and options. */
export function createHash(set: KernelSet): void {
  layOutKey(set);
  placeExtensions(set, set.keySize + (set.interfaceOffset != 0 ? INTERFACE_PART : 0));
  const hashsize = set.hashsize < LEAST_HASHSIZE ? LEAST_HASHSIZE : set.hashsize;
  set.bits = 32 - clz<u32>(hashsize - 1);
  if (set.initval == 0) set.initval = random32();
  let places = set.bucketsize == 0 ? MOST_PLACES : set.bucketsize;
  if (places < BUCKET_STEP) places = BUCKET_STEP;
  if (places > MOST_PLACES) places = MOST_PLACES;
  set.bucketsize = (places + 1) & ~1;
  set.buckets = allocate((<usize>4) << set.bits);
  set.regions = allocate(regionCount(set.bits) << 2);
  createPrefixes(set);
  set.gcTicks = nowTicks + hz;
}

export function destroyHash(set: KernelSet): void {
  freeBuckets(set);
  release(set.buckets);
  release(set.regions);
  release(set.prefixes);
}

export function flushHash(set: KernelSet): void {
  freeBuckets(set);
  memory.fill(set.buckets, 0, (<usize>4) << set.bits);
  memory.fill(set.regions, 0, regionCount(set.bits) << 2);
  clearPrefixes(set);
  set.elements = 0;
  touchSet(set);
}

function freeBuckets(set: KernelSet): void {
  const count = (<u32>1) << set.bits;
  for (let i: u32 = 0; i < count; i++) release(changetype<usize>(bucketAt(set, i)));
}

export function bucketOf(set: KernelSet, key: usize): u32 {
  return jhash2(key, set.keySize >> 2, set.initval) & (((<u32>1) << set.bits) - 1);
}

/** mtype_add */
export function addToHash(set: KernelSet, key: usize, addition: Addition): SetResult {
  const index = bucketOf(set, key);
  const region = regionOf(index);
  let isFull: bool = false;
  let forced: bool = false;
  if (regionElements(set, region) >= set.maxelem / regionCount(set.bits)) {
    if (set.has(SET_WITH_TIMEOUT)) collectRegion(set, region, nowTicks);
    isFull = set.elements >= set.maxelem;
    forced = isFull && set.has(SET_WITH_FORCEADD);
  }
  let bucket = bucketAt(set, index);
  if (changetype<usize>(bucket) == 0) {
    if (isFull) return SetResult.Full;
    bucket = createBucket(set, BUCKET_STEP);
    putBucket(set, index, bucket);
    return storeElement(set, bucket, bucket.pos++, key, addition, region);
  }
  let reused: i32 = -1;
  let wasDeleted: bool = false;
  resetSameNetworks();
  for (let place: u32 = 0; place < bucket.pos; place++) {
    if (!bucket.isUsed(place)) {
      if (reused == -1) {
        reused = place;
        wasDeleted = true;
      }
      continue;
    }
    const element = elementAt(set, bucket, place);
    const expired = isExpired(set, element);
    if (equals(set, element, key)) {
      if (!addition.exist && !expired) return SetResult.Exist;
      finishElement(set, element, addition);
      return SetResult.Ok;
    }
    if (expired && reused == -1) reused = place;
  }
  if (reused != -1 || forced) {
    const place: u32 = reused == -1 ? 0 : reused;
    if (!wasDeleted) dropElement(set, elementAt(set, bucket, place), region);
    return storeElement(set, bucket, place, key, addition, region);
  }
  if (isFull) return SetResult.Full;
  if (bucket.pos >= bucket.size) {
    if (set.interfaceOffset != 0) {
      if (set.bucketsize >= BUCKET_LIMIT) return SetResult.Full;
      if (set.bucketsize <= sameNetworks) set.bucketsize += BUCKET_STEP;
    }
    if (bucket.size >= set.bucketsize) return SetResult.BucketFull;
    bucket = growBucket(set, bucket);
    putBucket(set, index, bucket);
  }
  return storeElement(set, bucket, bucket.pos++, key, addition, region);
}

/** Writes a new element at a place of the bucket. What lay there of counters and the like stays, as in the kernel. */
function storeElement(
  set: KernelSet,
  bucket: Bucket,
  place: u32,
  key: usize,
  addition: Addition,
  region: u32,
): SetResult {
  const element = elementAt(set, bucket, place);
  countInRegion(set, region, 1);
  for (let n: u32 = 0; n < set.netCount; n++) addPrefix(set, n, prefixOf(set, key, n));
  memory.copy(element, key, set.keySize + (set.interfaceOffset != 0 ? INTERFACE_PART : 0));
  bucket.setUsed(place);
  finishElement(set, element, addition);
  return SetResult.Ok;
}

function finishElement(set: KernelSet, element: usize, addition: Addition): void {
  if (set.flagsOffset != 0) store<u32>(element + set.flagsOffset, addition.nomatch ? ELEMENT_NOMATCH : 0);
  initExtensions(set, element, addition);
  if (set.timeoutOffset != 0) startTimeout(set, element, addition.timeout);
  touchSet(set);
}

/** Takes an element out of the books. */
function dropElement(set: KernelSet, element: usize, region: u32): void {
  for (let n: u32 = 0; n < set.netCount; n++) removePrefix(set, n, prefixOf(set, element, n));
  forgetComment(set, element);
  countInRegion(set, region, -1);
}

/** mtype_del */
export function removeFromHash(set: KernelSet, key: usize): SetResult {
  const index = bucketOf(set, key);
  const bucket = bucketAt(set, index);
  if (changetype<usize>(bucket) == 0) return SetResult.Exist;
  let unused: u32 = 0;
  for (let place: u32 = 0; place < bucket.pos; place++) {
    if (!bucket.isUsed(place)) {
      unused += 1;
      continue;
    }
    const element = elementAt(set, bucket, place);
    if (!equals(set, element, key)) continue;
    if (isExpired(set, element)) return SetResult.Exist;
    bucket.clearUsed(place);
    dropElement(set, element, regionOf(index));
    if (place + 1 == bucket.pos) bucket.pos -= 1;
    for (let rest = place; rest < bucket.pos; rest++) if (!bucket.isUsed(rest)) unused += 1;
    shrinkBucket(set, index, bucket, unused, unused == bucket.pos);
    touchSet(set);
    return SetResult.Ok;
  }
  return SetResult.Exist;
}

/** Twice as many buckets, and again until no bucket overflows (mtype_resize). */
export function growHash(set: KernelSet): void {
  const old = set.buckets;
  const count = (<u32>1) << set.bits;
  release(set.regions);
  for (let bits = set.bits + 1; ; bits++) {
    set.bits = bits;
    set.elements = 0;
    set.buckets = allocate((<usize>4) << bits);
    set.regions = allocate(regionCount(bits) << 2);
    if (moveAll(set, old, count)) break;
    freeBuckets(set);
    release(set.buckets);
    release(set.regions);
  }
  for (let i: u32 = 0; i < count; i++) release(load<u32>(old + (i << 2)));
  release(old);
}

/** Puts the elements of the old buckets into the new ones; false where one would overflow. Prefixes stay counted. */
function moveAll(set: KernelSet, old: usize, count: u32): bool {
  for (let i: u32 = 0; i < count; i++) {
    const from = changetype<Bucket>(load<u32>(old + (i << 2)));
    if (changetype<usize>(from) == 0) continue;
    for (let place: u32 = 0; place < from.pos; place++) {
      if (!from.isUsed(place)) continue;
      const element = elementAt(set, from, place);
      if (isExpired(set, element)) continue;
      const index = bucketOf(set, element);
      let to = bucketAt(set, index);
      if (changetype<usize>(to) == 0) {
        to = createBucket(set, BUCKET_STEP);
        putBucket(set, index, to);
      } else if (to.pos >= to.size) {
        if (to.size >= set.bucketsize) return false;
        to = growBucket(set, to);
        putBucket(set, index, to);
      }
      memory.copy(elementAt(set, to, to.pos), element, set.elementSize);
      to.setUsed(to.pos);
      to.pos += 1;
      countInRegion(set, regionOf(index), 1);
    }
  }
  return true;
}

/** Runs the collections that were due until now (mtype_gc): first after a second, then one region after the other. */
export function collectHash(set: KernelSet): void {
  while (set.gcTicks <= nowTicks) {
    const regions = regionCount(set.bits);
    if (set.gcRegion >= regions) set.gcRegion = 0;
    collectRegion(set, set.gcRegion, set.gcTicks);
    set.gcRegion += 1;
    set.gcTicks += gcTicksOf(set.timeout, regions);
    // Nothing is left to collect: skip the idle rounds at once.
    if (set.elements == 0 && set.gcTicks < nowTicks) set.gcTicks = nowTicks + 1;
  }
}

function gcTicksOf(timeout: u32, regions: u32): u64 {
  return max<u32>((gcPeriod(timeout) * hz) / regions, hz / 10);
}

/** IPSET_GC_PERIOD, seconds */
export function gcPeriod(timeout: u32): u32 {
  const third = timeout / 3;
  if (third == 0) return 1;
  return third < GC_SECONDS ? third : GC_SECONDS;
}

/** mtype_gc_do */
function collectRegion(set: KernelSet, region: u32, ticks: u64): void {
  const end = regionStart(set.bits, region + 1);
  for (let i = regionStart(set.bits, region); i < end; i++) {
    const bucket = bucketAt(set, i);
    if (changetype<usize>(bucket) == 0) continue;
    let unused: u32 = 0;
    for (let place: u32 = 0; place < bucket.pos; place++) {
      if (bucket.isUsed(place)) {
        const element = elementAt(set, bucket, place);
        if (!wasExpired(set, element, ticks)) continue;
        bucket.clearUsed(place);
        dropElement(set, element, region);
      }
      unused += 1;
    }
    if (unused >= BUCKET_STEP) shrinkBucket(set, i, bucket, unused, unused >= bucket.size);
  }
}
