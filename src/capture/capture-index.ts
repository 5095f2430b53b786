import { type CaptureInterface, CapturePacket, type Direction } from "./packet.ts";

const FIRST_CAPACITY = 4096;
/** Columns of a record: place of its data and of its interface, start, length, length on the wire, time, direction. */
const COLUMNS = 8;

/**
 * The records of a capture by number, kept in 32 bytes each beside the file's own: a million of them cost a tenth of what a
 * million objects would. Comments are not kept.
 */
export class CaptureIndex {
  #columns = new Uint32Array(FIRST_CAPACITY * COLUMNS);
  #count = 0;
  readonly #data: Uint8Array[] = [];
  readonly #interfaces: CaptureInterface[] = [];

  /** The greatest number that was added. */
  get count(): number {
    return this.#count;
  }

  /** Takes a record in; they may come in any order. */
  add(packet: CapturePacket): void {
    const { number, start, length, wireLength, timeHigh, timeLow, direction } = packet;
    if (number * COLUMNS > this.#columns.length) this.#grow(number);
    this.#count = Math.max(this.#count, number);
    const at = (number - 1) * COLUMNS;
    const columns = this.#columns;
    columns[at] = this.#placeOfData(packet.data);
    columns[at + 1] = this.#placeOfInterface(packet.interface);
    columns[at + 2] = start;
    columns[at + 3] = length;
    columns[at + 4] = wireLength;
    columns[at + 5] = timeHigh;
    columns[at + 6] = timeLow;
    columns[at + 7] = direction;
  }

  /** @returns undefined for a number that was not added. */
  packet(number: number): CapturePacket | undefined {
    if (number < 1 || number > this.#count) return undefined;
    const [data, on, start, length, wireLength, timeHigh, timeLow, direction] = this.#columns.subarray(
      (number - 1) * COLUMNS,
      number * COLUMNS,
    );
    if (data === 0) return undefined;
    return new CapturePacket(
      number,
      this.#interfaces[on!]!,
      timeHigh!,
      timeLow!,
      this.#data[data! - 1]!,
      start!,
      length!,
      wireLength!,
      direction! as Direction,
      0,
      0,
    );
  }

  /** Nanoseconds from the first record to this one; below zero where it was captured before it. */
  nsSinceFirst(number: number): number {
    const at = (number - 1) * COLUMNS;
    const columns = this.#columns;
    return (columns[at + 5]! - columns[5]!) * 2 ** 32 + (columns[at + 6]! - columns[6]!);
  }

  /** Place of the buffer, from 1. Records of one buffer follow each other. */
  #placeOfData(data: Uint8Array): number {
    if (this.#data.at(-1) === data) return this.#data.length;
    const known = this.#data.lastIndexOf(data);
    return known < 0 ? this.#data.push(data) : known + 1;
  }

  #placeOfInterface(on: CaptureInterface): number {
    const known = this.#interfaces.lastIndexOf(on);
    return known < 0 ? this.#interfaces.push(on) - 1 : known;
  }

  #grow(number: number): void {
    const longer = new Uint32Array(Math.max(2 * this.#columns.length, number * COLUMNS));
    longer.set(this.#columns);
    this.#columns = longer;
  }
}
