import { allocate } from "../memory/allocate";
import { nowTicks, seconds } from "../packet/clock";

/**
 * Counters of a service or server (struct ip_vs_stats). What the tools print is a copy that a timer refreshes every two
 * seconds; `ipvsadm -Z` takes the copy, not the counters, as the new zero.
 */
@unmanaged
export class IpvsStats {
  connections: u64;
  inPackets: u64;
  outPackets: u64;
  inBytes: u64;
  outBytes: u64;
  // the copy that the estimator took last, in the same order
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
  /** Estimator run to which the copy belongs. */
  period: u64;
}

const COUNTERS: usize = 5 * 8;

/** How often the estimator ran (ip_vs_est.c). Copies are taken late, when a counter first moves in a new period. */
let period: u64 = 0;
let nextEstimate: u64 = 0;

/** Counts the estimator runs up to now. */
export function runEstimator(): void {
  if (nowTicks < nextEstimate) return;
  period += 1;
  nextEstimate = nowTicks - (nowTicks % seconds(2)) + seconds(2);
}

export function newStats(): IpvsStats {
  const stats = changetype<IpvsStats>(allocate(offsetof<IpvsStats>()));
  stats.period = period;
  return stats;
}

export function countConnection(stats: IpvsStats): void {
  if (stats.period != period) copyCounters(stats);
  stats.connections += 1;
}

export function countIn(stats: IpvsStats, length: u32): void {
  if (stats.period != period) copyCounters(stats);
  stats.inPackets += 1;
  stats.inBytes += length;
}

export function countOut(stats: IpvsStats, length: u32): void {
  if (stats.period != period) copyCounters(stats);
  stats.outPackets += 1;
  stats.outBytes += length;
}

/** ip_vs_zero_stats(): what was copied last becomes the zero point. */
export function zeroStats(stats: IpvsStats): void {
  if (stats.period != period) copyCounters(stats);
  const base = changetype<usize>(stats);
  memory.copy(base + offsetof<IpvsStats>("zeroConnections"), base + offsetof<IpvsStats>("copyConnections"), COUNTERS);
}

function copyCounters(stats: IpvsStats): void {
  const base = changetype<usize>(stats);
  memory.copy(base + offsetof<IpvsStats>("copyConnections"), base, COUNTERS);
  stats.period = period;
}
