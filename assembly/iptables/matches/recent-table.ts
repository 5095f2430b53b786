import { allocate, release } from "../../memory/allocate";
import { copyAddress, sameAddress } from "../../packet/bytes";
import { nowTicks } from "../../packet/clock";

/**
 * The tables of -m recent (net/netfilter/xt_recent.c), one a name, shared by all rules of both families that name it.
 *
 * ```text
 *  table: buckets -> entry -> entry -> 0       (in the order of entry)
 *         oldest <-> ... <-> newest            (by last update)
 * ```
 */
@unmanaged
export class RecentTable {
  oldest: usize;
  newest: usize;
  entries: u32;
  /** Rules that use it; the table goes with the last one. */
  users: u32;
  /** One less than the number of stamps of an entry, a power of two. */
  stampMask: u32;
  mask0: u64;
  mask1: u64;
}

/** An address that was seen, with the ticks of its last packets behind it. */
@unmanaged
export class RecentEntry {
  address0: u64;
  address1: u64;
  next: usize;
  older: usize;
  newer: usize;
  family: u8;
  ttl: u8;
  /** Next stamp to write; wraps as the kernel's u8 does. */
  index: u8;
  stamps: u16;
}

/** ip_list_tot: entries of a table; one more pushes out the one that was updated longest ago. */
const MAX_ENTRIES: u32 = 100;
/** ip_list_hash_size. */
const BUCKETS: u32 = 128;
const TABLE_BYTES: usize = (offsetof<RecentTable>() + 7) & ~7;
const STAMPS: usize = (offsetof<RecentEntry>() + 7) & ~7;

/** Tables by the host's number for their name, from 1. */
let tables: usize = 0;
let tableCapacity: u32 = 0;

/** A rule begins to use the table (recent_mt_check); the first one's mask counts. */
export function holdRecentTable(number: u32, stampMask: u32, mask: usize): void {
  if (number >= tableCapacity) growTables(number);
  let table = recentTable(number);
  if (changetype<usize>(table) == 0) {
    table = changetype<RecentTable>(allocate(TABLE_BYTES + BUCKETS * sizeof<usize>()));
    table.stampMask = stampMask;
    table.mask0 = load<u64>(mask);
    table.mask1 = load<u64>(mask, 8);
    store<usize>(tables + (number << 2), changetype<usize>(table));
  } else if (stampMask > table.stampMask) {
    flush(table);
    table.stampMask = stampMask;
  }
  table.users += 1;
}

export function dropRecentTable(number: u32): void {
  const table = recentTable(number);
  table.users -= 1;
  if (table.users != 0) return;
  flush(table);
  store<usize>(tables + (number << 2), 0);
  release(changetype<usize>(table));
}

export function recentTable(number: u32): RecentTable {
  return changetype<RecentTable>(load<usize>(tables + (number << 2)));
}

/** The entry of an address (16 bytes, masked); `ttl` 0 asks for any. Null when there is none. */
export function findRecent(table: RecentTable, address: usize, family: u32, ttl: u32): RecentEntry | null {
  let at = load<usize>(bucketOf(table, address));
  while (at != 0) {
    const entry = changetype<RecentEntry>(at);
    if (entry.family == family && sameAddress(address, at) && (ttl == 0 || entry.ttl == 0 || entry.ttl == ttl))
      return entry;
    at = entry.next;
  }
  return null;
}

/** recent_entry_init(). */
export function addRecent(table: RecentTable, address: usize, family: u32, ttl: u32): void {
  if (table.entries >= MAX_ENTRIES) removeRecent(table, changetype<RecentEntry>(table.oldest));
  const entry = changetype<RecentEntry>(allocate(STAMPS + (<usize>table.stampMask + 1) * 8));
  copyAddress(changetype<usize>(entry), address, 6);
  entry.family = <u8>family;
  entry.ttl = <u8>ttl;
  entry.index = 1;
  entry.stamps = 1;
  store<u64>(changetype<usize>(entry) + STAMPS, nowTicks);
  let link = bucketOf(table, address);
  while (load<usize>(link) != 0) link = load<usize>(link) + offsetof<RecentEntry>("next");
  store<usize>(link, changetype<usize>(entry));
  linkNewest(table, entry);
  table.entries += 1;
}

/** recent_entry_update(): one more stamp, and the entry is the newest. */
export function updateRecent(table: RecentTable, entry: RecentEntry, ttl: u32): void {
  entry.index = <u8>(entry.index & table.stampMask);
  store<u64>(changetype<usize>(entry) + STAMPS + ((<usize>entry.index) << 3), nowTicks);
  entry.index += 1;
  if (entry.index > entry.stamps) entry.stamps = entry.index;
  unlink(table, entry);
  linkNewest(table, entry);
  entry.ttl = <u8>ttl;
}

/** Stamp `i` in the order of its place, not of time. */
export function recentStamp(entry: RecentEntry, i: u32): i64 {
  return load<i64>(changetype<usize>(entry) + STAMPS + ((<usize>i) << 3));
}

export function removeRecent(table: RecentTable, entry: RecentEntry): void {
  let link = bucketOf(table, changetype<usize>(entry));
  while (load<usize>(link) != changetype<usize>(entry)) link = load<usize>(link) + offsetof<RecentEntry>("next");
  store<usize>(link, entry.next);
  unlink(table, entry);
  table.entries -= 1;
  release(changetype<usize>(entry));
}

function flush(table: RecentTable): void {
  while (table.oldest != 0) removeRecent(table, changetype<RecentEntry>(table.oldest));
}

/** Where the first entry of an address's bucket is linked. */
function bucketOf(table: RecentTable, address: usize): usize {
  const hash = (load<u64>(address) ^ load<u64>(address, 8)) * 0x9e3779b97f4a7c15;
  return changetype<usize>(table) + TABLE_BYTES + ((<usize>(hash >> 57)) << 2);
}

function linkNewest(table: RecentTable, entry: RecentEntry): void {
  entry.newer = 0;
  entry.older = table.newest;
  if (table.newest == 0) table.oldest = changetype<usize>(entry);
  else changetype<RecentEntry>(table.newest).newer = changetype<usize>(entry);
  table.newest = changetype<usize>(entry);
}

function unlink(table: RecentTable, entry: RecentEntry): void {
  if (entry.older == 0) table.oldest = entry.newer;
  else changetype<RecentEntry>(entry.older).newer = entry.newer;
  if (entry.newer == 0) table.newest = entry.older;
  else changetype<RecentEntry>(entry.newer).older = entry.older;
}

function growTables(number: u32): void {
  const capacity = (number | 15) + 1;
  const moved = allocate(capacity << 2);
  memory.copy(moved, tables, tableCapacity << 2);
  release(tables);
  tables = moved;
  tableCapacity = capacity;
}
