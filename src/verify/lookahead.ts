import type { CapturePacket } from "../capture/index.ts";
import type { InputPacket } from "../engine/chunk.ts";
import type { Emulator } from "../engine/emulator.ts";
import type { Feeder } from "../engine/sides.ts";
import { AHEAD_NS, type Draws } from "./draws.ts";
import type { Witness } from "./witness.ts";

const TWO_TO_32 = 2 ** 32;

/** Keeps the capture back for a moment, so that what was drawn for a packet is known before it goes in. */
export class Lookahead implements Feeder {
  readonly #witness: Witness;
  readonly #draws: Draws;
  readonly #emulator: Emulator;
  #kept: CapturePacket[] = [];
  #first = 0;

  constructor(witness: Witness, draws: Draws, emulator: Emulator) {
    this.#witness = witness;
    this.#draws = draws;
    this.#emulator = emulator;
  }

  learn(packets: readonly CapturePacket[]): void {
    this.#witness.learn(packets);
  }

  inputOf(packet: CapturePacket): undefined {
    this.#draws.see(packet, (bytes) => this.#witness.keysOf(bytes));
    this.#kept.push(packet);
    while (nanosecondsBetween(this.#kept[this.#first]!, packet) > AHEAD_NS) this.#feed(this.#kept[this.#first++]!);
    if (this.#first < this.#kept.length / 2) return;
    this.#kept = this.#kept.slice(this.#first);
    this.#first = 0;
  }

  finish(): void {
    for (const packet of this.#kept.slice(this.#first)) this.#feed(packet);
    this.#witness.finish();
  }

  noteLines(): string[] {
    return this.#witness.noteLines();
  }

  #feed(packet: CapturePacket): void {
    const input: InputPacket | undefined = this.#witness.inputOf(packet);
    if (input) this.#emulator.feed(input);
  }
}

function nanosecondsBetween(from: CapturePacket, to: CapturePacket): number {
  return (to.timeHigh - from.timeHigh) * TWO_TO_32 + (to.timeLow - from.timeLow);
}
