/**
 * Virtual time: the greatest timestamp seen so far (design: time is the capture's). Kernel timers run on ticks of
 * 1/HZ; the first packet's timestamp may be 0, which is an ordinary time.
 */
export let nowNs: u64 = 0;
/** Ticks since the epoch of the capture's clock. Timeouts are stored as ticks. */
export let nowTicks: u64 = 0;
/** When the node's state was loaded: timers that always run go by it. */
export let startTicks: u64 = 0;
/** CONFIG_HZ of the node's kernel. */
export let hz: u32 = 250;

let nsPerTick: u64 = 4_000_000;
/** When the next tick begins; 0: to be worked out. Spares most packets the division. */
let nextTickNs: u64 = 0;

export function setHz(value: u32): void {
  hz = value;
  nsPerTick = 1_000_000_000 / <u64>value;
  nextTickNs = 0;
}

/** Sets the time to `ns`, or leaves it where `ns` lies in the past. @inline */
export function advanceTo(ns: u64): void {
  if (ns <= nowNs) return;
  nowNs = ns;
  if (ns >= nextTickNs) countTicks();
}

/** Lies `ns` in the present tick, and not in the past? @inline */
export function isInTick(ns: u64): bool {
  return ns >= nowNs && ns < nextTickNs;
}

/** Sets the time to `ns`, unless it lies in the past or in another tick: then it stays. @inline */
export function advanceInTick(ns: u64): bool {
  if (ns < nowNs) return false;
  if (ns >= nextTickNs) return false;
  nowNs = ns;
  return true;
}

/** The node's state is that of this time. */
export function startAt(ns: u64): void {
  nowNs = ns;
  countTicks();
  startTicks = nowTicks;
}

function countTicks(): void {
  nowTicks = nowNs / nsPerTick;
  nextTickNs = (nowTicks + 1) * nsPerTick;
}

/** Seconds as ticks. */
export function seconds(value: u32): u64 {
  return <u64>value * hz;
}

/** The time, for the host. */
export function now(): u64 {
  return nowNs;
}
