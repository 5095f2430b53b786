import {
  Z_BUF_ERROR,
  Z_NO_FLUSH,
  Z_OK,
  Z_STREAM_END,
  ZStream,
  zlibInflate,
  zlibInflateInit2,
  zlibInflateReset,
} from "pako";
import { CaptureError } from "./error.ts";

/** zlib's word for the largest window, and gzip around the data. */
const WINDOW_BITS = 15 + 16;
const OUTPUT_BYTES = 256 * 1024;

/**
 * Decompresses gzip members as their bytes come, by pako's port of zlib. Browsers have a decompressor too, but it tells
 * neither where a member ended, so that the next one could be read, nor all that came before damage.
 */
export class Gunzip {
  readonly #stream = new ZStream();
  #isInMember = true;
  /** Compressed bytes before the piece at hand. */
  #before = 0;
  /** Bytes given so far, of all members. */
  #given = 0;

  constructor() {
    zlibInflateInit2(this.#stream, WINDOW_BITS);
  }

  /** @throws CaptureError after what could be decompressed. */
  *push(bytes: Uint8Array): Generator<Uint8Array> {
    const stream = this.#stream;
    stream.input = bytes;
    stream.next_in = 0;
    stream.avail_in = bytes.length;
    while (this.#findMember()) yield* this.#inflate();
    this.#before += bytes.length;
  }

  /** @throws CaptureError when the data ends too early. */
  end(): void {
    if (this.#isInMember)
      throw new CaptureError("ERR_CAPTURE_TRUNCATED", this.#given, "the compressed file was cut off here");
  }

  /** Passes over zeros between members. @returns whether there is input of a member. */
  #findMember(): boolean {
    const stream = this.#stream;
    if (!this.#isInMember) {
      for (; stream.avail_in > 0 && stream.input[stream.next_in] === 0; stream.avail_in--) stream.next_in++;
      if (stream.avail_in === 0) return false;
      zlibInflateReset(stream);
      this.#isInMember = true;
    }
    return stream.avail_in > 0;
  }

  /** Decompresses until the member, or the input, ends. */
  *#inflate(): Generator<Uint8Array> {
    const stream = this.#stream;
    do {
      if (stream.avail_out === 0) {
        stream.output = new Uint8Array(OUTPUT_BYTES);
        stream.next_out = 0;
        stream.avail_out = OUTPUT_BYTES;
      }
      const start = stream.next_out;
      const status = zlibInflate(stream, Z_NO_FLUSH);
      this.#given += stream.next_out - start;
      if (stream.next_out > start) yield stream.output.subarray(start, stream.next_out);
      if (status === Z_STREAM_END) this.#isInMember = false;
      else if (status !== Z_OK && status !== Z_BUF_ERROR) throw this.#damage();
    } while (this.#isInMember && (stream.avail_in > 0 || stream.avail_out === 0));
  }

  #damage(): CaptureError {
    const { msg, next_in } = this.#stream;
    const place = `before byte ${this.#before + next_in} of the compressed file`;
    const detail = `the gzip data is damaged ${place} (${msg}); the packets before were read`;
    return new CaptureError("ERR_CAPTURE_DAMAGED", this.#given, detail);
  }
}
