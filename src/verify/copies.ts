import type { InputPacket } from "../engine/chunk.ts";
import type { Interface } from "../model/node.ts";

/** A packet is seen on an interface and on the one above it within this time. */
const WINDOW_NS = 50e6;
const TWO_TO_32 = 2 ** 32;

/**
 * A capture of all interfaces has one packet several times: on a port and on its bridge or bond, on a device and on the VLAN
 * above it. What comes in goes in once, where it was seen first; what leaves is looked at where it leaves the node.
 */
export class Copies {
  /** Device numbers of interfaces that have others below them, with those. */
  readonly #below = new Map<number, ReadonlySet<number>>();
  readonly #lower = new Set<number>();
  /** Contents seen on lower devices, oldest first, with device and time. */
  readonly #seen = new Map<string, { readonly device: number; readonly timeNs: number }>();
  #base: number | undefined;

  constructor(interfaces: readonly Interface[]) {
    const numbers = new Map(interfaces.map(({ name }, i) => [name, i + 1]));
    for (const [i, { name, vlan, below }] of interfaces.entries()) {
      const ports = interfaces.filter(({ master }) => master === name).map((port) => numbers.get(port.name)!);
      const carriers = [vlan?.below, below].flatMap((lower) => numbers.get(lower ?? "") ?? []);
      const all = new Set([...ports, ...carriers]);
      if (all.size > 0) this.#below.set(i + 1, all);
      for (const device of all) this.#lower.add(device);
    }
  }

  /** Has this device others below it, where its packets leave? */
  hasPorts(device: number): boolean {
    return this.#below.has(device);
  }

  /** @param key the same for the same packet. */
  isCopy({ device, timeHigh, timeLow }: InputPacket, key: string): boolean {
    if (this.#below.size === 0) return false;
    this.#base ??= timeHigh;
    const timeNs = (timeHigh - this.#base) * TWO_TO_32 + timeLow;
    const seen = this.#seen.get(key);
    if (seen && this.#below.get(device)?.has(seen.device) && timeNs - seen.timeNs <= WINDOW_NS) {
      this.#seen.delete(key);
      return true;
    }
    if (this.#lower.has(device)) this.#seen.set(key, { device, timeNs });
    for (const [old, { timeNs: time }] of this.#seen) {
      if (timeNs - time <= WINDOW_NS) break;
      this.#seen.delete(old);
    }
    return false;
  }
}
