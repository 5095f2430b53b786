export const TAB = 9;
export const NEWLINE = 10;
export const SPACE = 32;
export const QUOTE = 34;
export const HASH = 35;
export const STAR = 42;
export const DASH = 45;
export const DOT = 46;
export const SLASH = 47;
export const ZERO = 48;
export const COLON = 58;
export const BRACKET = 91;
export const BACKSLASH = 92;
export const CLOSING_BRACKET = 93;

/** Does a word end before this byte? */
export function endsWord(byte: number): boolean {
  return byte === SPACE || byte === NEWLINE;
}

export function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57;
}

/** A list of whole numbers below 2^32. */
export class Column {
  #values = new Uint32Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.#values.length) {
      const grown = new Uint32Array(this.length * 2);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.length++] = value;
  }

  set(index: number, value: number): void {
    this.#values[index] = value;
  }

  at(index: number): number {
    return this.#values[index]!;
  }

  /** The values so far; not kept up to date. */
  get values(): Uint32Array {
    return this.#values.subarray(0, this.length);
  }
}
