import type { ResultFiles } from "./compare/results.ts";

/** A small generator of repeatable numbers (mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** A whole number from 0 to `sides - 1`. */
  below(sides: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
  }

  oneOf<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }
}

/** Results with one thing changed, so that the comparison has something to find (or, as with a time left, to forgive). */
export function mutate(files: ResultFiles, dice: Dice): ResultFiles {
  const name = dice.oneOf([...files.keys()].sort());
  const bytes = files.get(name)!;
  return new Map(files).set(name, name === "out.pcapng" ? mutateCapture(bytes, dice) : mutateText(bytes, dice));
}

/** Changes a byte of one packet. */
function mutateCapture(file: Uint8Array, dice: Dice): Uint8Array {
  const bytes = Uint8Array.from(file);
  const view = new DataView(bytes.buffer);
  const packets: { at: number; length: number }[] = [];
  for (let at = 0; at + 12 <= bytes.length; at += view.getUint32(at + 4, true)) {
    if (view.getUint32(at, true) === 6) packets.push({ at: at + 28, length: view.getUint32(at + 20, true) });
  }
  if (packets.length === 0) return bytes;
  const { at, length } = dice.oneOf(packets);
  bytes[at + dice.below(Math.min(length, 60))]! ^= 1 << dice.below(8);
  return bytes;
}

/** Changes a digit, or leaves out, doubles or swaps a line. */
function mutateText(file: Uint8Array, dice: Dice): Uint8Array {
  const lines = new TextDecoder().decode(file).split("\n");
  const at = dice.below(lines.length);
  const change = dice.below(5);
  if (change === 0) lines.splice(at, 1);
  else if (change === 1) lines.splice(at, 0, lines[at]!);
  else if (change === 2 && at > 0) [lines[at], lines[at - 1]] = [lines[at - 1]!, lines[at]!];
  else lines[at] = withOtherDigit(lines[at]!, dice);
  return new TextEncoder().encode(lines.join("\n"));
}

function withOtherDigit(line: string, dice: Dice): string {
  const digits = [...line.matchAll(/\d/g)];
  if (digits.length === 0) return line;
  const { index } = dice.oneOf(digits);
  return `${line.slice(0, index)}${(Number(line[index]) + 1 + dice.below(9)) % 10}${line.slice(index + 1)}`;
}
