import type { Address } from "./address.ts";

/** Matches that remember, count or look at the clock: sets, rates, times. */

export interface SetComparison {
  readonly compare: "eq" | "lt" | "gt" | "ne";
  readonly value: bigint;
}

export type SetDirection = "src" | "dst";

export interface SetMatch {
  readonly kind: "set";
  readonly invert: boolean;
  readonly set: string;
  readonly directions: readonly SetDirection[];
  readonly returnNomatch: boolean;
  /** `! --update-counters`, `! --update-subcounters`. */
  readonly keepCounters: boolean;
  readonly keepSubcounters: boolean;
  readonly packets?: SetComparison;
  readonly bytes?: SetComparison;
}

export interface StatisticMatch {
  readonly kind: "statistic";
  readonly mode: "random" | "nth";
  readonly invert: boolean;
  /** The probability as the kernel keeps it: 31-bit fraction, 0x80000000 is 1. */
  readonly probability: number;
  readonly every: number;
  readonly packet: number;
}

export interface RecentMatch {
  readonly kind: "recent";
  readonly invert: boolean;
  readonly action: "set" | "rcheck" | "update" | "remove";
  readonly seconds: number;
  readonly hitcount: number;
  readonly reap: boolean;
  readonly ttl: boolean;
  readonly name: string;
  readonly mask: Address;
  readonly side: "source" | "destination";
}

export interface LimitMatch {
  readonly kind: "limit";
  /** Ten-thousandths of a second between two packets, as iptables hands it to the kernel. */
  readonly average: number;
  readonly burst: number;
}

export interface HashlimitMatch {
  readonly kind: "hashlimit";
  readonly above: boolean;
  readonly unit: "packets" | "bytes";
  /** As iptables hands it to the kernel: millionths of a second between packets, or the byte rate's inverse. */
  readonly average: bigint;
  readonly burst: bigint;
  readonly modes: readonly ("srcip" | "srcport" | "dstip" | "dstport")[];
  readonly name: string;
  readonly sourceMask: number;
  readonly destinationMask: number;
  readonly tableSize: number;
  readonly tableMax: number;
  readonly expireMs: number;
  readonly gcIntervalMs: number;
  readonly rateMatch: boolean;
  readonly rateInterval: number;
  /** The words of the rule, for printing. */
  readonly text: string;
}

export interface QuotaMatch {
  readonly kind: "quota";
  readonly invert: boolean;
  readonly quota: bigint;
}

export interface TimeMatch {
  readonly kind: "time";
  /** Seconds since 1970. */
  readonly dateStart: number;
  readonly dateStop: number;
  /** Seconds of the day. */
  readonly timeStart: number;
  readonly timeStop: number;
  /** Bit 1 is the first of the month. */
  readonly monthdays: number;
  /** Bit 1 is Monday. */
  readonly weekdays: number;
  readonly kernelTimezone: boolean;
  readonly contiguous: boolean;
}

/** Counts in an object of the node (`nfacct add NAME`). */
export interface NfacctMatch {
  readonly kind: "nfacct";
  readonly name: string;
}

/** What one side of a rate is compared with: bytes, or packets, a second. */
export interface RateTest {
  /** With `delta`: the rate from which what is measured is taken away. */
  readonly first: number;
  readonly second: number;
}

export interface RateestMatch {
  readonly kind: "rateest";
  readonly invert: boolean;
  /** Name of an estimator, and of another that it is compared with; undefined: with numbers. */
  readonly first: string;
  readonly second?: string;
  readonly compare: "lt" | "gt" | "eq";
  readonly delta: boolean;
  readonly bytes?: RateTest;
  readonly packets?: RateTest;
}
