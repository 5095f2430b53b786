import type { CapturePacket } from "./packet.ts";
import type { CaptureReader } from "./reader.ts";

const TWO_TO_32 = 0x1_0000_0000;
const NS_PER_SECOND = 1e9;

/**
 * Merges packets by time within a window. A packet waits until one has been read that is a window later; what comes
 * after it should have gone on then goes on at once. Equal times keep the order of the file, and the order does not
 * depend on how packets are batched.
 *
 * A capture of several interfaces is written in bunches per interface, so that its packets are out of order by some
 * tenths of a second.
 */
export class TimeMerge {
  /** Packets that were put before one that stood before them in the file. */
  moved = 0;
  /** Packets that still lie behind a later one. */
  stepsBack = 0;
  #windowNs = 0;
  #base: CapturePacket | undefined;
  #latest = Number.NEGATIVE_INFINITY;
  #lastNumber = 0;
  /** Packets that wait, and the time that decides the place of each, in nanoseconds since the first packet. */
  #packets: CapturePacket[] = [];
  #keys: number[] = [];
  /** Packets at the beginning of both that have been handed on. */
  #gone = 0;
  /** Do those that wait stand in order of their keys? Packets of one interface mostly come so. */
  #isSorted = true;
  /** Packets since they were put in order last. */
  #unsorted = 0;

  /** 0 hands packets on as they come. */
  set windowSeconds(seconds: number) {
    this.#windowNs = Math.round(seconds * NS_PER_SECOND);
  }

  /** Takes the next packets of the file, and gives those whose place is certain now. */
  push(packets: readonly CapturePacket[]): readonly CapturePacket[] {
    if (this.#windowNs === 0 && this.#waiting === 0) {
      for (const packet of packets) this.#keyOf(packet);
      return packets;
    }
    for (const packet of packets) this.#add(packet);
    // Sorting costs as much as what waits: it has to be worth it.
    if (!this.#isSorted && this.#unsorted < this.#waiting - this.#unsorted) return [];
    return this.#release(this.#latest - this.#windowNs);
  }

  /** There are no more packets: gives those that wait. */
  end(): readonly CapturePacket[] {
    return this.#release(Number.POSITIVE_INFINITY);
  }

  get #waiting(): number {
    return this.#packets.length - this.#gone;
  }

  #add(packet: CapturePacket): void {
    const key = this.#keyOf(packet);
    const last = this.#keys.length - 1;
    if (last >= this.#gone && key < this.#keys[last]!) this.#isSorted = false;
    this.#packets.push(packet);
    this.#keys.push(key);
    this.#unsorted++;
  }

  /** Its time, but not before what has been handed on when it is read. */
  #keyOf(packet: CapturePacket): number {
    this.#base ??= packet;
    const time = (packet.timeHigh - this.#base.timeHigh) * TWO_TO_32 + (packet.timeLow - this.#base.timeLow);
    if (time >= this.#latest) {
      this.#latest = time;
      return time;
    }
    const handedOn = this.#latest - this.#windowNs;
    if (time >= handedOn) return time;
    this.stepsBack++;
    return handedOn;
  }

  #release(until: number): readonly CapturePacket[] {
    if (!this.#isSorted) this.#sort();
    this.#unsorted = 0;
    const end = firstAfter(this.#keys, this.#gone, until);
    const released = this.#packets.slice(this.#gone, end);
    this.#gone = end;
    if (this.#gone > this.#waiting) this.#forgetGone();
    for (const { number } of released) {
      if (number < this.#lastNumber) this.moved++;
      else this.#lastNumber = number;
    }
    return released;
  }

  #sort(): void {
    this.#forgetGone();
    const [packets, keys] = [this.#packets, this.#keys];
    const order = packets.map((_, i) => i).sort((a, b) => keys[a]! - keys[b]!);
    this.#packets = order.map((i) => packets[i]!);
    this.#keys = order.map((i) => keys[i]!);
    this.#isSorted = true;
  }

  #forgetGone(): void {
    this.#packets = this.#packets.slice(this.#gone);
    this.#keys = this.#keys.slice(this.#gone);
    this.#gone = 0;
  }
}

/** The first place from `start` on whose key is greater. */
function firstAfter(keys: readonly number[], start: number, key: number): number {
  let [low, high] = [start, keys.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! > key) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The window for captures of several interfaces, when none is given; those of one interface have none. */
const DEFAULT_WINDOW_SECONDS = 1;

/** Seconds within which packets are merged. @param given by whoever runs it; undefined: by the interfaces seen so far. */
export function windowOf({ interfaces }: Pick<CaptureReader, "interfaces">, given: number | undefined): number {
  return given ?? (interfaces.length > 1 ? DEFAULT_WINDOW_SECONDS : 0);
}

/**
 * The packets of a capture, merged by time. A damaged capture gives all its packets, and then its error.
 *
 * @param merge counts what was moved.
 * @param windowSeconds by default 1 for a capture of several interfaces, 0 for one.
 */
export async function* inTimeOrder(
  capture: CaptureReader,
  merge: TimeMerge,
  windowSeconds?: number,
): AsyncGenerator<readonly CapturePacket[]> {
  let failure: { readonly error: unknown } | undefined;
  try {
    for await (const packets of capture) {
      merge.windowSeconds = windowOf(capture, windowSeconds);
      const released = merge.push(packets);
      if (released.length > 0) yield released;
    }
  } catch (error) {
    failure = { error };
  }
  const rest = merge.end();
  if (rest.length > 0) yield rest;
  if (failure) throw failure.error;
}
