import { ADDRESSES6, coldOf, ctZone, Entry } from "../conntrack/entry";
import { hashTuple4, hashTuple6 } from "../conntrack/tuple-hash";
import { DEFAULT_ZONE } from "../conntrack/zone";
import { Splits } from "../hash/splits";
import { allocate } from "../memory/allocate";
import { PagedArray } from "../memory/paged-array";

/**
 * Connections by their original source (nf_nat_bysource): source NAT maps a client's port to the same port for every
 * destination where it can. Lists hold the newest connection first; unconfirmed connections are in them, too. Adding one splits
 * a list where there are as many connections as lists.
 */
const FIRST_BITS: u32 = 8;
const FULL: u32 = 1;
const HEAD_SHIFT: u32 = 2;

const heads = PagedArray.create(HEAD_SHIFT);
const splits = changetype<Splits>(memory.data(offsetof<Splits>(), 4));
let count: u32 = 0;

heads.reserve(1 << FIRST_BITS);
splits.bits = FIRST_BITS;

/** Connections in the lists. */
export function countBySource(): u32 {
  return count;
}

/** First connection that may have this original source (others share the list), 0 for none. */
export function firstBySource(source: usize, family: u32, port: u32, protocol: u32, zone: u32): usize {
  return load<usize>(heads.at(splits.indexOf(hashSource(source, family, port, protocol, zone))));
}

export function nextBySource(entry: Entry): usize {
  return coldOf(entry).bySourceNext;
}

export function addBySource(entry: Entry): void {
  if (count >= splits.count * FULL) splitList();
  count += 1;
  const head = headOf(entry);
  const first = load<usize>(head);
  const cold = coldOf(entry);
  cold.bySourceNext = first;
  cold.bySourcePrevious = 0;
  if (first != 0) coldOf(changetype<Entry>(first)).bySourcePrevious = changetype<usize>(entry);
  store<usize>(head, changetype<usize>(entry));
}

export function removeBySource(entry: Entry): void {
  count -= 1;
  const cold = coldOf(entry);
  if (cold.bySourcePrevious == 0) store<usize>(headOf(entry), cold.bySourceNext);
  else coldOf(changetype<Entry>(cold.bySourcePrevious)).bySourceNext = cold.bySourceNext;
  if (cold.bySourceNext != 0) coldOf(changetype<Entry>(cold.bySourceNext)).bySourcePrevious = cold.bySourcePrevious;
}

function headOf(entry: Entry): usize {
  return heads.at(splits.indexOf(hashOf(entry)));
}

function hashOf(entry: Entry): u64 {
  const at = changetype<usize>(entry);
  const source = entry.family == 4 ? at : at + ADDRESSES6;
  return hashSource(source, entry.family, entry.originalPorts & 0xffff, entry.protocol, ctZone(at));
}

/** The zone counts where it holds in both directions. */
function hashSource(source: usize, family: u32, port: u32, protocol: u32, zone: u32): u64 {
  const rest = protocol | ((zone & ~0xffff) == DEFAULT_ZONE ? (zone & 0xffff) << 8 : 0);
  return family == 4 ? hashTuple4(load<u32>(source), port, rest) : hashSource6(source, port, rest);
}

function hashSource6(source: usize, port: u32, rest: u32): u64 {
  store<u64>(source6, load<u64>(source));
  store<u64>(source6, load<u64>(source, 8), 8);
  return hashTuple6(source6, port, rest);
}

const source6 = allocate(32);

/** Makes two lists of the next one in turn; connections keep their order. */
function splitList(): void {
  const head = heads.at(splits.next);
  const twin = splits.twin;
  const bit = splits.bits;
  heads.reserve(twin + 1);
  splits.advance();
  const twinHead = heads.at(twin);
  let at = load<usize>(head);
  let last: usize = 0;
  let twinLast: usize = 0;
  store<usize>(head, 0);
  while (at != 0) {
    const entry = changetype<Entry>(at);
    const next = coldOf(entry).bySourceNext;
    if ((hashOf(entry) >> bit) & 1) {
      append(entry, twinHead, twinLast);
      twinLast = at;
    } else {
      append(entry, head, last);
      last = at;
    }
    at = next;
  }
}

/** @param last the last connection of the list, 0 where it is empty. */
function append(entry: Entry, head: usize, last: usize): void {
  const cold = coldOf(entry);
  cold.bySourceNext = 0;
  cold.bySourcePrevious = last;
  if (last == 0) store<usize>(head, changetype<usize>(entry));
  else coldOf(changetype<Entry>(last)).bySourceNext = changetype<usize>(entry);
}
