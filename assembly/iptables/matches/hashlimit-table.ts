import { allocate, release } from "../../memory/allocate";
import { hz, nowTicks } from "../../packet/clock";

/**
 * The tables of -m hashlimit (net/netfilter/xt_hashlimit.c), one a name and family, shared by all rules that name it. The
 * rule that comes first decides how the table keeps its entries.
 */
@unmanaged
export class HashlimitTable {
  average: u64;
  burst: u64;
  buckets: usize;
  bucketMask: u32;
  entries: u32;
  /** Rules that use it; the table goes with the last one. */
  users: u32;
  /** `HASHLIMIT_*` bits. */
  mode: u32;
  maxEntries: u32;
  expireTicks: u32;
  collectTicks: u32;
  /** Seconds of a window, for rate matching. */
  interval: u32;
  sourceMask: u32;
  destinationMask: u32;
  /** Tick of the last collection. */
  collected: u64;
}

/** What a table tells apart, and its bucket of tokens or its window. */
@unmanaged
export class HashlimitEntry {
  destination0: u64;
  destination1: u64;
  source0: u64;
  source1: u64;
  /** Source port, then destination port, as in the packet. */
  ports: u32;
  next: usize;
  expires: u64;
  /** When tokens were last added, or the window began. */
  previous: u64;
  /** Tokens, or with rate matching what came within this window. */
  credit: u64;
  /** Most tokens; in byte mode how often an empty bucket may still be filled; with rate matching the burst. */
  cap: u64;
  /** Tokens that a packet costs; with rate matching the rate. */
  cost: u64;
  /** Rate matching: seconds of a window, and whether the last one was above the rate. */
  interval: u32;
  wasOver: bool;
}

const ENTRY_BYTES: usize = offsetof<HashlimitEntry>();
const KEY_BYTES: usize = offsetof<HashlimitEntry>("ports") + 4;
const FIRST_BUCKETS: u32 = 64;

/** Tables by the host's number for their name, from 1. */
let tables: usize = 0;
let tableCapacity: u32 = 0;

export function hashlimitTable(number: u32): HashlimitTable {
  return changetype<HashlimitTable>(number < tableCapacity ? load<usize>(tables + (number << 2)) : 0);
}

/** A rule begins to use a table; the table comes back new (with `users` 1) for the first one. */
export function holdHashlimitTable(number: u32): HashlimitTable {
  if (number >= tableCapacity) growTables(number);
  let table = hashlimitTable(number);
  if (changetype<usize>(table) == 0) {
    table = changetype<HashlimitTable>(allocate(offsetof<HashlimitTable>()));
    table.buckets = allocate(FIRST_BUCKETS << 2);
    table.bucketMask = FIRST_BUCKETS - 1;
    table.collected = nowTicks;
    store<usize>(tables + (number << 2), changetype<usize>(table));
  }
  table.users += 1;
  return table;
}

export function dropHashlimitTable(number: u32): void {
  const table = hashlimitTable(number);
  table.users -= 1;
  if (table.users != 0) return;
  collect(table, u64.MAX_VALUE);
  release(table.buckets);
  release(changetype<usize>(table));
  store<usize>(tables + (number << 2), 0);
}

/** The collector runs every `collectTicks` and takes what has expired by then; it may be late to tell. */
export function collectExpired(table: HashlimitTable): void {
  const passed = nowTicks - table.collected;
  if (passed < table.collectTicks) return;
  table.collected += passed - (passed % table.collectTicks);
  if (table.entries != 0) collect(table, table.collected);
}

/** The entry with the key that `wanted` begins with; null when there is none. */
export function findHashlimit(table: HashlimitTable, wanted: HashlimitEntry): HashlimitEntry | null {
  let at = load<usize>(bucketOf(table, wanted));
  while (at != 0) {
    if (memory.compare(at, changetype<usize>(wanted), KEY_BYTES) == 0) return changetype<HashlimitEntry>(at);
    at = changetype<HashlimitEntry>(at).next;
  }
  return null;
}

/** A new entry with this key; null when the table is full. */
export function addHashlimit(table: HashlimitTable, key: HashlimitEntry): HashlimitEntry | null {
  if (table.entries >= table.maxEntries) return null;
  if (table.entries > table.bucketMask) growBuckets(table);
  const entry = changetype<HashlimitEntry>(allocate(ENTRY_BYTES));
  memory.copy(changetype<usize>(entry), changetype<usize>(key), KEY_BYTES);
  link(table, entry);
  table.entries += 1;
  return entry;
}

/** Ticks of a time in milliseconds, rounded up (msecs_to_jiffies). */
export function ticksOf(milliseconds: u32): u32 {
  return <u32>((<u64>milliseconds * hz + 999) / 1000);
}

function link(table: HashlimitTable, entry: HashlimitEntry): void {
  const bucket = bucketOf(table, entry);
  entry.next = load<usize>(bucket);
  store<usize>(bucket, changetype<usize>(entry));
}

function collect(table: HashlimitTable, until: u64): void {
  for (let i: u32 = 0; i <= table.bucketMask; i++) {
    let at = table.buckets + (i << 2);
    while (load<usize>(at) != 0) {
      const entry = changetype<HashlimitEntry>(load<usize>(at));
      if (entry.expires > until) {
        at = changetype<usize>(entry) + offsetof<HashlimitEntry>("next");
        continue;
      }
      store<usize>(at, entry.next);
      release(changetype<usize>(entry));
      table.entries -= 1;
    }
  }
}

function bucketOf(table: HashlimitTable, key: HashlimitEntry): usize {
  let hash = key.destination0 ^ (key.source0 * 0x9e3779b97f4a7c15) ^ key.ports;
  hash = (hash ^ key.destination1 ^ (hash >> 31)) * 0xbf58476d1ce4e5b9;
  hash = (hash ^ key.source1 ^ (hash >> 29)) * 0x94d049bb133111eb;
  return table.buckets + ((<usize>(<u32>(hash >> 32) & table.bucketMask)) << 2);
}

function growBuckets(table: HashlimitTable): void {
  const old = table.buckets;
  const oldMask = table.bucketMask;
  table.bucketMask = oldMask * 4 + 3;
  table.buckets = allocate((<usize>table.bucketMask + 1) << 2);
  for (let i: u32 = 0; i <= oldMask; i++) {
    let at = load<usize>(old + (i << 2));
    while (at != 0) {
      const entry = changetype<HashlimitEntry>(at);
      at = entry.next;
      link(table, entry);
    }
  }
  release(old);
}

function growTables(number: u32): void {
  const capacity = (number | 15) + 1;
  const moved = allocate(capacity << 2);
  memory.copy(moved, tables, tableCapacity << 2);
  release(tables);
  tables = moved;
  tableCapacity = capacity;
}
