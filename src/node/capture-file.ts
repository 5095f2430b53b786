import { closeSync, createReadStream, openSync, readSync, statSync } from "node:fs";
import { addAbortSignal, type Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import type { CaptureFile } from "../index.ts";

const PIECE_BYTES = 1 << 20;
/** Reads without a break: signals and timers have their turn in between. */
const READS_AT_A_TIME = 64;

/**
 * A capture's bytes from a file, or from standard input for `-`.
 *
 * @param signal ends the reading with an `AbortError`.
 */
export function openCapture(path: string, signal?: AbortSignal): AsyncIterable<Uint8Array> {
  // Reading what has still to come (a pipe) must not hold everything up.
  if (path !== "-" && statSync(path, { throwIfNoEntry: false })?.isFile()) return new RegularFile(path, signal);
  return streamOf(path, signal);
}

function streamOf(path: string, signal: AbortSignal | undefined): Readable {
  const stream = path === "-" ? process.stdin : createReadStream(path, { highWaterMark: PIECE_BYTES });
  return signal ? addAbortSignal(signal, stream) : stream;
}

/** A file that is read straight to where its bytes are wanted. It is opened when the first are. */
class RegularFile implements CaptureFile {
  readonly #path: string;
  readonly #signal: AbortSignal | undefined;
  #descriptor: number | undefined;
  #reads = 0;

  constructor(path: string, signal: AbortSignal | undefined) {
    this.#path = path;
    this.#signal = signal;
  }

  readInto(into: Uint8Array): number | Promise<number> {
    this.#reads++;
    return this.#reads % READS_AT_A_TIME === 0 ? setImmediate().then(() => this.#read(into)) : this.#read(into);
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return streamOf(this.#path, this.#signal)[Symbol.asyncIterator]();
  }

  #read(into: Uint8Array): number {
    this.#signal?.throwIfAborted();
    this.#descriptor ??= openSync(this.#path, "r");
    return readSync(this.#descriptor, into);
  }
}
