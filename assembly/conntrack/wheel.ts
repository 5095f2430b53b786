import { allocate } from "../memory/allocate";
import { hz, nowTicks } from "../packet/clock";
import { coldOf, Entry } from "./entry";

/**
 * When to look at which entry: a wheel of slots of one second. An entry lies in the slot in which its time will have come;
 * refreshing moves nothing, the entry is put further on when its slot comes up. Times beyond the wheel wait in its last slot.
 */
const SLOTS: u32 = 1024;
const NO_SLOT: u64 = 0xffffffffffffffff;

const heads = allocate(SLOTS << 2);
/** The second whose slot is looked at next; all before it are done. */
let position: u64 = NO_SLOT;

/** Puts an entry where its timeout says. */
export function arm(entry: Entry): void {
  const left = <i32>(entry.timeout - <u32>nowTicks);
  const due = nowTicks + <u64>max<i32>(left, 0);
  if (position == NO_SLOT) position = nowTicks / hz;
  let second = due / hz + 1;
  if (second >= position + SLOTS) second = position + SLOTS - 1;
  if (second < position) second = position;
  link(entry, <u32>second & (SLOTS - 1));
}

export function disarm(entry: Entry): void {
  const cold = coldOf(entry);
  if (cold.wheelPrevious == 0) store<usize>(heads + ((<usize>cold.wheelSlot) << 2), cold.wheelNext);
  else coldOf(changetype<Entry>(cold.wheelPrevious)).wheelNext = cold.wheelNext;
  if (cold.wheelNext != 0) coldOf(changetype<Entry>(cold.wheelNext)).wheelPrevious = cold.wheelPrevious;
}

/**
 * The next entry whose slot has come up, taken off the wheel; 0 when there is none now. The caller ends it or puts it
 * back with {@link arm}.
 */
export function nextDue(): usize {
  const now = nowTicks / hz;
  while (position <= now) {
    const first = load<usize>(heads + ((<usize>position & (SLOTS - 1)) << 2));
    if (first != 0) {
      disarm(changetype<Entry>(first));
      return first;
    }
    // After a long gap one turn of the wheel sees every slot.
    position = position + SLOTS < now ? now - SLOTS + 1 : position + 1;
  }
  return 0;
}

/** Is there nothing to look at before the next second? */
export function wheelIsQuiet(): bool {
  return position == NO_SLOT || nowTicks < position * hz;
}

function link(entry: Entry, slot: u32): void {
  const cold = coldOf(entry);
  const head = heads + (slot << 2);
  const first = load<usize>(head);
  cold.wheelSlot = <u16>slot;
  cold.wheelPrevious = 0;
  cold.wheelNext = first;
  if (first != 0) coldOf(changetype<Entry>(first)).wheelPrevious = changetype<usize>(entry);
  store<usize>(head, changetype<usize>(entry));
}
