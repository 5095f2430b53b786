import { HASHLIMIT_BYTES, HASHLIMIT_RATE_MATCH } from "../../abi/rule";
import { hz, nowTicks } from "../../packet/clock";
import { HashlimitEntry, HashlimitTable } from "./hashlimit-table";

/** Arithmetic of -m hashlimit (net/netfilter/xt_hashlimit.c: rateinfo_init, rateinfo_recalc, hashlimit_byte_cost). */

/** XT_HASHLIMIT_SCALE_v2. */
const SCALE: u64 = 1_000_000;
/** Bytes are counted in pieces of 16. */
const BYTE_SHIFT: u32 = 4;

/** The entry is new: its bucket is full, its window begins. */
export function startRate(entry: HashlimitEntry, table: HashlimitTable): void {
  entry.previous = nowTicks;
  entry.wasOver = false;
  if (table.mode & HASHLIMIT_RATE_MATCH) return startWindow(entry, table);
  if (table.mode & HASHLIMIT_BYTES) {
    entry.credit = byteCap();
    entry.cost = <u32>((<u64>(<u32>table.average) * byteCap()) >> 32);
    entry.cap = table.burst;
    return;
  }
  entry.credit = creditsOf(table.average * table.burst);
  entry.cost = creditsOf(table.average);
  entry.cap = entry.credit;
}

/** With rate matching `credit` counts what came, `cost` is the rate, `cap` the burst. `wasOver` and `interval` as they say. */
function startWindow(entry: HashlimitEntry, table: HashlimitTable): void {
  entry.credit = 0;
  entry.interval = table.interval;
  if (table.mode & HASHLIMIT_BYTES) {
    const average = <u32>table.average;
    const inverse: u64 = average != 0 ? 0xffffffff / average : 0xffffffff;
    entry.cost = (inverse - 1) << BYTE_SHIFT;
    entry.cap = table.burst != 0 ? table.burst * entry.cost : entry.cost;
  } else {
    entry.cost = table.average != 0 ? SCALE / table.average : 0;
    entry.cap = table.burst + entry.cost;
  }
}

/** Adds the tokens of the ticks that passed, or begins a new window. */
export function refill(entry: HashlimitEntry, mode: u32): void {
  const passed = nowTicks - entry.previous;
  if (passed == 0) return;
  if (mode & HASHLIMIT_RATE_MATCH) {
    const interval: u64 = entry.interval * hz;
    if (passed < interval) return;
    entry.previous = nowTicks;
    entry.wasOver = entry.credit * interval > passed * entry.cost;
    entry.credit = 0;
    return;
  }
  entry.previous = nowTicks;
  const before = entry.credit;
  let cap = entry.cap;
  if (mode & HASHLIMIT_BYTES) {
    cap = byteCap();
    // A long pause overflows the kernel's product, which it takes for a full bucket.
    entry.credit += <u64>byteCreditsPerTick() * passed;
    if (before >= entry.credit) {
      entry.credit = cap;
      return;
    }
  } else {
    entry.credit += passed * creditsPerTick();
  }
  if (entry.credit > cap) entry.credit = cap;
}

/** What `length` bytes cost; refills an empty bucket as long as the burst lasts. */
export function chargeBytes(entry: HashlimitEntry, length: u32): u64 {
  let cost = <u64>((length >> BYTE_SHIFT) + 1) * entry.cost;
  if (cost > byteCap()) cost = byteCap();
  if (entry.credit < cost && entry.cap != 0) {
    entry.cap -= 1;
    entry.credit = byteCap();
  }
  return <u32>cost;
}

/** Rate matching: counts the packet; was the last window within the rate, and is this one within the burst? */
export function isWithinRate(entry: HashlimitEntry, cost: u32): bool {
  entry.credit += cost;
  return !entry.wasOver && entry.credit <= entry.cap;
}

/** CREDITS_PER_JIFFY: so many that one packet a day can be told in 64 bits. */
function creditsPerTick(): u64 {
  const most = u64.MAX_VALUE / (<u64>hz * 60 * 60 * 24);
  return (<u64>1) << (63 - clz(most));
}

/** user2credits(). */
function creditsOf(user: u64): u64 {
  const perSecond = <u64>hz * creditsPerTick();
  return SCALE >= perSecond ? user / (SCALE / perSecond) : user * (perSecond / SCALE);
}

function byteCreditsPerTick(): u32 {
  return (<u32>1) << (31 - clz<u32>(0xffffffff / hz));
}

/** Tokens of a full bucket in byte mode: those of a second. */
function byteCap(): u64 {
  return byteCreditsPerTick() * hz;
}
