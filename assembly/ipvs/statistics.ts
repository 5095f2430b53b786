import { allocate } from "../memory/allocate";
import { nowTicks, seconds, startTicks } from "../packet/clock";
import { config } from "../packet/config";

/**
 * Counters of a service or server (struct ip_vs_stats). What the tools print is a copy that a timer refreshes every two
 * seconds, and rates that it works out then; `ipvsadm -Z` takes the copy, not the counters, as the new zero.
 *
 * Each block of five is in the order of the first one.
 */
@unmanaged
export class IpvsStats {
  connections: u64;
  inPackets: u64;
  outPackets: u64;
  inBytes: u64;
  outBytes: u64;
  // the copy that the estimator took last
  copyConnections: u64;
  copyInPackets: u64;
  copyOutPackets: u64;
  copyInBytes: u64;
  copyOutBytes: u64;
  // the zero point
  zeroConnections: u64;
  zeroInPackets: u64;
  zeroOutPackets: u64;
  zeroInBytes: u64;
  zeroOutBytes: u64;
  // moving averages: connections and packets a second, times 1024; bytes a second, times 32
  rateConnections: u64;
  rateInPackets: u64;
  rateOutPackets: u64;
  rateInBytes: u64;
  rateOutBytes: u64;
  /** Estimator run to which copy and rates belong. */
  period: u64;
}

const COUNTERS: usize = 5 * 8;
const COPIES: usize = offsetof<IpvsStats>("copyConnections");
const ZEROS: usize = offsetof<IpvsStats>("zeroConnections");
const RATES: usize = offsetof<IpvsStats>("rateConnections");
/** Counters in front of the bytes, which are scaled otherwise. */
const UNSCALED: usize = 3 * 8;

/** How often the estimator ran (ip_vs_est.c). Copies are taken late, when a counter first moves in a new period. */
let period: u64 = 0;
let nextEstimate: u64 = 0;

const ESTIMATE_SECONDS: u32 = 2;

/** Counts the estimator runs up to now; the first is two seconds after the node's state was loaded. */
export function runEstimator(): void {
  if (nextEstimate == 0) nextEstimate = startTicks + seconds(ESTIMATE_SECONDS);
  if (nowTicks < nextEstimate) return;
  const runs = (nowTicks - nextEstimate) / seconds(ESTIMATE_SECONDS) + 1;
  nextEstimate += runs * seconds(ESTIMATE_SECONDS);
  if (config.vsRunEstimation) period += runs;
}

export function newStats(): IpvsStats {
  const stats = changetype<IpvsStats>(allocate(offsetof<IpvsStats>()));
  stats.period = period;
  return stats;
}

export function countConnection(stats: IpvsStats): void {
  settleStats(stats);
  stats.connections += 1;
}

export function countIn(stats: IpvsStats, length: u32): void {
  settleStats(stats);
  stats.inPackets += 1;
  stats.inBytes += length;
}

export function countOut(stats: IpvsStats, length: u32): void {
  settleStats(stats);
  stats.outPackets += 1;
  stats.outBytes += length;
}

/** ip_vs_zero_stats(): what was copied last becomes the zero point, and the averages begin anew. */
export function zeroStats(stats: IpvsStats): void {
  settleStats(stats);
  const base = changetype<usize>(stats);
  memory.copy(base + ZEROS, base + COPIES, COUNTERS);
  memory.fill(base + RATES, 0, COUNTERS);
}

/** A server comes back: the estimator passed it over in the meantime (ip_vs_start_estimator). */
export function resumeStats(stats: IpvsStats): void {
  stats.period = period;
}

/** Does what the estimator has done with these counters since they moved last. */
export function settleStats(stats: IpvsStats): void {
  if (stats.period != period) runPeriods(changetype<usize>(stats), period - stats.period);
  stats.period = period;
}

/** The first run sees what was counted, the others nothing new. */
function runPeriods(stats: usize, runs: u64): void {
  let isMoving = false;
  for (let at: usize = 0; at < COUNTERS; at += 8) {
    const counted = load<u64>(stats + at) - load<u64>(stats + at + COPIES);
    if (average(stats + at + RATES, counted << (at < UNSCALED ? 9 : 4)) != 0) isMoving = true;
  }
  memory.copy(stats + COPIES, stats, COUNTERS);
  for (let left = runs - 1; left != 0 && isMoving; left--) {
    isMoving = false;
    for (let at: usize = 0; at < COUNTERS; at += 8) if (average(stats + at + RATES, 0) != 0) isMoving = true;
  }
}

/** A quarter of the way to the new value. @returns the average. */
function average(at: usize, value: u64): u64 {
  const old = load<i64>(at);
  const now = old + ((<i64>value - old) >> 2);
  store<i64>(at, now);
  return now;
}
