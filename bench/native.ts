import { closeSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Checked } from "./accumulator.ts";
import { CHUNK_HEADER, type Chunk } from "./chunk.ts";
import { compileNative, folder, NativeProcess } from "./native-process.ts";
import type { BenchService } from "./network.ts";

const PROGRAM = "core-path";
const OFFSETS = [
  `-DRECORD_HEADER=${CHUNK_HEADER.length}`,
  `-DRECORD_SIZE_AT=${CHUNK_HEADER.size}`,
  `-DRECORD_TIME_AT=${CHUNK_HEADER.time}`,
];

/** Why there is no C reference on this machine; undefined where there is one. */
export const missingCompiler = compileNative(PROGRAM, OFFSETS);

/** The C reference, in a process of its own that times itself. */
export class Native {
  readonly #process: NativeProcess;
  readonly #files: readonly string[];

  private constructor(flows: number, files: readonly string[]) {
    this.#process = new NativeProcess(PROGRAM, [`${flows}`, ...files]);
    this.#files = files;
  }

  /** @returns undefined where there is no compiler; then nothing is taken of the chunks. */
  static start(
    services: readonly BenchService[],
    flows: number,
    opening: Iterable<Chunk>,
    timed: readonly Chunk[],
  ): Native | undefined {
    if (missingCompiler !== undefined) return undefined;
    const id = `${process.hrtime.bigint()}`;
    const files = ["services", "opening", "timed"].map((name) => join(folder, `${name}-${id}`));
    writeFileSync(files[0]!, services.map(serviceLine).join(""));
    writeChunks(files[1]!, opening);
    writeChunks(files[2]!, timed);
    return new Native(flows, files);
  }

  /** @returns CPU time in nanoseconds. */
  async time(command: "new" | "open" | "run"): Promise<number> {
    return Number(await this.#process.ask(command));
  }

  async check(): Promise<Checked> {
    const [packets, accumulator] = (await this.#process.ask("check")).split(" ").map(Number);
    return { packets: packets!, accumulator: accumulator! };
  }

  close(): void {
    this.#process.close();
    for (const file of this.#files) rmSync(file, { force: true });
  }
}

function serviceLine({ address, port, backends }: BenchService): string {
  return `${[address, port].join(" ")} ${backends.map((server) => `${server.address}:${server.port}`).join(" ")}\n`;
}

function writeChunks(file: string, chunks: Iterable<Chunk>): void {
  const fd = openSync(file, "w");
  for (const { bytes } of chunks) writeSync(fd, bytes);
  closeSync(fd);
}
