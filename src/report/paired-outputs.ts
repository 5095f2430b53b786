import { Fate } from "../../assembly/abi/fate.ts";
import type { Ending, OutputFrame, OutputSink } from "../engine/outputs.ts";

/** Gets each frame with the ending of the packet that it is of, and each ending. */
export interface PairedSink {
  /** In the order in which frames left. The bytes are a copy. */
  frame?(frame: OutputFrame, ending: Ending | undefined): void;
  /** A packet ended. */
  ending?(ending: Ending): void;
}

/**
 * Brings frames and endings together. The core hands on the frames of a chunk first and then how its packets ended; both
 * carry the number of the packet of the capture and the device. Where a packet made several that left by one device (copies,
 * ICMP errors), they pair off in their order.
 */
export class PairedOutputs implements OutputSink {
  readonly #sink: PairedSink;
  #frames: OutputFrame[] = [];
  #endings: Ending[] = [];

  constructor(sink: PairedSink) {
    this.#sink = sink;
  }

  /** Keeps a frame until its ending is known. */
  frame(frame: OutputFrame): void {
    if (this.#endings.length > 0) this.end();
    this.#frames.push({ ...frame, bytes: frame.bytes.slice() });
  }

  /** Brings an ending to the frames that wait for it. */
  ending(ending: Ending): void {
    if (this.#frames.length > 0) this.#endings.push(ending);
    else this.#sink.ending?.(ending);
  }

  /** Hands on what still waits. */
  end(): void {
    const [frames, endings] = [this.#frames, this.#endings];
    this.#frames = [];
    this.#endings = [];
    const left = endings.filter(({ fate }) => fate === Fate.Sent || fate === Fate.Delivered);
    if (areInStep(frames, left)) for (const [i, frame] of frames.entries()) this.#sink.frame?.(frame, left[i]);
    else this.#pairByKey(frames, left);
    for (const ending of endings) this.#sink.ending?.(ending);
  }

  #pairByKey(frames: readonly OutputFrame[], endings: readonly Ending[]): void {
    const waiting = new Map<number, Ending[]>();
    for (const ending of endings) {
      const key = keyOf(ending);
      const queue = waiting.get(key);
      if (queue) queue.push(ending);
      else waiting.set(key, [ending]);
    }
    for (const frame of frames) {
      const queue = waiting.get(keyOf(frame));
      // Fragments of one packet have its one ending.
      const ending = queue && queue.length > 1 ? queue.shift() : queue?.[0];
      this.#sink.frame?.(frame, ending);
    }
  }
}

/** Mostly each packet leaves as one frame. */
function areInStep(frames: readonly OutputFrame[], endings: readonly Ending[]): boolean {
  return frames.length === endings.length && frames.every((frame, i) => keyOf(frame) === keyOf(endings[i]!));
}

/** Devices have numbers of 16 bits. */
function keyOf({ number, device }: Pick<Ending, "number" | "device">): number {
  return number * 0x10000 + device;
}
