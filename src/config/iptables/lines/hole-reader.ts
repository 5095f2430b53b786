import type { Hole } from "../../../model/rule-lines.ts";
import { BACKSLASH, COLON, Column, DASH, DOT, endsWord, NEWLINE, QUOTE, SLASH, TAB, ZERO } from "./bytes.ts";
import type { TableChains } from "./table-chains.ts";

/** A place in a shape where any word of a kind may stand; beside the holes of the model those whose values need not be kept. */
export type WordHole = Hole | "chain" | "comment";

/** No word of the wanted kind, in the one form in which iptables-save writes it. */
export const NO_WORD = -1;

const NOT_QUOTED = 33; // !

/**
 * Reads the words that fill holes: only the form that iptables-save writes, of which all is known; whatever looks otherwise
 * is left to the parser of all rules. Lines end with a newline, so that no word runs out of the bytes.
 */
export class HoleReader {
  readonly #bytes: Uint8Array;
  readonly #chains: TableChains;
  /** Values of the model's holes, of all lines so far. */
  readonly values = new Column();
  /** The chain that the last `chain` hole named. */
  chain = 0;
  #number = 0;

  constructor(bytes: Uint8Array, chains: TableChains) {
    this.#bytes = bytes;
    this.#chains = chains;
  }

  /** Where the word at `start` ends, or {@link NO_WORD}, and then no value was added. */
  read(hole: WordHole, start: number): number {
    switch (hole) {
      case "chain":
        return this.#readChain(start);
      case "jump":
        return this.#readJump(start);
      case "comment":
        return this.#readComment(start);
      case "source":
      case "destination":
        return this.#readPrefix(start);
      case "translation":
        return this.#readTranslation(start);
      default:
        return this.#readPortWord(start);
    }
  }

  #readChain(start: number): number {
    const found = this.#chains.findOwn(start);
    if (found < 0) return NO_WORD;
    this.chain = found;
    return this.#chains.endOfWord;
  }

  #readJump(start: number): number {
    const found = this.#chains.findTarget(start);
    if (found < 0) return NO_WORD;
    this.values.push(found);
    return this.#chains.endOfWord;
  }

  /** A quoted text without backslashes, or a word that could be nothing else. */
  #readComment(start: number): number {
    const bytes = this.#bytes;
    let at = start;
    let byte = bytes[at]!;
    if (byte !== QUOTE) {
      if (byte === DASH || byte === NOT_QUOTED) return NO_WORD;
      while (!endsWord(byte) && byte !== QUOTE && byte !== BACKSLASH && byte !== TAB) byte = bytes[++at]!;
      return endsWord(byte) && at > start ? at : NO_WORD;
    }
    for (byte = bytes[++at]!; byte !== QUOTE; byte = bytes[++at]!) {
      if (byte === NEWLINE || byte === BACKSLASH) return NO_WORD;
    }
    return endsWord(bytes[at + 1]!) ? at + 1 : NO_WORD;
  }

  /** `A.B.C.D/N`, N from 1 on, or `A.B.C.D`. */
  #readPrefix(start: number): number {
    const at = this.#readAddress(start);
    if (at === NO_WORD) return NO_WORD;
    const address = this.#number;
    const next = this.#bytes[at]!;
    if (endsWord(next)) return this.#keep(address, 32, at);
    if (next !== SLASH) return NO_WORD;
    const end = this.#readDecimal(at + 1, 32);
    const length = this.#number;
    if (end === NO_WORD || length === 0 || !endsWord(this.#bytes[end]!)) return NO_WORD;
    return this.#keep((address & (-1 << (32 - length))) >>> 0, length, end);
  }

  /** `A.B.C.D:PORT`. */
  #readTranslation(start: number): number {
    const at = this.#readAddress(start);
    if (at === NO_WORD || this.#bytes[at] !== COLON) return NO_WORD;
    const address = this.#number;
    const end = this.#readDecimal(at + 1, 65535);
    if (end === NO_WORD || this.#number === 0 || !endsWord(this.#bytes[end]!)) return NO_WORD;
    return this.#keep(address, this.#number, end);
  }

  #readPortWord(start: number): number {
    const end = this.#readDecimal(start, 65535);
    if (end === NO_WORD || !endsWord(this.#bytes[end]!)) return NO_WORD;
    this.values.push(this.#number);
    return end;
  }

  #keep(first: number, second: number, end: number): number {
    this.values.push(first);
    this.values.push(second);
    return end;
  }

  #readAddress(start: number): number {
    let at = start;
    let address = 0;
    for (let part = 0; part < 4; part++) {
      if (part > 0 && this.#bytes[at++] !== DOT) return NO_WORD;
      at = this.#readDecimal(at, 255);
      if (at === NO_WORD) return NO_WORD;
      address = address * 256 + this.#number;
    }
    this.#number = address;
    return at;
  }

  /** Digits without a zero in front; what follows them is not looked at. */
  #readDecimal(start: number, most: number): number {
    const bytes = this.#bytes;
    let digit = bytes[start]! - ZERO;
    if (!(digit >= 0 && digit <= 9)) return NO_WORD;
    let value = digit;
    let at = start + 1;
    for (digit = bytes[at]! - ZERO; digit >= 0 && digit <= 9; digit = bytes[++at]! - ZERO) {
      if (value === 0) return NO_WORD;
      value = value * 10 + digit;
      if (value > most) return NO_WORD;
    }
    this.#number = value;
    return at;
  }
}
