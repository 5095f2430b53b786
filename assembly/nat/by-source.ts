import { coldOf, ctZone, Entry } from "../conntrack/entry";
import { hashTuple4, hashTuple6 } from "../conntrack/tuple-hash";
import { DEFAULT_ZONE } from "../conntrack/zone";
import { allocate, release } from "../memory/allocate";

/**
 * Connections by their original source (nf_nat_bysource): source NAT maps a client's port to the same port for every
 * destination where it can. Lists hold the newest connection first; unconfirmed connections are in them, too.
 */
const FIRST_SIZE: u32 = 256;

let heads: usize = allocate(FIRST_SIZE << 2);
let size: u32 = FIRST_SIZE;
let count: u32 = 0;

/** First connection that may have this original source (others share the list), 0 for none. */
export function firstBySource(source: usize, family: u32, port: u32, protocol: u32, zone: u32): usize {
  return load<usize>(heads + ((<usize>slotOf(source, family, port, protocol, zone)) << 2));
}

export function nextBySource(entry: Entry): usize {
  return coldOf(entry).bySourceNext;
}

export function addBySource(entry: Entry): void {
  if (count >= size * 2) grow();
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
  const at = changetype<usize>(entry);
  const source = entry.family == 4 ? at : at + 128;
  const zone = ctZone(at);
  return heads + ((<usize>slotOf(source, entry.family, entry.originalPorts & 0xffff, entry.protocol, zone)) << 2);
}

/** The zone counts where it holds in both directions. */
function slotOf(source: usize, family: u32, port: u32, protocol: u32, zone: u32): u32 {
  const rest = protocol | ((zone & ~0xffff) == DEFAULT_ZONE ? (zone & 0xffff) << 8 : 0);
  const hash = family == 4 ? hashTuple4(load<u32>(source), port, rest) : hashSource6(source, port, rest);
  return <u32>(hash >> 32) & (size - 1);
}

function hashSource6(source: usize, port: u32, rest: u32): u64 {
  store<u64>(source6, load<u64>(source));
  store<u64>(source6, load<u64>(source, 8), 8);
  return hashTuple6(source6, port, rest);
}

const source6 = allocate(32);

/** Doubles the table; connections keep their order within a list. */
function grow(): void {
  const oldHeads = heads;
  const oldSize = size;
  size *= 2;
  heads = allocate(size << 2);
  const tails = allocate(size << 2);
  for (let slot: u32 = 0; slot < oldSize; slot++) {
    let at = load<usize>(oldHeads + (slot << 2));
    while (at != 0) {
      const entry = changetype<Entry>(at);
      const next = coldOf(entry).bySourceNext;
      append(entry, headOf(entry), tails);
      at = next;
    }
  }
  release(oldHeads);
  release(tails);
}

function append(entry: Entry, head: usize, tails: usize): void {
  const cold = coldOf(entry);
  const tail = tails + (head - heads);
  const last = load<usize>(tail);
  cold.bySourceNext = 0;
  cold.bySourcePrevious = last;
  if (last == 0) store<usize>(head, changetype<usize>(entry));
  else coldOf(changetype<Entry>(last)).bySourceNext = changetype<usize>(entry);
  store<usize>(tail, changetype<usize>(entry));
}
