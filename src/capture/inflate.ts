import type { BitInput } from "./bit-input.ts";
import { buildHuffman, type HuffmanTable } from "./huffman.ts";

/** How far back a match can reach, and how long it can be. */
const WINDOW_BYTES = 32 * 1024;
const LONGEST_MATCH = 258;
const OUTPUT_BYTES = WINDOW_BYTES + 256 * 1024;
/** Input that must be there before the header of a block is read; none is longer. */
const BLOCK_HEADER_BYTES = 640;
/** The same for a symbol with its match. */
const SYMBOL_BYTES = 8;
const END_OF_BLOCK = 256;
const FIRST_LENGTH = 257;

const LENGTH_BASE = Uint16Array.of(
  ...[
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
  ],
);
const LENGTH_EXTRA = Uint8Array.of(
  ...[0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0],
);
const DISTANCE_EXTRA = Uint8Array.from({ length: 30 }, (_, code) => Math.max((code >> 1) - 1, 0));
const DISTANCE_BASE = Uint16Array.from({ length: 30 }, (_, code) =>
  code < 4 ? code + 1 : ((2 + (code & 1)) << ((code >> 1) - 1)) + 1,
);
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

const FIXED_LITERALS = buildHuffman(
  Uint8Array.from({ length: 288 }, (_, symbol) => (symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8)),
)!;
const FIXED_DISTANCES = buildHuffman(new Uint8Array(30).fill(5))!;

/** Compressed data that cannot be right, or ends too early. */
export class InflateError extends Error {}

enum State {
  BlockHeader,
  Stored,
  Coded,
  Done,
}

/**
 * Decompresses one deflate stream (RFC 1951) as its input comes. Browsers have a decompressor too, but it tells neither
 * where a stream ended, so that the next one could be read, nor all that came before damage.
 */
export class Inflater {
  #state = State.BlockHeader;
  #isLastBlock = false;
  #storedLeft = 0;
  #literals: HuffmanTable = FIXED_LITERALS;
  #distances: HuffmanTable = FIXED_DISTANCES;
  /** Output; what lies before `#given` was given to the caller, and is kept because matches reach back. */
  #out = new Uint8Array(OUTPUT_BYTES);
  #length = 0;
  #given = 0;

  /**
   * Decompresses as far as the input goes, and appends what came out.
   *
   * @param last is there no more input?
   * @returns whether the stream has ended; the input then stands behind it.
   * @throws InflateError; what came out before has been appended.
   */
  run(input: BitInput, last: boolean, output: Uint8Array[]): boolean {
    try {
      while (this.#step(input, last, output));
      return this.#state === State.Done;
    } finally {
      this.#give(output);
    }
  }

  /** @returns false when it has ended or wants more input. */
  #step(input: BitInput, last: boolean, output: Uint8Array[]): boolean {
    switch (this.#state) {
      case State.BlockHeader:
        if (this.#isLastBlock) {
          input.align();
          this.#state = State.Done;
          return false;
        }
        if (input.left < BLOCK_HEADER_BYTES && !last) return false;
        this.#readBlockHeader(input);
        return true;
      case State.Stored:
        return this.#copyStored(input, last, output);
      case State.Coded:
        return this.#decode(input, last, output);
      case State.Done:
        return false;
    }
  }

  #readBlockHeader(input: BitInput): void {
    this.#isLastBlock = input.take(1) === 1;
    const kind = input.take(2);
    if (kind === 0) this.#startStored(input);
    else if (kind === 1) this.#startCoded(FIXED_LITERALS, FIXED_DISTANCES);
    else if (kind === 2) this.#readCodes(input);
    else throw new InflateError("a block of unknown kind");
    if (input.left < 0) throw endsTooEarly();
  }

  #startStored(input: BitInput): void {
    input.align();
    const length = input.take(16);
    if ((input.take(16) ^ 0xffff) !== length && input.left >= 0)
      throw new InflateError("a stored block of wrong length");
    input.align();
    this.#storedLeft = length;
    this.#state = State.Stored;
  }

  #startCoded(literals: HuffmanTable, distances: HuffmanTable): void {
    this.#literals = literals;
    this.#distances = distances;
    this.#state = State.Coded;
  }

  #readCodes(input: BitInput): void {
    const literalCount = input.take(5) + 257;
    const distanceCount = input.take(5) + 1;
    const codeLengths = new Uint8Array(CODE_LENGTH_ORDER.length);
    const count = input.take(4) + 4;
    for (let i = 0; i < count; i++) codeLengths[CODE_LENGTH_ORDER[i]] = input.take(3);
    const lengths = readLengths(input, codeLengths, literalCount + distanceCount);
    const literals = buildHuffman(lengths.subarray(0, literalCount));
    const distances = buildHuffman(lengths.subarray(literalCount));
    if (!literals || !distances || lengths[END_OF_BLOCK] === 0) throw new InflateError("a block with impossible codes");
    this.#startCoded(literals, distances);
  }

  #copyStored(input: BitInput, last: boolean, output: Uint8Array[]): boolean {
    const count = Math.min(this.#storedLeft, input.left, OUTPUT_BYTES - this.#length);
    this.#out.set(input.bytes.subarray(input.at, input.at + count), this.#length);
    input.at += count;
    this.#length += count;
    this.#storedLeft -= count;
    if (this.#storedLeft === 0) this.#state = State.BlockHeader;
    else if (this.#length === OUTPUT_BYTES) this.#renew(output);
    else if (last) throw endsTooEarly();
    else return false;
    return true;
  }

  /** The one hot loop: literals and matches until the block, the input or the room in the output ends. */
  #decode(input: BitInput, last: boolean, output: Uint8Array[]): boolean {
    if (this.#length + LONGEST_MATCH > OUTPUT_BYTES) this.#renew(output);
    const { bytes, end } = input;
    const { entries: literals, mask: literalMask } = this.#literals;
    const { entries: distances, mask: distanceMask } = this.#distances;
    const out = this.#out;
    const room = OUTPUT_BYTES - LONGEST_MATCH;
    const stop = last ? Number.POSITIVE_INFINITY : end - SYMBOL_BYTES;
    let { at, hold, bits } = input;
    let length = this.#length;
    let failure: InflateError | undefined;
    while (at < stop && length <= room) {
      for (; bits < 24; bits += 8) hold |= bytes[at++] << bits;
      const entry = literals[hold & literalMask];
      hold >>>= entry & 15;
      bits -= entry & 15;
      const symbol = entry >> 4;
      if (at - (bits >> 3) > end) {
        failure = endsTooEarly();
        break;
      }
      if (symbol < END_OF_BLOCK && entry !== 0) {
        out[length++] = symbol;
        continue;
      }
      if (symbol === END_OF_BLOCK) {
        this.#state = State.BlockHeader;
        break;
      }
      const lengthCode = symbol - FIRST_LENGTH;
      if (entry === 0 || lengthCode >= LENGTH_BASE.length) {
        failure = new InflateError("a code that stands for nothing");
        break;
      }
      const lengthExtra = LENGTH_EXTRA[lengthCode];
      const matchLength = LENGTH_BASE[lengthCode] + (hold & ((1 << lengthExtra) - 1));
      hold >>>= lengthExtra;
      bits -= lengthExtra;

      for (; bits < 16; bits += 8) hold |= bytes[at++] << bits;
      const distanceEntry = distances[hold & distanceMask];
      hold >>>= distanceEntry & 15;
      bits -= distanceEntry & 15;
      const distanceCode = distanceEntry >> 4;
      for (; bits < 16; bits += 8) hold |= bytes[at++] << bits;
      const distanceExtra = DISTANCE_EXTRA[distanceCode];
      const distance = DISTANCE_BASE[distanceCode] + (hold & ((1 << distanceExtra) - 1));
      hold >>>= distanceExtra;
      bits -= distanceExtra;
      if (at - (bits >> 3) > end) {
        failure = endsTooEarly();
        break;
      }
      if (distanceEntry === 0 || distanceCode >= DISTANCE_BASE.length || distance > length) {
        failure = new InflateError("a match with bytes that are not there");
        break;
      }
      for (const matchEnd = length + matchLength; length < matchEnd; length++) out[length] = out[length - distance];
    }
    input.at = at;
    input.hold = hold;
    input.bits = bits;
    this.#length = length;
    if (failure) throw failure;
    return this.#state === State.BlockHeader || length > room;
  }

  #give(output: Uint8Array[]): void {
    if (this.#length > this.#given) output.push(this.#out.subarray(this.#given, this.#length));
    this.#given = this.#length;
  }

  /** Gives what is in the output, and begins a new one that keeps the window. What was given is not touched any more. */
  #renew(output: Uint8Array[]): void {
    this.#give(output);
    const out = new Uint8Array(OUTPUT_BYTES);
    out.set(this.#out.subarray(this.#length - WINDOW_BYTES, this.#length));
    this.#out = out;
    this.#length = WINDOW_BYTES;
    this.#given = WINDOW_BYTES;
  }
}

/** Lengths of codes, themselves coded, with runs (RFC 1951 section 3.2.7). */
function readLengths(input: BitInput, codeLengths: Uint8Array, count: number): Uint8Array {
  const table = buildHuffman(codeLengths);
  if (!table) throw new InflateError("a block with impossible codes");
  const lengths = new Uint8Array(count);
  let at = 0;
  while (at < count) {
    const symbol = takeSymbol(input, table);
    if (symbol < 16) {
      lengths[at++] = symbol;
      continue;
    }
    const value = symbol === 16 && at > 0 ? lengths[at - 1] : 0;
    const run = symbol === 16 ? 3 + input.take(2) : symbol === 17 ? 3 + input.take(3) : 11 + input.take(7);
    if (at + run > count || (symbol === 16 && at === 0)) throw new InflateError("a block with impossible codes");
    lengths.fill(value, at, at + run);
    at += run;
  }
  return lengths;
}

/** Slow: for the few symbols of a block's header. */
function takeSymbol(input: BitInput, table: HuffmanTable): number {
  let bits = 0;
  for (let count = 1; 1 << (count - 1) <= table.mask; count++) {
    bits |= input.take(1) << (count - 1);
    const entry = table.entries[bits];
    if (entry !== 0 && (entry & 15) === count) return entry >> 4;
  }
  throw input.left < 0 ? endsTooEarly() : new InflateError("a code that stands for nothing");
}

function endsTooEarly(): InflateError {
  return new InflateError("an end too early");
}
