import { allocate, release } from "../memory/allocate";
import { holdsOf, pieceAt } from "./pieces";
import { admit, admitted, count, first, keyAt, orderly, recordAt, releaseAll, releaseUntil, reorder } from "./records";

/** What was found when packets were merged by time. */
@unmanaged
export class MergeTotals {
  /** Greatest time of a record so far, where that was certainly the greatest; in nanoseconds. */
  latestNs: u64;
  /** Packets that were put before one that stood before them in the file. */
  moved: u32;
  /** Packets that still lie behind a later one. */
  stepsBack: u32;
}

export const mergeTotals = changetype<MergeTotals>(memory.data(offsetof<MergeTotals>(), 8));

/** Base of the keys: the time of the first record. */
let base: u64 = 0;
let hasBase: bool = false;
let latest: f64 = -Infinity;
let lastNumber: u32 = 0;
/** Do those that wait stand in order of their keys? Packets of one interface mostly come so. */
let isSorted: bool = true;
/** Records since they were put in order last. */
let unsorted: u32 = 0;

/**
 * Merges records by time within a window, as the host does with packets (src/capture/reorder.ts, which says how): takes in those
 * that were read since the last time, and gives those whose place is certain now.
 *
 * @param windowNs 0 hands records on as they come.
 * @returns how many; they are the first, until the next are read.
 */
export function mergeRecords(windowNs: f64): u32 {
  if (windowNs == 0 && admitted == first) return handOn();
  while (admitted < count) {
    const key = keyOf(admitted, windowNs);
    if (admitted > first && key < keyAt(admitted - 1)) isSorted = false;
    admit(key);
    unsorted += 1;
  }
  const waiting = count - first;
  // Sorting costs as much as what waits: it has to be worth it.
  if (!isSorted && unsorted < waiting - unsorted) return 0;
  return releaseTo(latest - windowNs);
}

/** Greatest number of a record that has gone. */
export function lastReleased(): u32 {
  return lastNumber;
}

/** Hands records on as they come, and only notes those that lie behind a later one. */
function handOn(): u32 {
  const begin = first;
  const end = count;
  if (begin == end) return 0;
  if (!hasBase) keyOf(begin, 0);
  const totals = mergeTotals;
  const last = recordAt(end - 1);
  if (orderly == end - begin && recordAt(begin).timeNs >= totals.latestNs) {
    totals.latestNs = last.timeNs;
    pieceAt(last.piece).holders -= orderly;
  } else passOneByOne(begin, end);
  latest = max(latest, timeOf(totals.latestNs));
  lastNumber = last.number;
  releaseAll();
  return end - begin;
}

function passOneByOne(begin: u32, end: u32): void {
  const totals = mergeTotals;
  const holds = holdsOf(recordAt(begin).piece);
  for (let i = begin; i < end; i++) {
    const record = recordAt(i);
    const ns = record.timeNs;
    if (ns >= totals.latestNs) totals.latestNs = ns;
    else noteStepBack(i);
    holds.letGo(record.piece);
  }
  holds.finish();
}

function noteStepBack(index: u32): void {
  latest = max(latest, timeOf(mergeTotals.latestNs));
  keyOf(index, 0);
}

/** There are no more records: those that wait go. */
export function mergeRest(): u32 {
  return releaseTo(Infinity);
}

/** Its time, but not before what has been handed on when it is read. In doubles, as the host has it. */
function keyOf(index: u32, windowNs: f64): f64 {
  const ns = recordAt(index).timeNs;
  if (!hasBase) {
    hasBase = true;
    base = ns;
  }
  const time = timeOf(ns);
  if (time >= latest) {
    latest = time;
    mergeTotals.latestNs = max(mergeTotals.latestNs, ns);
    return time;
  }
  const handedOn = latest - windowNs;
  if (time >= handedOn) return time;
  mergeTotals.stepsBack += 1;
  return handedOn;
}

/** Nanoseconds since the first record. */
function timeOf(ns: u64): f64 {
  const high = <f64>(<i64>(ns >> 32) - <i64>(base >> 32));
  const low = <f64>(<i64>(ns & 0xffffffff) - <i64>(base & 0xffffffff));
  return high * 4294967296.0 + low;
}

function releaseTo(until: f64): u32 {
  if (!isSorted) sort();
  unsorted = 0;
  const begin = first;
  const end = firstAfter(until);
  if (begin == end) return 0;
  const holds = holdsOf(recordAt(begin).piece);
  for (let i = begin; i < end; i++) {
    const record = recordAt(i);
    const number = record.number;
    if (number < lastNumber) mergeTotals.moved += 1;
    else lastNumber = number;
    holds.letGo(record.piece);
  }
  holds.finish();
  releaseUntil(end);
  return end - begin;
}

/** The first record whose key is greater. */
function firstAfter(key: f64): u32 {
  let low = first;
  let high = admitted;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keyAt(middle) > key) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Stable: a natural merge sort of the records' places, since each interface's records mostly are in order. */
function sort(): void {
  const waiting = count - first;
  let from = allocate(waiting << 2);
  let to = allocate(waiting << 2);
  for (let i: u32 = 0; i < waiting; i++) store<u32>(from + (i << 2), first + i);
  while (mergeRuns(from, to, waiting) > 1) {
    const other = from;
    from = to;
    to = other;
  }
  reorder(to);
  release(from);
  release(to);
  isSorted = true;
}

function placedKey(order: usize, i: u32): f64 {
  return keyAt(load<u32>(order + (i << 2)));
}

/** Merges neighbouring runs that are in order, two at a time. @returns runs that there are now. */
function mergeRuns(from: usize, to: usize, length: u32): u32 {
  let runs: u32 = 0;
  let start: u32 = 0;
  while (start < length) {
    const middle = runEnd(from, start, length);
    const end = middle < length ? runEnd(from, middle, length) : middle;
    let left = start;
    let right = middle;
    for (let i = start; i < end; i++) {
      const takesLeft = left < middle && (right == end || placedKey(from, left) <= placedKey(from, right));
      const taken = takesLeft ? left++ : right++;
      store<u32>(to + (i << 2), load<u32>(from + (taken << 2)));
    }
    start = end;
    runs += 1;
  }
  return runs;
}

function runEnd(order: usize, start: u32, length: u32): u32 {
  let at = start + 1;
  while (at < length && placedKey(order, at - 1) <= placedKey(order, at)) at += 1;
  return at;
}
