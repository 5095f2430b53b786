import { CaptureError } from "./error.ts";
import { chooseReader, MAGIC_BYTES } from "./format.ts";
import type { CaptureInterface } from "./packet.ts";
import { viewOf } from "./pcapng-options.ts";
import type { PacketSink, RecordReader } from "./record-reader.ts";

/** A record is not given more room than this before its bytes have come: a damaged length must not cost memory. */
const FIRST_ROOM = 64 * 1024;

/**
 * Takes a capture apart that arrives in pieces of any length. A record that lies in one piece is not copied; one that
 * lies across pieces is put together in a buffer of its own, the seam.
 */
export class CaptureParser {
  #reader: RecordReader | undefined;
  #seam: Uint8Array | undefined;
  #seamLength = 0;
  /** Bytes still to be passed over. */
  #skip = 0;
  /** Byte of the file where what has not been read begins (the seam, or else the next piece). */
  #offset = 0;

  /** Undefined before the first bytes have told. */
  get format(): "pcap" | "pcapng" | undefined {
    return this.#reader?.format;
  }

  get interfaces(): readonly CaptureInterface[] {
    return this.#reader?.interfaces ?? [];
  }

  get lost(): number {
    return this.#reader?.lost ?? 0;
  }

  /**
   * Reads on, and appends the packets that are whole now. The bytes must not change afterwards: packets are views.
   *
   * @throws CaptureError; packets before the damage have been appended.
   */
  push(bytes: Uint8Array, packets: PacketSink): void {
    // A plain array: a subclass (Node's Buffer) would make every access of the readers slower.
    const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    while (at < plain.length) {
      if (this.#skip > 0) at += this.#pass(plain.length - at);
      else if (this.#seam) at += this.#fillSeam(this.#seam, plain, at, packets);
      else {
        this.#read(plain, at, plain.length, packets, false);
        at = plain.length;
      }
    }
  }

  /**
   * Gives back the beginning of a record whose end has not come, if all of it fits into `room`: bytes that follow can be read
   * behind it, so that the record lies in one piece.
   *
   * @returns bytes that are to be pushed once more, with those that follow.
   */
  giveBack(room: Uint8Array): number {
    const seam = this.#seam;
    if (!seam || this.#needed > room.length || this.#seamLength >= room.length) return 0;
    room.set(seam.subarray(0, this.#seamLength));
    this.#seam = undefined;
    return this.#seamLength;
  }

  /**
   * There are no more bytes.
   *
   * @throws CaptureError when the file ends too early; packets before have been appended.
   */
  end(packets: PacketSink): void {
    if (this.#seam) this.#read(this.#seam, 0, this.#seamLength, packets, true);
    if (!this.#reader && !this.#seam) throw new CaptureError("ERR_CAPTURE_FORMAT", 0, "the capture is empty");
    if (!this.#seam && !this.#reader?.isInside) return;
    const awaited = this.#reader?.awaited ?? "the first four bytes";
    const missing = this.#skip + this.#needed - (this.#seam ? this.#seamLength : 0);
    const detail = `the file was cut off inside ${awaited}: at least ${missing} bytes are missing`;
    throw new CaptureError("ERR_CAPTURE_TRUNCATED", this.#offset, detail);
  }

  get #needed(): number {
    return this.#reader?.needed ?? MAGIC_BYTES;
  }

  #pass(available: number): number {
    const passed = Math.min(this.#skip, available);
    this.#skip -= passed;
    this.#offset += passed;
    return passed;
  }

  /** Takes from `bytes` what the record in the seam lacks, and reads it when it is complete. */
  #fillSeam(seam: Uint8Array, bytes: Uint8Array, at: number, packets: PacketSink): number {
    const taken = Math.min(this.#needed - this.#seamLength, bytes.length - at);
    const length = this.#seamLength + taken;
    const roomy = length <= seam.length ? seam : this.#startSeam(seam, 0, this.#seamLength, length);
    roomy.set(bytes.subarray(at, at + taken), this.#seamLength);
    this.#seamLength = length;
    if (length >= this.#needed) this.#read(roomy, 0, length, packets, false);
    return taken;
  }

  #read(bytes: Uint8Array, start: number, end: number, packets: PacketSink, last: boolean): void {
    if (end - start < MAGIC_BYTES && !this.#reader) {
      this.#keep(bytes, start, end);
      return;
    }
    const view = viewOf(bytes);
    this.#reader ??= chooseReader(view, start);
    const fileOffset = this.#offset - start;
    const next = this.#reader.read({ bytes, view, start, end, fileOffset, last }, packets);
    this.#offset = fileOffset + Math.min(next, end);
    this.#skip = Math.max(next - end, 0);
    this.#keep(bytes, next, end);
  }

  /** What is left of a piece begins the seam. */
  #keep(bytes: Uint8Array, start: number, end: number): void {
    if (start < end) this.#startSeam(bytes, start, end, end - start);
    else this.#seam = undefined;
  }

  /** A new seam that begins with `bytes[start .. end)` and has room for `length` bytes at least. */
  #startSeam(bytes: Uint8Array, start: number, end: number, length: number): Uint8Array {
    const room = Math.max(length, Math.min(this.#needed, Math.max(FIRST_ROOM, 2 * length)));
    const seam = new Uint8Array(room);
    seam.set(bytes.subarray(start, end));
    this.#seam = seam;
    this.#seamLength = end - start;
    return seam;
  }
}
