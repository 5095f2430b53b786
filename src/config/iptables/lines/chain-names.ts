import { Column, endsWord } from "./bytes.ts";

const NONE = -1;

/** The user chains of a table by their names, which stay where they are in the file's bytes; numbered from 0. */
export class ChainNames {
  readonly #bytes: Uint8Array;
  readonly #starts = new Column();
  readonly #ends = new Column();
  /** Open addressing, two numbers a slot: the number of a chain and 1, or 0; and the hash of its name. */
  #slots = new Uint32Array(1024);
  /** Where the word ends that `find` or `add` read last. */
  end = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get count(): number {
    return this.#starts.length;
  }

  /** The chain that the word at `start` names, or -1. */
  find(start: number): number {
    const hash = this.#hashWord(start);
    return this.#slots[this.#slotOf(start, hash)]! - 1;
  }

  /** The chain that the word at `start` names, a new one where there was none. */
  add(start: number): number {
    const hash = this.#hashWord(start);
    const slot = this.#slotOf(start, hash);
    const known = this.#slots[slot]! - 1;
    if (known !== NONE) return known;
    this.#starts.push(start);
    this.#ends.push(this.end);
    this.#slots[slot] = this.count;
    this.#slots[slot + 1] = hash;
    if (this.count * 4 > this.#slots.length) this.#grow();
    return this.count - 1;
  }

  name(chain: number): string {
    return new TextDecoder().decode(this.#bytes.subarray(this.#starts.at(chain), this.#ends.at(chain)));
  }

  /** The chain of a name, or -1. */
  findName(name: string): number {
    const mask = this.#slots.length - 2;
    let slot = (hashOf(new TextEncoder().encode(name)) << 1) & mask;
    for (; this.#slots[slot] !== 0; slot = (slot + 2) & mask) {
      const chain = this.#slots[slot]! - 1;
      if (this.name(chain) === name) return chain;
    }
    return NONE;
  }

  /** FNV-1a, to the end of the word. */
  #hashWord(start: number): number {
    const bytes = this.#bytes;
    let hash = FNV_BASIS;
    let at = start;
    for (let byte = bytes[at]!; !endsWord(byte); byte = bytes[++at]!) hash = Math.imul(hash ^ byte, FNV_PRIME);
    this.end = at;
    return hash >>> 0;
  }

  /** The slot of the word from `start` to `end`, or the empty one where it would go. */
  #slotOf(start: number, hash: number): number {
    const slots = this.#slots;
    const mask = slots.length - 2;
    let slot = (hash << 1) & mask;
    while (slots[slot] !== 0) {
      if (slots[slot + 1] === hash && this.#isWord(slots[slot]! - 1, start)) return slot;
      slot = (slot + 2) & mask;
    }
    return slot;
  }

  #isWord(chain: number, start: number): boolean {
    return this.#ends.at(chain) - this.#starts.at(chain) === this.end - start && this.#isAt(chain, start);
  }

  #isAt(chain: number, start: number): boolean {
    const bytes = this.#bytes;
    const from = this.#starts.at(chain);
    const length = this.#ends.at(chain) - from;
    for (let i = 0; i < length; i++) if (bytes[from + i] !== bytes[start + i]) return false;
    return true;
  }

  /** Is it this chain that the word at `start` names? As `find`, for those who expect one. */
  isNamed(chain: number, start: number): boolean {
    if (chain >= this.count || !this.#isAt(chain, start)) return false;
    const end = start + this.#ends.at(chain) - this.#starts.at(chain);
    if (!endsWord(this.#bytes[end]!)) return false;
    this.end = end;
    return true;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 4);
    const mask = this.#slots.length - 2;
    for (let from = 0; from < old.length; from += 2) {
      if (old[from] === 0) continue;
      const hash = old[from + 1]!;
      let slot = (hash << 1) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 2) & mask;
      this.#slots[slot] = old[from]!;
      this.#slots[slot + 1] = hash;
    }
  }
}

const FNV_BASIS = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;

/** The hash that the word with these bytes has. */
function hashOf(word: Uint8Array): number {
  let hash = FNV_BASIS;
  for (const byte of word) hash = Math.imul(hash ^ byte, FNV_PRIME);
  return hash >>> 0;
}
