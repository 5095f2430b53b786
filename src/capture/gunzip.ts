import { BitInput } from "./bit-input.ts";
import { crc32 } from "./crc32.ts";
import { CaptureError } from "./error.ts";
import { InflateError, Inflater } from "./inflate.ts";

const MAGIC_FIRST = 0x1f;
const MAGIC_SECOND = 0x8b;
const METHOD_DEFLATE = 8;

/** Flags of a member's header (RFC 1952 section 2.3.1). */
const FHCRC = 0x02;
const FEXTRA = 0x04;
const FNAME = 0x08;
const FCOMMENT = 0x10;
const RESERVED = 0xe0;

const FIXED_HEADER_BYTES = 10;
const TRAILER_BYTES = 8;
/** A header with longer names than this is damage. */
const LONGEST_HEADER = 1024 * 1024;

/** Hands pieces on, decompressed if they begin as gzip does (RFC 1952); its members may be many, one after another. */
export async function* decompressed(pieces: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    const head: Uint8Array[] = [];
    for (let known = 0; known < 2; known += head[head.length - 1].length) {
      const { done, value } = await pieces.next();
      if (done) break;
      head.push(value);
    }
    const [first, second] = head.flatMap((piece) => [...piece.subarray(0, 2)]);
    const isGzip = first === MAGIC_FIRST && second === MAGIC_SECOND;
    const gunzip = isGzip ? new Gunzip() : undefined;
    for (const piece of head) yield* gunzip ? gunzip.push(piece) : [piece];
    for await (const piece of pieces) yield* gunzip ? gunzip.push(piece) : [piece];
    if (gunzip) yield* gunzip.end();
  } finally {
    await pieces.return(undefined);
  }
}

enum State {
  Header,
  Data,
  Trailer,
}

/** Decompresses gzip members as their bytes come. */
export class Gunzip {
  readonly #input = new BitInput();
  #state = State.Header;
  #inflater = new Inflater();
  /** Of the member at hand. */
  #crc = 0;
  #length = 0;
  #members = 0;
  /** Bytes given so far, of all members. */
  #given = 0;

  /** @throws CaptureError after what could be decompressed. */
  *push(bytes: Uint8Array): Generator<Uint8Array> {
    this.#input.add(bytes);
    yield* this.#run(false);
  }

  /** @throws CaptureError when the data ends too early. */
  *end(): Generator<Uint8Array> {
    yield* this.#run(true);
  }

  *#run(last: boolean): Generator<Uint8Array> {
    while (true) {
      const output: Uint8Array[] = [];
      let failure: unknown;
      let goesOn = false;
      try {
        goesOn = this.#step(last, output);
      } catch (error) {
        failure = error;
      }
      for (const bytes of output) {
        this.#crc = crc32(bytes, this.#crc);
        this.#length += bytes.length;
        this.#given += bytes.length;
        yield bytes;
      }
      // Decoders take zeros for what is missing, so that an early end can look like any damage.
      if (failure instanceof InflateError) throw this.#input.left > 0 ? this.#damage(failure.message) : this.#cutOff();
      if (failure) throw failure;
      if (!goesOn) return;
    }
  }

  /** @returns false when it wants more input. */
  #step(last: boolean, output: Uint8Array[]): boolean {
    switch (this.#state) {
      case State.Header:
        return this.#readHeader(last);
      case State.Data:
        if (!this.#inflater.run(this.#input, last, output)) return false;
        this.#state = State.Trailer;
        return true;
      case State.Trailer:
        return this.#readTrailer(last);
    }
  }

  #readHeader(last: boolean): boolean {
    const input = this.#input;
    if (this.#members > 0) while (input.left > 0 && input.bytes[input.at] === 0) input.at++;
    if (input.left === 0) return false;
    const length = headerLength(input.bytes.subarray(input.at, input.end));
    if (typeof length === "string") throw this.#damage(length);
    if (length > input.left) {
      if (length > LONGEST_HEADER) throw this.#damage("a header that does not end");
      if (last) throw this.#cutOff();
      return false;
    }
    input.at += length;
    this.#inflater = new Inflater();
    this.#crc = 0;
    this.#length = 0;
    this.#state = State.Data;
    return true;
  }

  #readTrailer(last: boolean): boolean {
    const input = this.#input;
    if (input.left < TRAILER_BYTES) {
      if (last) throw this.#cutOff();
      return false;
    }
    const view = new DataView(input.bytes.buffer, input.at, TRAILER_BYTES);
    if (view.getUint32(0, true) !== this.#crc) throw this.#damage("a checksum that is wrong");
    if (view.getUint32(4, true) !== this.#length % 2 ** 32) throw this.#damage("a length that is wrong");
    input.at += TRAILER_BYTES;
    this.#members++;
    this.#state = State.Header;
    return true;
  }

  #damage(what: string): CaptureError {
    const place = `at byte ${this.#input.position} of the compressed file`;
    const detail = `the gzip data has ${what} ${place}; the packets before were read`;
    return new CaptureError("ERR_CAPTURE_DAMAGED", this.#given, detail);
  }

  #cutOff(): CaptureError {
    return new CaptureError("ERR_CAPTURE_TRUNCATED", this.#given, "the compressed file was cut off here");
  }
}

/** @returns the length of a member's header, more than there is if it is not all there, or what is wrong with it. */
function headerLength(bytes: Uint8Array): number | string {
  const flags = bytes[3] ?? 0;
  if (bytes[0] !== MAGIC_FIRST || (bytes[1] ?? MAGIC_SECOND) !== MAGIC_SECOND) return "something else behind its end";
  if ((bytes[2] ?? METHOD_DEFLATE) !== METHOD_DEFLATE || flags & RESERVED) return "a header of unknown kind";
  let at = FIXED_HEADER_BYTES;
  if (flags & FEXTRA) at += 2 + (bytes[at] | (bytes[at + 1] << 8));
  for (const flag of [FNAME, FCOMMENT]) {
    if (!(flags & flag)) continue;
    const end = bytes.indexOf(0, at);
    if (end < 0) return bytes.length + 1;
    at = end + 1;
  }
  return flags & FHCRC ? at + 2 : at;
}
