import { TABLE_LOCAL, TABLE_MAIN } from "../abi/route";
import { allocate, release } from "../memory/allocate";
import { flushRoutes } from "./input-cache";

/**
 * Routing tables: for each table the prefix lengths that occur in it, longest first, and one hash table of prefixes for
 * all of them. A look-up probes once a length, whatever the number of routes.
 *
 * ```text
 * FibTable ── lengths 32, 24, 16, 0            (table, length, masked address) ─▶ FibPrefix ─▶ FibEntry ─▶ FibEntry
 *                                                                                 │ next in bucket
 * ```
 * Addresses are 16 bytes, IPv4 in the first four, the rest zero.
 */
@unmanaged
export class FibTable {
  number: u32;
  family: u32;
  next: usize;
  /** Prefix lengths that occur, longest first: one byte each, room for 129. */
  lengths: usize;
  lengthCount: u32;
  /** Default routes in it. */
  defaults: u32;
}

@unmanaged
class FibPrefix {
  address0: u64;
  address1: u64;
  table: FibTable;
  prefixLength: u32;
  first: usize;
  /** Next prefix of the bucket. */
  next: usize;
}

/** A route; `FibNextHop` records follow it in memory. The host writes it. */
@unmanaged
export class FibEntry {
  destination0: u64;
  destination1: u64;
  /** IPv6 routes that hold for some sources only. */
  source0: u64;
  source1: u64;
  prefSource0: u64;
  prefSource1: u64;
  /** Next route of the prefix, in the order in which they are tried. */
  next: usize;
  table: u32;
  metric: u32;
  mtu: u32;
  nextHopCount: u32;
  family: u8;
  prefixLength: u8;
  sourceLength: u8;
  tos: u8;
  /** A `RouteType`. */
  type: u8;
  scope: u8;

  nextHop(index: u32): FibNextHop {
    return changetype<FibNextHop>(changetype<usize>(this) + FIB_ENTRY_SIZE + index * FIB_NEXT_HOP_SIZE);
  }
}

@unmanaged
export class FibNextHop {
  gateway0: u64;
  gateway1: u64;
  device: u32;
  weight: u32;
  /** Multipath: the flow's hash must not be above this (fib_rebalance). */
  upperBound: u32;
  /** Family of the gateway, 0 for none. */
  gatewayFamily: u8;
  /** Not used: dead, or without link on a device that ignores routes then. */
  dead: u8;
}

export const FIB_ENTRY_SIZE: usize = (offsetof<FibEntry>() + 7) & ~7;
export const FIB_NEXT_HOP_SIZE: usize = (offsetof<FibNextHop>() + 7) & ~7;

/** Masks of 0 to 128 bits, 16 bytes each. */
const masks: usize = makeMasks();

function makeMasks(): usize {
  const block = allocate(129 * 16);
  for (let length: u32 = 0; length <= 128; length++) {
    for (let bit: u32 = 0; bit < length; bit++) {
      const at = block + length * 16 + bit / 8;
      store<u8>(at, load<u8>(at) | (<u8>0x80 >> <u8>(bit & 7)));
    }
  }
  return block;
}

export function mask0(length: u32): u64 {
  return load<u64>(masks + ((<usize>length) << 4));
}

export function mask1(length: u32): u64 {
  return load<u64>(masks + ((<usize>length) << 4), 8);
}

let firstTable: usize = 0;
let buckets: usize = 0;
let bucketCount: u32 = 0;
let prefixCount: u32 = 0;

/** Without rules of its own, IPv4 keeps local and main in one trie (fib_unmerge): one look-up over both. */
let merged4: bool = true;

export function setMerged4(merged: bool): void {
  merged4 = merged;
}

/** The table that holds the routes of a number, 0 when there is none. */
export function findTable(family: u32, number: u32): usize {
  if (family == 4 && merged4 && number == TABLE_LOCAL) number = TABLE_MAIN;
  let table = firstTable;
  while (table != 0) {
    const record = changetype<FibTable>(table);
    if (record.number == number && record.family == family) return table;
    table = record.next;
  }
  return 0;
}

function tableOf(family: u32, number: u32): FibTable {
  const found = findTable(family, number);
  if (found != 0) return changetype<FibTable>(found);
  const table = changetype<FibTable>(allocate(offsetof<FibTable>()));
  table.number = family == 4 && merged4 && number == TABLE_LOCAL ? TABLE_MAIN : number;
  table.family = family;
  table.lengths = allocate(129);
  table.next = firstTable;
  firstTable = changetype<usize>(table);
  return table;
}

/** Routes of a prefix in a table, 0 for none. The address is masked. */
export function findPrefix(table: FibTable, length: u32, address0: u64, address1: u64): usize {
  if (bucketCount == 0) return 0;
  let at = load<usize>(bucketOf(table, length, address0, address1));
  while (at != 0) {
    const prefix = changetype<FibPrefix>(at);
    if (
      prefix.address0 == address0 &&
      prefix.address1 == address1 &&
      prefix.prefixLength == length &&
      prefix.table == table
    ) {
      return prefix.first;
    }
    at = prefix.next;
  }
  return 0;
}

function bucketOf(table: FibTable, length: u32, address0: u64, address1: u64): usize {
  let hash = (address0 ^ ((<u64>changetype<usize>(table)) << 32)) * 0x9e3779b97f4a7c15;
  hash ^= (address1 + length) * 0xc2b2ae3d27d4eb4f;
  hash ^= hash >> 29;
  hash *= 0xbf58476d1ce4e5b9;
  return buckets + ((<usize>(hash >> 32) & (bucketCount - 1)) << 2);
}

/** Takes a route (a block of {@link newRoute}). */
export function insertRoute(entry: FibEntry): void {
  flushRoutes();
  const table = tableOf(entry.family, entry.table);
  const length: u32 = entry.prefixLength;
  const prefix = prefixOf(table, length, entry.destination0 & mask0(length), entry.destination1 & mask1(length));
  if (length == 0) table.defaults += 1;
  let previous: usize = 0;
  let at = prefix.first;
  while (at != 0 && !goesBefore(entry, changetype<FibEntry>(at))) {
    previous = at;
    at = changetype<FibEntry>(at).next;
  }
  entry.next = at;
  if (previous == 0) prefix.first = changetype<usize>(entry);
  else changetype<FibEntry>(previous).next = changetype<usize>(entry);
  balance(entry);
}

/** Local before main in the merged trie, narrow sources first, greater TOS first, smaller metric first (fib_find_alias). */
function goesBefore(entry: FibEntry, other: FibEntry): bool {
  if (entry.table != other.table) return entry.table > other.table;
  if (entry.sourceLength != other.sourceLength) return entry.sourceLength > other.sourceLength;
  if (entry.tos != other.tos) return entry.tos > other.tos;
  return entry.metric < other.metric;
}

/** Upper bounds of the next hops in the space of 31-bit hashes (fib_rebalance, rt6_multipath_rebalance). */
function balance(entry: FibEntry): void {
  let total: u64 = 0;
  for (let i: u32 = 0; i < entry.nextHopCount; i++) {
    if (!entry.nextHop(i).dead) total += entry.nextHop(i).weight;
  }
  let sum: u64 = 0;
  for (let i: u32 = 0; i < entry.nextHopCount; i++) {
    const hop = entry.nextHop(i);
    if (hop.dead || total == 0) {
      // Linux writes -1: no hash is that small. Dead next hops are skipped before the bound is read.
      hop.upperBound = 0;
      continue;
    }
    sum += hop.weight;
    hop.upperBound = <u32>(((sum << 31) + total / 2) / total) - 1;
  }
}

function prefixOf(table: FibTable, length: u32, address0: u64, address1: u64): FibPrefix {
  if (prefixCount >= bucketCount) grow();
  let bucket = bucketOf(table, length, address0, address1);
  let at = load<usize>(bucket);
  while (at != 0) {
    const prefix = changetype<FibPrefix>(at);
    const same = prefix.address0 == address0 && prefix.address1 == address1;
    if (same && prefix.prefixLength == length && prefix.table == table) return prefix;
    at = prefix.next;
  }
  const made = changetype<FibPrefix>(allocate(offsetof<FibPrefix>()));
  made.address0 = address0;
  made.address1 = address1;
  made.table = table;
  made.prefixLength = length;
  made.next = load<usize>(bucket);
  store<usize>(bucket, changetype<usize>(made));
  prefixCount += 1;
  noteLength(table, length);
  return made;
}

function noteLength(table: FibTable, length: u32): void {
  let i: u32 = 0;
  while (i < table.lengthCount && load<u8>(table.lengths + i) > length) i++;
  if (i < table.lengthCount && load<u8>(table.lengths + i) == length) return;
  memory.copy(table.lengths + i + 1, table.lengths + i, table.lengthCount - i);
  store<u8>(table.lengths + i, <u8>length);
  table.lengthCount += 1;
}

function grow(): void {
  const oldBuckets = buckets;
  const oldCount = bucketCount;
  bucketCount = oldCount == 0 ? 256 : oldCount * 2;
  buckets = allocate(bucketCount << 2);
  for (let i: u32 = 0; i < oldCount; i++) {
    let at = load<usize>(oldBuckets + (i << 2));
    while (at != 0) {
      const prefix = changetype<FibPrefix>(at);
      at = prefix.next;
      const bucket = bucketOf(prefix.table, prefix.prefixLength, prefix.address0, prefix.address1);
      prefix.next = load<usize>(bucket);
      store<usize>(bucket, changetype<usize>(prefix));
    }
  }
  release(oldBuckets);
}

/** A zeroed route with room for its next hops. */
export function newRoute(nextHops: u32): usize {
  const entry = changetype<FibEntry>(allocate(FIB_ENTRY_SIZE + nextHops * FIB_NEXT_HOP_SIZE));
  entry.nextHopCount = nextHops;
  return changetype<usize>(entry);
}

/** Forgets all routes and tables of both families. */
export function clearRoutes(): void {
  flushRoutes();
  for (let i: u32 = 0; i < bucketCount; i++) releaseBucket(load<usize>(buckets + (i << 2)));
  release(buckets);
  buckets = 0;
  bucketCount = 0;
  prefixCount = 0;
  while (firstTable != 0) {
    const table = changetype<FibTable>(firstTable);
    firstTable = table.next;
    release(table.lengths);
    release(changetype<usize>(table));
  }
}

function releaseBucket(prefix: usize): void {
  while (prefix != 0) {
    let entry = changetype<FibPrefix>(prefix).first;
    while (entry != 0) {
      const next = changetype<FibEntry>(entry).next;
      release(entry);
      entry = next;
    }
    const next = changetype<FibPrefix>(prefix).next;
    release(prefix);
    prefix = next;
  }
}
