import type { Core } from "../../core/core.ts";
import { type Field, getNumber, setNumber } from "../../core/record.ts";

/**
 * A block of core memory under construction on the host's side: records with addresses that count from the block's
 * start. `install` copies it into the core at once and makes the addresses absolute, so that a table of 100,000 rules
 * costs one allocation there.
 */
export class Image {
  #bytes: Uint8Array;
  #view: DataView;
  #used = 0;
  /** Where addresses stand that are to be moved. */
  #addresses = new Uint32Array(1024);
  #addressCount = 0;

  /** @param expected bytes that it will need, about: growing copies what is there. */
  constructor(expected = 4096) {
    this.#bytes = new Uint8Array(expected);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** A zeroed record of `size` bytes, aligned to 8. */
  reserve(size: number): number {
    const at = this.#used;
    this.#used = (at + size + 7) & ~7;
    if (this.#used > this.#bytes.length) this.#grow();
    return at;
  }

  set(record: number, field: Field, value: number | bigint): void {
    setNumber(this.#view, record, field, value);
  }

  /** A field that holds the address of another record of the image. */
  point(record: number, field: Field, target: number): void {
    const at = record + field.offset;
    this.#view.setUint32(at, target, true);
    if (this.#addressCount === this.#addresses.length) this.#growAddresses();
    this.#addresses[this.#addressCount++] = at;
  }

  write(at: number, bytes: Uint8Array): void {
    this.#bytes.set(bytes, at);
  }

  /** Copies what was written at `from`; its addresses have to be pointed again. */
  copy(from: number, to: number, size: number): void {
    this.#bytes.copyWithin(to, from, from + size);
  }

  get(record: number, field: Field): number {
    return getNumber(this.#view, record, field);
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

  /** @returns where the image begins in the core, whose memory may have moved. */
  install(core: Core): number {
    const base = core.allocate(this.#used);
    for (const at of this.#addresses.subarray(0, this.#addressCount))
      this.#view.setUint32(at, this.#view.getUint32(at, true) + base, true);
    new Uint8Array(core.memory.buffer).set(this.#bytes.subarray(0, this.#used), base);
    return base;
  }

  #growAddresses(): void {
    const grown = new Uint32Array(this.#addresses.length * 2);
    grown.set(this.#addresses);
    this.#addresses = grown;
  }

  #grow(): void {
    let size = this.#bytes.length * 2;
    while (size < this.#used) size *= 2;
    const grown = new Uint8Array(size);
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
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
