import { allocate, release } from "../memory/allocate";
import { nowTicks } from "../packet/clock";
import { IpvsConnection } from "./connection";

/**
 * The timers of connections: a binary heap by time. A timer that is set later leaves its entry alone, which is put right
 * when it comes up; so a packet costs one store.
 *
 * ```text
 * entry 1..count:  | tick (u64) | connection (u32) | - |
 * ```
 */
const ENTRY: usize = 16;

/** The tick of what is to happen before the next packet. */
export const SOON: u64 = 0;

let entries: usize = allocate(1024 * ENTRY);
let capacity: u32 = 1024;
let count: u32 = 0;

/** Lets the connection end `ticks` from now (mod_timer). */
export function setTimer(connection: IpvsConnection, ticks: u64): void {
  setTimerAt(connection, nowTicks + ticks);
}

export function setTimerAt(connection: IpvsConnection, tick: u64): void {
  const before = connection.expires;
  connection.expires = tick;
  if (connection.heapIndex == 0) {
    if (count + 1 == capacity) grow();
    count += 1;
    place(count, tick, changetype<usize>(connection));
    rise(count);
    // An entry's time is never behind the timer's: mostly the heap need not be looked at.
  } else if (tick < before && tick < timeAt(connection.heapIndex)) {
    store<u64>(entryAt(connection.heapIndex), tick);
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

/** Tick of the earliest timer; all ones when there is none. */
export function earliestTimer(): u64 {
  while (count != 0) {
    const connection = changetype<IpvsConnection>(connectionAt(1));
    if (connection.expires == timeAt(1)) return connection.expires;
    store<u64>(entryAt(1), connection.expires);
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

function timeAt(index: u32): u64 {
  return load<u64>(entryAt(index));
}

function connectionAt(index: u32): usize {
  return load<usize>(entryAt(index), 8);
}

function place(index: u32, tick: u64, connection: usize): void {
  store<u64>(entryAt(index), tick);
  store<usize>(entryAt(index), connection, 8);
  changetype<IpvsConnection>(connection).heapIndex = index;
}

function move(from: u32, to: u32): void {
  place(to, timeAt(from), connectionAt(from));
}

function rise(index: u32): void {
  const tick = timeAt(index);
  const connection = connectionAt(index);
  while (index > 1 && timeAt(index >> 1) > tick) {
    move(index >> 1, index);
    index >>= 1;
  }
  place(index, tick, connection);
}

function sink(index: u32): void {
  const tick = timeAt(index);
  const connection = connectionAt(index);
  while (true) {
    let child = index * 2;
    if (child > count) break;
    if (child < count && timeAt(child + 1) < timeAt(child)) child += 1;
    if (timeAt(child) >= tick) break;
    move(child, index);
    index = child;
  }
  place(index, tick, connection);
}

function grow(): void {
  const moved = allocate(capacity * 2 * ENTRY);
  memory.copy(moved, entries, capacity * ENTRY);
  release(entries);
  entries = moved;
  capacity *= 2;
}
