import { readServices } from "../src/compile/ipvs-reader.ts";
import { CHUNK_HEADER, type Chunk } from "./chunk.ts";
import type { CoreRunner } from "./core-runner.ts";
import { OPENING_NS } from "./traffic.ts";

/** Longer than anything that a first packet leaves behind lives. */
const LATER_NS = 3_600_000_000_000n;

/**
 * Connections that begin, again and again on one node: before each time the node has forgotten those of the time before, so
 * that the memory of entries is the same one, as the C reference has it with `new`.
 */
export class Openings {
  readonly chunks: readonly Chunk[];
  readonly #runner: CoreRunner;
  #timeNs: bigint;

  constructor(runner: CoreRunner, chunks: readonly Chunk[], firstNs = OPENING_NS) {
    this.#runner = runner;
    this.chunks = chunks.map(({ bytes, packets }) => ({ bytes: bytes.slice(), packets }));
    this.#timeNs = firstNs;
  }

  /** Lets the connections of the last time expire, and moves the packets behind that. */
  prepare(): void {
    this.#timeNs += LATER_NS;
    this.#runner.emulator.runUntil(this.#timeNs);
    // The estimators of IPVS, too, have the hour behind them: else the first packet of each server catches up with it.
    readServices(this.#runner.emulator.core);
    for (const { bytes } of this.chunks) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let at = 0; at < bytes.length; at += view.getUint32(at + CHUNK_HEADER.size, true)) {
        view.setBigUint64(at + CHUNK_HEADER.time, this.#timeNs, true);
      }
    }
  }

  run(): void {
    this.#runner.run(this.chunks);
  }
}
