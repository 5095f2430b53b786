import { allocate, release } from "../memory/allocate";
import { hz, nowTicks } from "../packet/clock";

/**
 * A rate estimator (net/core/gen_estimator.c) as -j RATEEST keeps one for each name: what was counted becomes a moving
 * average at every interval. The timer's work is made up for whenever somebody looks or counts.
 */
@unmanaged
export class Estimator {
  packets: u64;
  bytes: u64;
  lastPackets: u64;
  lastBytes: u64;
  /** Averages, shifted left by 8. */
  averagePackets: u64;
  averageBytes: u64;
  /** When the timer runs next, in ticks. */
  due: u64;
  /** Interval: 250 ms << intervalLog. */
  intervalLog: u32;
  /** The new value weighs 1 / (1 << weightLog). */
  weightLog: u32;
  /** Rules that name it. */
  users: u32;
}

/** By number of the name, 0 for none. */
let estimators: usize = 0;
let capacity: u32 = 0;

/** The estimator of that number; null while no rule has made it. */
export function findEstimator(number: u32): Estimator | null {
  return number < capacity ? changetype<Estimator | null>(load<usize>(estimators + (number << 2))) : null;
}

/** A RATEEST rule begins to use an estimator, which the first one makes. */
export function holdEstimator(number: u32, intervalLog: u32, weightLog: u32): void {
  if (number >= capacity) grow(number);
  let found = findEstimator(number);
  if (found === null) {
    found = changetype<Estimator>(allocate(offsetof<Estimator>()));
    found.intervalLog = intervalLog;
    found.weightLog = weightLog;
    found.due = nowTicks + intervalTicks(found);
    store<usize>(estimators + (number << 2), changetype<usize>(found));
  }
  found.users += 1;
}

/** A rule that compares it begins to use it. */
export function shareEstimator(number: u32): void {
  const found = findEstimator(number);
  if (found !== null) found.users += 1;
}

export function dropEstimator(number: u32): void {
  const found = findEstimator(number);
  if (found === null) return;
  found.users -= 1;
  if (found.users != 0) return;
  release(changetype<usize>(found));
  store<usize>(estimators + (number << 2), 0);
}

/** Runs the timer as often as it was due. */
export function updateEstimator(estimator: Estimator): void {
  while (estimator.due <= nowTicks) {
    estimator.due += intervalTicks(estimator);
    const bytes = estimator.averageBytes;
    const packets = estimator.averagePackets;
    estimator.averageBytes = average(estimator, bytes, estimator.bytes - estimator.lastBytes);
    estimator.averagePackets = average(estimator, packets, estimator.packets - estimator.lastPackets);
    estimator.lastBytes = estimator.bytes;
    estimator.lastPackets = estimator.packets;
    if (estimator.averageBytes == bytes && estimator.averagePackets == packets) skipIdle(estimator);
  }
}

function average(estimator: Estimator, old: u64, counted: u64): u64 {
  const weight: u64 = estimator.weightLog;
  const rate = estimator.intervalLog <= 10 ? counted << (10 - <u64>estimator.intervalLog) : 0;
  return old + (rate >> weight) - (old >> weight);
}

/** Nothing was counted and the averages stand still: the intervals up to now change nothing. */
function skipIdle(estimator: Estimator): void {
  if (estimator.due > nowTicks) return;
  const interval = intervalTicks(estimator);
  estimator.due += ((nowTicks - estimator.due) / interval) * interval;
}

function intervalTicks(estimator: Estimator): u64 {
  return (<u64>hz / 4) << (<u64>estimator.intervalLog);
}

function grow(number: u32): void {
  const needed = (number | 15) + 1;
  const moved = allocate(needed << 2);
  memory.copy(moved, estimators, capacity << 2);
  release(estimators);
  estimators = moved;
  capacity = needed;
}
