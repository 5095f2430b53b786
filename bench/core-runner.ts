import { Emulator, type EmulatorOptions } from "../src/engine/emulator.ts";
import { drainOutputs } from "../src/engine/outputs.ts";
import { parseNode } from "../src/index.ts";
import type { Chunk } from "./chunk.ts";

const CHUNK_ROOM = 256 * 1024;

/** The emulator's core with a bench node in it; chunks are copied into its memory and run, as the engine does. */
export class CoreRunner {
  readonly #emulator: Emulator;
  readonly #address: number;

  static async create(files: ReadonlyMap<string, Uint8Array>, options: EmulatorOptions = {}): Promise<CoreRunner> {
    return new CoreRunner(await Emulator.create(parseNode(files), options));
  }

  private constructor(emulator: Emulator) {
    this.#emulator = emulator;
    this.#address = emulator.core.allocate(CHUNK_ROOM);
  }

  run(chunks: readonly Chunk[]): void {
    const { core } = this.#emulator;
    for (const { bytes } of chunks) {
      new Uint8Array(core.memory.buffer).set(bytes, this.#address);
      for (let done = 0; done < bytes.length; ) {
        done += core.processChunk(this.#address + done, bytes.length - done);
        core.clearOutputs();
      }
    }
  }

  /** Runs chunks and gives the first 60 bytes of every frame that left. */
  headersOf(chunks: readonly Chunk[]): Uint8Array[] {
    const { core } = this.#emulator;
    const headers: Uint8Array[] = [];
    for (const { bytes } of chunks) {
      new Uint8Array(core.memory.buffer).set(bytes, this.#address);
      for (let done = 0; done < bytes.length; ) {
        done += core.processChunk(this.#address + done, bytes.length - done);
        drainOutputs(core, [{ frame: (frame) => headers.push(frame.bytes.slice(0, 60)) }]);
      }
    }
    return headers;
  }
}
