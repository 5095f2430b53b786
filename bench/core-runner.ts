import { Emulator, type EmulatorOptions } from "../src/engine/emulator.ts";
import { drainOutputs } from "../src/engine/outputs.ts";
import { parseNode } from "../src/index.ts";
import { accumulate, type Checked } from "./accumulator.ts";
import { CHUNK_BYTES, type Chunk } from "./chunk.ts";

/** The emulator's core with a bench node in it; chunks are copied into its memory and run, as the engine does. */
export class CoreRunner {
  readonly emulator: Emulator;
  readonly #address: number;

  static async create(files: ReadonlyMap<string, Uint8Array>, options: EmulatorOptions = {}): Promise<CoreRunner> {
    return new CoreRunner(await Emulator.create(parseNode(files), options));
  }

  private constructor(emulator: Emulator) {
    this.emulator = emulator;
    this.#address = emulator.core.allocate(CHUNK_BYTES);
  }

  run(chunks: readonly Chunk[]): void {
    const { core } = this.emulator;
    for (const { bytes } of chunks) {
      new Uint8Array(core.memory.buffer).set(bytes, this.#address);
      for (let done = 0; done < bytes.length; ) {
        done += core.processChunk(this.#address + done, bytes.length - done);
        core.clearOutputs();
      }
    }
  }

  /** Runs chunks and sums up what left. */
  check(chunks: readonly Chunk[]): Checked {
    const { core } = this.emulator;
    const checked = { packets: 0, accumulator: 0 };
    for (const { bytes } of chunks) {
      new Uint8Array(core.memory.buffer).set(bytes, this.#address);
      for (let done = 0; done < bytes.length; ) {
        done += core.processChunk(this.#address + done, bytes.length - done);
        drainOutputs(core, [{ frame: (frame) => accumulate(checked, frame.bytes) }]);
      }
    }
    return checked;
  }
}
