import { allocate, release } from "../memory/allocate";
import { slotEnd, wheelLevel } from "../packet/timer-wheel";
import { IpvsConnection } from "./connection";

/**
 * The timers of connections: a binary heap by their slots in the kernel's timer wheel, those of one slot the last one first. A timer
 * that is set later leaves its entry alone, which is put right when it comes up; so a packet costs a few stores.
 *
 * ```text
 * entry 1..count:  | slot (u64) | connection (u32) | turn (u32) |
 * ```
 */
const ENTRY: usize = 16;

/** The tick of what is to happen before the next packet. */
export const SOON: u64 = 0;

/** Levels of the wheel; a slot is the tick of its end, and behind it the level, the widest first. */
const LEVELS: u64 = 15;
const LEVEL_BITS: u64 = 4;

let entries: usize = allocate(1024 * ENTRY);
let capacity: u32 = 1024;
let count: u32 = 0;
let turns: u32 = 0;

/** Lets the connection end before the next packet. */
export function setTimerSoon(connection: IpvsConnection): void {
  setSlot(connection, SOON, 0);
}

/** Lets the connection end `ticks` after `now`, the tick that is or was (mod_timer). */
export function setTimer(connection: IpvsConnection, now: u64, ticks: u64): void {
  setSlot(connection, now + ticks, wheelLevel(ticks));
}

/** The slot that the timer is in; one that is set soon comes before all others. */
function slotOf(connection: IpvsConnection): u64 {
  if (connection.expires == SOON) return SOON;
  const level: u32 = connection.level;
  return (slotEnd(connection.expires, level) << LEVEL_BITS) | (LEVELS - level);
}

/** A timer that stays in its slot keeps its place there. */
function setSlot(connection: IpvsConnection, expires: u64, level: u32): void {
  const before = slotOf(connection);
  connection.expires = expires;
  connection.level = <u8>level;
  const slot = slotOf(connection);
  if (connection.heapIndex != 0 && slot == before) return;
  const turn = turns++;
  connection.turn = turn;
  if (connection.heapIndex == 0) {
    if (count + 1 == capacity) grow();
    count += 1;
    place(count, slot, turn, changetype<usize>(connection));
    rise(count);
    // An entry's slot is never behind the timer's: mostly the heap need not be looked at.
  } else if (slot < slotAt(connection.heapIndex)) {
    place(connection.heapIndex, slot, turn, changetype<usize>(connection));
    rise(connection.heapIndex);
  }
}

/** Stops the timer. @returns whether one ran (del_timer). */
export function stopTimer(connection: IpvsConnection): bool {
  const index = connection.heapIndex;
  if (index == 0) return false;
  connection.heapIndex = 0;
  const last = count;
  count -= 1;
  if (index != last) {
    move(last, index);
    rise(index);
    sink(index);
  }
  return true;
}

/** Tick at which the earliest timer runs; all ones when there is none. */
export function earliestTimer(): u64 {
  while (count != 0) {
    const connection = changetype<IpvsConnection>(connectionAt(1));
    if (connection.turn == turnAt(1)) return slotAt(1) >> LEVEL_BITS;
    place(1, slotOf(connection), connection.turn, changetype<usize>(connection));
    sink(1);
  }
  return u64.MAX_VALUE;
}

/** The connection of the earliest timer, which is stopped. Ask {@link earliestTimer} first. */
export function takeEarliest(): IpvsConnection {
  const connection = changetype<IpvsConnection>(connectionAt(1));
  stopTimer(connection);
  return connection;
}

function entryAt(index: u32): usize {
  return entries + index * ENTRY;
}

function slotAt(index: u32): u64 {
  return load<u64>(entryAt(index));
}

function connectionAt(index: u32): usize {
  return load<usize>(entryAt(index), 8);
}

function turnAt(index: u32): u32 {
  return load<u32>(entryAt(index), 12);
}

function place(index: u32, slot: u64, turn: u32, connection: usize): void {
  const entry = entryAt(index);
  store<u64>(entry, slot);
  store<usize>(entry, connection, 8);
  store<u32>(entry, turn, 12);
  changetype<IpvsConnection>(connection).heapIndex = index;
}

function move(from: u32, to: u32): void {
  place(to, slotAt(from), turnAt(from), connectionAt(from));
}

/** Does the entry run before one of this slot and turn? Turns wrap; those of one slot lie close together. */
function runsBefore(index: u32, slot: u64, turn: u32): bool {
  const own = slotAt(index);
  return own < slot || (own == slot && <i32>(turnAt(index) - turn) > 0);
}

function rise(index: u32): void {
  const slot = slotAt(index);
  const turn = turnAt(index);
  const connection = connectionAt(index);
  while (index > 1 && !runsBefore(index >> 1, slot, turn)) {
    move(index >> 1, index);
    index >>= 1;
  }
  place(index, slot, turn, connection);
}

function sink(index: u32): void {
  const slot = slotAt(index);
  const turn = turnAt(index);
  const connection = connectionAt(index);
  while (true) {
    let child = index * 2;
    if (child > count) break;
    if (child < count && runsBefore(child + 1, slotAt(child), turnAt(child))) child += 1;
    if (!runsBefore(child, slot, turn)) break;
    move(child, index);
    index = child;
  }
  place(index, slot, turn, connection);
}

function grow(): void {
  const moved = allocate(capacity * 2 * ENTRY);
  memory.copy(moved, entries, capacity * ENTRY);
  release(entries);
  entries = moved;
  capacity *= 2;
}
