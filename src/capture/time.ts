const NS_PER_SECOND = 1_000_000_000;
const TWO_TO_32 = 0x1_0000_0000;
const MAX_NS = (1n << 64n) - 1n;

/**
 * Seconds and a fraction, as pcap has them, to nanoseconds since 1970 in two halves. Exact for every value of 32 bits.
 * Packets mostly share their second with the one before, so that its product is kept.
 */
export class SecondsClock {
  high = 0;
  low = 0;
  readonly #nsPerUnit: number;
  #second = 0;
  #secondHigh = 0;
  #secondLow = 0;

  /** @param nsPerUnit 1000 for microseconds, 1 for nanoseconds. */
  constructor(nsPerUnit: number) {
    this.#nsPerUnit = nsPerUnit;
  }

  /** Puts the time into `high` and `low`. */
  set(seconds: number, fraction: number): void {
    if (seconds !== this.#second) this.#setSecond(seconds);
    const low = this.#secondLow + fraction * this.#nsPerUnit;
    this.low = low >>> 0;
    this.high = this.#secondHigh + (low < TWO_TO_32 ? 0 : Math.floor(low / TWO_TO_32));
  }

  #setSecond(seconds: number): void {
    this.#second = seconds;
    const upper = (seconds >>> 16) * NS_PER_SECOND;
    const lower = (seconds & 0xffff) * NS_PER_SECOND + (upper % 0x10000) * 0x10000;
    this.#secondHigh = Math.floor(upper / 0x10000) + Math.floor(lower / TWO_TO_32);
    this.#secondLow = lower % TWO_TO_32;
  }
}

/**
 * Timestamps of a pcapng interface (a 64-bit count of units, `if_tsresol`, `if_tsoffset`) to nanoseconds since 1970.
 * Finer units are rounded down; what lies before 1970 or beyond 64 bits is moved to the nearest time that can be said.
 */
export class UnitsClock {
  high = 0;
  low = 0;
  /** Nanoseconds in a unit, where the cheap ways are right; 0 otherwise. */
  readonly nsPerUnit: number;
  readonly #resolution: number;
  readonly #offsetNs: bigint;

  /**
   * @param resolution `if_tsresol`: units of 10^-n seconds, or of 2^-n where the highest bit is set.
   * @param offsetSeconds `if_tsoffset`.
   */
  constructor(resolution: number, offsetSeconds: bigint) {
    this.#resolution = resolution;
    this.#offsetNs = offsetSeconds * BigInt(NS_PER_SECOND);
    const cheap = offsetSeconds === 0n && (resolution === 6 || resolution === 9);
    this.nsPerUnit = cheap ? 10 ** (9 - resolution) : 0;
  }

  /** Puts the time into `high` and `low`. */
  set(unitsHigh: number, unitsLow: number): void {
    if (this.nsPerUnit === 1) {
      this.high = unitsHigh;
      this.low = unitsLow;
      return;
    }
    const low = unitsLow * this.nsPerUnit;
    const high = unitsHigh * this.nsPerUnit + Math.floor(low / TWO_TO_32);
    if (this.nsPerUnit === 0 || high >= TWO_TO_32) {
      this.#setExactly(unitsHigh, unitsLow);
      return;
    }
    this.high = high;
    this.low = low >>> 0;
  }

  #setExactly(unitsHigh: number, unitsLow: number): void {
    const units = (BigInt(unitsHigh) << 32n) | BigInt(unitsLow);
    const exponent = BigInt(this.#resolution & 0x7f);
    const unitsPerSecond = this.#resolution & 0x80 ? 1n << exponent : 10n ** exponent;
    const ns = (units * BigInt(NS_PER_SECOND)) / unitsPerSecond + this.#offsetNs;
    // Some writers meant a negative number. Taken as it stands it would put the clock centuries ahead.
    const isNegative = ns < 0n || (ns > MAX_NS && unitsHigh >= 0x8000_0000);
    const clamped = isNegative ? 0n : ns > MAX_NS ? MAX_NS : ns;
    this.high = Number(clamped >> 32n);
    this.low = Number(clamped & 0xffff_ffffn);
  }
}

/** Nanoseconds in two halves to seconds and nanoseconds, exactly: a division in two steps of 16 bits. */
export function splitSeconds(high: number, low: number): { seconds: number; nanoseconds: number } {
  const upper = (high % NS_PER_SECOND) * 0x10000 + (low >>> 16);
  const lower = (upper % NS_PER_SECOND) * 0x10000 + (low & 0xffff);
  const seconds =
    Math.floor(high / NS_PER_SECOND) * TWO_TO_32 +
    Math.floor(upper / NS_PER_SECOND) * 0x10000 +
    Math.floor(lower / NS_PER_SECOND);
  return { seconds, nanoseconds: lower % NS_PER_SECOND };
}
