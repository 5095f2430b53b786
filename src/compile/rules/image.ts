import type { Core } from "../../core/core.ts";
import { type Field, getNumber, setNumber } from "../../core/record.ts";

/**
 * A block of core memory under construction: records by their place in it, which is not their address, for the block moves when it
 * grows. It is written where it will be used, so that a table of 100,000 rules costs one allocation there and no copy.
 */
export class Image {
  readonly #core: Core;
  #base = 0;
  #capacity = 0;
  #bytes: Uint8Array = new Uint8Array();
  #view: DataView = new DataView(this.#bytes.buffer);
  /** The same bytes; the core's numbers lie as those of all machines with WebAssembly do, the lowest byte first. */
  #words: Uint32Array = new Uint32Array();
  #used = 0;
  /** Where addresses stand that are to be moved. */
  #addresses = new Uint32Array(1024);
  #addressCount = 0;

  /** @param expected bytes that it will need, about: growing copies what is there. */
  constructor(core: Core, expected = 4096) {
    this.#core = core;
    this.#grow(expected);
  }

  /** Where it begins in the core. */
  get base(): number {
    return this.#base;
  }

  /** Gives it up. */
  release(): void {
    this.#core.release(this.#base);
  }

  /** A zeroed record of `size` bytes, aligned to 8. */
  reserve(size: number): number {
    const at = this.#used;
    this.#used = (at + size + 7) & ~7;
    if (this.#used > this.#capacity) this.#grow(this.#used);
    return at;
  }

  set(record: number, field: Field, value: number | bigint): void {
    setNumber(this.#view, record, field, value);
  }

  /** A field that holds the address of another record of the image. */
  point(record: number, field: Field, target: number): void {
    const at = record + field.offset;
    this.#words[at >>> 2] = this.#base + target;
    if (this.#addressCount === this.#addresses.length) this.#growAddresses();
    this.#addresses[this.#addressCount++] = at;
  }

  write(at: number, bytes: Uint8Array): void {
    this.#bytes.set(bytes, at);
  }

  /** Copies a record that was written at `from`, up to the end of its last word; its addresses have to be pointed again. */
  copyWords(from: number, to: number, size: number): void {
    const words = this.#words;
    const end = (from + size + 3) >>> 2;
    // Most are so short that a loop is over before a call of copyWithin has begun.
    for (let at = from >>> 2, target = to >>> 2; at < end; at++, target++) words[target] = words[at]!;
  }

  get(record: number, field: Field): number {
    return getNumber(this.#view, record, field);
  }

  /** The record that a field points to; 0 where it is empty. */
  target(record: number, field: Field): number {
    const address = this.get(record, field);
    return address === 0 ? 0 : address - this.#base;
  }

  /** How many addresses were pointed so far. */
  get addressCount(): number {
    return this.#addressCount;
  }

  setUint16(at: number, value: number): void {
    this.#view.setUint16(at, value, true);
  }

  setUint32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  /** Four bytes as they lie in packets, the highest first. */
  setAddress(at: number, value: number): void {
    this.#view.setUint32(at, value);
  }

  #growAddresses(): void {
    const grown = new Uint32Array(this.#addresses.length * 2);
    grown.set(this.#addresses);
    this.#addresses = grown;
  }

  #grow(needed: number): void {
    const core = this.#core;
    const [oldBase, oldCapacity] = [this.#base, this.#capacity];
    this.#capacity = Math.max((needed + 7) & ~7, oldCapacity * 2);
    this.#base = core.allocate(this.#capacity);
    // Memory that grew has another buffer.
    const { buffer } = core.memory;
    this.#bytes = new Uint8Array(buffer, this.#base, this.#capacity);
    this.#view = new DataView(buffer, this.#base, this.#capacity);
    this.#words = new Uint32Array(buffer, this.#base, this.#capacity >>> 2);
    if (oldBase === 0) return;
    this.#bytes.set(new Uint8Array(buffer, oldBase, oldCapacity));
    for (let i = 0; i < this.#addressCount; i++) this.#words[this.#addresses[i]! >>> 2]! += this.#base - oldBase;
    core.release(oldBase);
  }
}

/** Writes the fields of one record of an image. */
export class RecordWriter {
  readonly image: Image;
  readonly at: number;

  constructor(image: Image, at: number) {
    this.image = image;
    this.at = at;
  }

  set(field: Field, value: number | bigint | boolean): void {
    this.image.set(this.at, field, typeof value === "boolean" ? Number(value) : value);
  }

  /** Raw bytes from a field on: an address or mask as it lies in packets. */
  bytes(field: Field, bytes: Uint8Array): void {
    this.image.write(this.at + field.offset, bytes);
  }

  point(field: Field, target: number): void {
    this.image.point(this.at, field, target);
  }
}
