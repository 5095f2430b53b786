import { type Ending, isKernelMade, type OutputSink } from "../../index.ts";

const FIRST_CAPACITY = 4096;
const COLUMNS = 8;

/** How packets ended, a row of numbers each, in the order in which they ended. */
export class Endings implements OutputSink {
  #values = new Uint32Array(FIRST_CAPACITY * COLUMNS);
  #count = 0;
  /** Row of each packet's own ending, plus one, by packet number; 0: it has none yet. */
  #own = new Uint32Array(FIRST_CAPACITY);
  /** Rows of packets that the kernel made, by the number of the packet that caused them. */
  readonly #made = new Map<number, number[]>();

  ending(ending: Ending): void {
    const { number } = ending;
    this.#reserve(number);
    const row = this.#count++;
    const at = row * COLUMNS;
    const values = this.#values;
    values[at] = number;
    values[at + 1] = ending.path;
    values[at + 2] = ending.length;
    values[at + 3] = ending.device;
    values[at + 4] = ending.fate;
    values[at + 5] = ending.reason;
    values[at + 6] = (ending.origin << 8) | ending.ctinfo;
    values[at + 7] = ending.lookups;
    if (!isKernelMade(ending)) this.#own[number] = row + 1;
    else if (!this.#made.get(number)?.push(row)) this.#made.set(number, [row]);
  }

  /** How a packet of the capture itself ended; undefined when it was no input. */
  own(number: number): Ending | undefined {
    const row = this.#own[number] ?? 0;
    return row === 0 ? undefined : this.#read(row - 1);
  }

  /** How the packets ended that the kernel made because of this one. */
  made(number: number): Ending[] {
    return (this.#made.get(number) ?? []).map((row) => this.#read(row));
  }

  #read(row: number): Ending {
    const [number, path, length, device, fate, reason, last, lookups] = this.#values.subarray(row * COLUMNS);
    return {
      number: number!,
      path: path!,
      length: length!,
      device: device!,
      fate: fate!,
      reason: reason!,
      origin: last! >> 8,
      ctinfo: last! & 0xff,
      lookups: lookups!,
    };
  }

  #reserve(number: number): void {
    if ((this.#count + 1) * COLUMNS > this.#values.length) this.#values = grown(this.#values, 2 * this.#values.length);
    if (number >= this.#own.length) this.#own = grown(this.#own, Math.max(2 * this.#own.length, number + 1));
  }
}

function grown(values: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  const longer = new Uint32Array(length);
  longer.set(values);
  return longer;
}
