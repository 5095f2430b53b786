import { Column, endsWord } from "./bytes.ts";

const NONE = -1;

/** The user chains of a table by their names, which stay where they are in the file's bytes; numbered from 0. */
export class ChainNames {
  readonly #bytes: Uint8Array;
  readonly #starts = new Column();
  readonly #ends = new Column();
  readonly #hashes = new Column();
  /** Open addressing: the number of a chain and 1, or 0. */
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
    this.#hashes.push(hash);
    this.#slots[slot] = this.count;
    if (this.count * 2 > this.#slots.length) this.#grow();
    return this.count - 1;
  }

  name(chain: number): string {
    return new TextDecoder().decode(this.#bytes.subarray(this.#starts.at(chain), this.#ends.at(chain)));
  }

  /** The chain of a name, or -1. */
  findName(name: string): number {
    const word = new TextEncoder().encode(name);
    const mask = this.#slots.length - 1;
    for (let slot = hashOf(word) & mask; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
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
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (let entry = this.#slots[slot]!; entry !== 0; entry = this.#slots[slot]!) {
      if (this.#hashes.at(entry - 1) === hash && this.#isWord(entry - 1, start)) return slot;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #isWord(chain: number, start: number): boolean {
    const from = this.#starts.at(chain);
    const length = this.#ends.at(chain) - from;
    if (length !== this.end - start) return false;
    for (let i = 0; i < length; i++) if (this.#bytes[from + i] !== this.#bytes[start + i]) return false;
    return true;
  }

  #grow(): void {
    this.#slots = new Uint32Array(this.#slots.length * 4);
    const mask = this.#slots.length - 1;
    for (let chain = 0; chain < this.count; chain++) {
      let slot = this.#hashes.at(chain) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = chain + 1;
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
