import { SET_WITH_COMMENTS, SET_WITH_COUNTERS, SET_WITH_SKBINFO, SET_WITH_TIMEOUT, SetType } from "../abi/ipset";
import { allocate, release } from "../memory/allocate";

/**
 * A set, as struct ip_set with its type's private part. The host fills in the upper half, `prepareSet` the rest.
 *
 * An element of a hash type lies in its bucket as
 * ```text
 * | key (hashed, as the kernel lays it out) | interface name and wildcard | flags | counters | timeout | skbinfo | comment |
 * ```
 * and one of a bitmap type has the parts from the flags on, at its place in an array. An offset of 0 means "does not have".
 */
@unmanaged
export class KernelSet {
  /** A `SetType`. */
  type: u32;
  /** 4 or 6; 0 for types of no family. */
  family: u32;
  /** `SET_WITH_*` bits. */
  with: u32;
  /** Seconds that a new element lives when nothing is said; 0: for ever. */
  timeout: u32;
  hashsize: u32;
  maxelem: u32;
  bucketsize: u32;
  initval: u32;
  netmask: u32;
  markmask: u32;
  /** Bitmap types: first and last port, or address in host order. */
  first: u32;
  last: u32;

  /** Grows with every change; see `setGeneration`. */
  generation: u64;
  /** Members, expired ones that nobody collected included. */
  elements: u32;
  dimensions: u32;

  /** Bytes of an element, and of its key. */
  elementSize: u32;
  keySize: u32;
  // Where in the key things lie.
  address2Offset: u8;
  portOffset: u8;
  protocolOffset: u8;
  etherOffset: u8;
  /** Prefix lengths of the first and second network, and the address that each masks. */
  cidrOffset: u8;
  cidr2Offset: u8;
  netOffset: u8;
  net2Offset: u8;
  /** Networks in an element: 0 to 2. */
  netCount: u8;
  /** Prefix lengths are kept less one. */
  packed: u8;
  // Where in the element the rest lies.
  interfaceOffset: u8;
  flagsOffset: u8;
  countersOffset: u8;
  timeoutOffset: u8;
  skbinfoOffset: u8;
  commentOffset: u8;

  /** Hash types: 2^bits buckets (addresses, 0 for none), counts of members per region, prefix lengths in use. */
  buckets: usize;
  regions: usize;
  prefixes: usize;
  bits: u32;
  /** Region that the next collection visits, and the tick when it does. */
  gcRegion: u32;
  gcTicks: u64;
  /** Bitmap types: one bit an element, and their extensions. list:set: first and last member. */
  members: usize;
  extensions: usize;
  /** bitmap:ip: addresses in an element. */
  hosts: u32;

  has(what: u32): bool {
    return (this.with & what) != 0;
  }

  get isHash(): bool {
    return this.type >= <u32>SetType.HashIp && this.type <= <u32>SetType.HashNetIface;
  }

  get isList(): bool {
    return this.type == SetType.ListSet;
  }

  /** Types whose members can be marked `nomatch` (IPSET_TYPE_NOMATCH). */
  get hasNomatch(): bool {
    return this.netCount != 0;
  }

  get addressSize(): u32 {
    return this.family == 6 ? 16 : 4;
  }

  /** HOST_MASK */
  get addressBits(): u32 {
    return this.family == 6 ? 128 : 32;
  }
}

export const KERNEL_SET_SIZE: u32 = (<u32>offsetof<KernelSet>() + 7) & ~7;

/** Extension fields, from their offset in an element. */
@unmanaged
export class Counters {
  bytes: u64;
  packets: u64;
}

@unmanaged
export class SkbInfo {
  mark: u32;
  markMask: u32;
  priority: u32;
  queue: u32;
}

/** Sets by number (the kernel's index + 1); 0 where none is. */
let sets: usize = allocate(64 * 4);
let capacity: u32 = 64;
let generations: u64 = 0;

/** The set of a number, null where none is. */
export function kernelSet(number: u32): KernelSet {
  return changetype<KernelSet>(number < capacity ? load<u32>(sets + (number << 2)) : 0);
}

export function putSet(number: u32, set: KernelSet): void {
  if (number >= capacity) growSets(number);
  store<u32>(sets + (number << 2), changetype<usize>(set));
}

function growSets(number: u32): void {
  let grown = capacity * 2;
  while (grown <= number) grown *= 2;
  const moved = allocate(grown * 4);
  memory.copy(moved, sets, capacity * 4);
  release(sets);
  sets = moved;
  capacity = grown;
}

/** Called by whatever changes what a look-up in the set may find. */
export function touchSet(set: KernelSet): void {
  generations += 1;
  set.generation = generations;
}

/** Places the extensions behind `size` bytes of key (ip_set_elem_len). */
export function placeExtensions(set: KernelSet, size: u32): void {
  let at = size;
  if (set.netCount != 0 || set.type == SetType.BitmapIpMac || set.isList) {
    set.flagsOffset = <u8>at;
    at += 4;
  }
  if (set.has(SET_WITH_COUNTERS)) {
    at = (at + 7) & ~7;
    set.countersOffset = <u8>at;
    at += <u32>offsetof<Counters>();
  }
  if (set.has(SET_WITH_TIMEOUT)) {
    at = (at + 7) & ~7;
    set.timeoutOffset = <u8>at;
    at += 8;
  }
  if (set.has(SET_WITH_SKBINFO)) {
    set.skbinfoOffset = <u8>at;
    at += <u32>offsetof<SkbInfo>();
  }
  if (set.has(SET_WITH_COMMENTS)) {
    set.commentOffset = <u8>at;
    at += 4;
  }
  const wide = set.has(SET_WITH_COUNTERS | SET_WITH_TIMEOUT);
  set.elementSize = wide ? (at + 7) & ~7 : at;
}
