/** Numbers that look random and are the same for the same seed (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed ^ Math.imul(Math.floor(seed / 2 ** 32), 0x9e3779b9)) >>> 0;
  }

  /** An integer of 32 bits. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** At least 0, less than 1. */
  fraction(): number {
    return this.next() / 2 ** 32;
  }

  /** An integer from 0 on, less than `limit`. */
  below(limit: number): number {
    return Math.floor(this.fraction() * limit);
  }
}

/** Chooses places by Zipf's law: the one in place `n` (from 0) with a weight of `1 / (n + 1) ** exponent`. */
export class Zipf {
  readonly #sums: Float64Array;

  constructor(places: number, exponent: number) {
    this.#sums = new Float64Array(places);
    let sum = 0;
    for (let place = 0; place < places; place++) {
      sum += (place + 1) ** -exponent;
      this.#sums[place] = sum;
    }
  }

  choose(random: Random): number {
    const sums = this.#sums;
    const wanted = random.fraction() * sums[sums.length - 1]!;
    let [low, high] = [0, sums.length - 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sums[middle]! > wanted) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
