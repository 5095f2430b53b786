/** Packets of which something is kept until they have ended: those of a chunk, and fragments that wait. */
const MOST_KEPT = 100_000;

/** What is kept of packets until they have ended, by their numbers; the oldest go first. */
export class KeptPackets<T> {
  readonly #kept = new Map<number, T>();

  keep(number: number, what: T): void {
    this.#kept.set(number, what);
    if (this.#kept.size > MOST_KEPT) this.#kept.delete(this.#kept.keys().next().value!);
  }

  get(number: number): T | undefined {
    return this.#kept.get(number);
  }
}
