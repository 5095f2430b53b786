import { allocate, release } from "../memory/allocate";
import { clearBytes, copyBytes } from "../memory/copy";
import { INPUT_RECORD_SIZE, InputRecord } from "../packet/input-record";

/**
 * Packet records that the core has read from a capture, one behind another, in the order in which they will run as far as that
 * is certain:
 *
 * ```text
 * | gone: they ran | waiting, with keys | read, without a key yet | room
 * 0                first                admitted                  count     capacity
 * ```
 */
let records: usize = 0;
let keys: usize = 0;
/** Where records are put when they change places; as large as those. */
let spareRecords: usize = 0;
let spareKeys: usize = 0;
let capacity: u32 = 0;
export let first: u32 = 0;
export let admitted: u32 = 0;
export let count: u32 = 0;
/** Of those that are not gone, and of those that went last and have not arrived, how many are not known to be input. */
export let unclear: u32 = 0;

/** How many of those from `first` on were scanned at once, from one piece, none earlier than the one before; 0: not known. */
export let orderly: u32 = 0;

export function noteUnclear(more: i32): void {
  unclear += more;
}

export function recordAt(index: u32): InputRecord {
  return changetype<InputRecord>(records + index * INPUT_RECORD_SIZE);
}

/** Nanoseconds since the first record of the capture: what decides the record's place. */
export function keyAt(index: u32): f64 {
  return load<f64>(keys + (index << 3));
}

/** The next record without a key gets it. */
export function admit(key: f64): void {
  store<f64>(keys + (admitted << 3), key);
  admitted += 1;
}

/** All records so far go as they are, so that none needs a key. */
export function releaseAll(): void {
  admitted = count;
  first = count;
  orderly = 0;
}

/** The records before `end` go. */
export function releaseUntil(end: u32): void {
  first = end;
  orderly = 0;
}

/** Records that there is room for. */
export function recordRoom(): u32 {
  return capacity - count;
}

/** So many records have been written behind the last, all of one piece. */
export function appended(more: u32, isAscending: bool): void {
  orderly = isAscending && count == first ? more : 0;
  count += more;
}

/** A zeroed record behind the last: the host has read it and fills it in. */
export function addRecord(): usize {
  const record = changetype<usize>(recordAt(count));
  clearBytes(record, INPUT_RECORD_SIZE);
  changetype<InputRecord>(record).size = INPUT_RECORD_SIZE;
  noteUnclear(1);
  count += 1;
  return record;
}

/** Makes room for so many records more; those that are gone make way. Records move. */
export function reserveRecords(more: u32): void {
  if (first > count - first || count + more > capacity) forgetGone();
  if (count + more <= capacity) return;
  const wanted = max(count + more, capacity * 2);
  records = moved(records, wanted * INPUT_RECORD_SIZE, count * INPUT_RECORD_SIZE);
  keys = moved(keys, wanted << 3, admitted << 3);
  if (spareRecords != 0) giveSpare();
  capacity = wanted;
}

function moved(from: usize, size: usize, used: usize): usize {
  const to = allocate(size);
  if (from == 0) return to;
  memory.copy(to, from, used);
  release(from);
  return to;
}

/** Puts the waiting records, all of which have keys, into the order of these places (32 bits each, from `first` on). */
export function reorder(order: usize): void {
  if (spareRecords == 0) {
    spareRecords = allocate(capacity * INPUT_RECORD_SIZE);
    spareKeys = allocate(capacity << 3);
  }
  const waiting = count - first;
  for (let i: u32 = 0; i < waiting; i++) {
    const from = load<u32>(order + (i << 2));
    copyBytes(spareRecords + i * INPUT_RECORD_SIZE, records + from * INPUT_RECORD_SIZE, INPUT_RECORD_SIZE);
    store<u64>(spareKeys + (i << 3), load<u64>(keys + (from << 3)));
  }
  const oldRecords = records;
  const oldKeys = keys;
  records = spareRecords;
  keys = spareKeys;
  spareRecords = oldRecords;
  spareKeys = oldKeys;
  first = 0;
  admitted = waiting;
  count = waiting;
}

function giveSpare(): void {
  release(spareRecords);
  release(spareKeys);
  spareRecords = 0;
  spareKeys = 0;
}

function forgetGone(): void {
  const waiting = count - first;
  memory.copy(records, records + first * INPUT_RECORD_SIZE, waiting * INPUT_RECORD_SIZE);
  memory.copy(keys, keys + (first << 3), (admitted - first) << 3);
  admitted -= first;
  count = waiting;
  first = 0;
}

assert(INPUT_RECORD_SIZE % 16 == 0);
