import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Checked } from "./accumulator.ts";
import { CHUNK_HEADER, type Chunk } from "./chunk.ts";
import type { BenchService } from "./network.ts";

/** Level that the reference may use: what SIMD of WebAssembly maps to on x86. */
const FLAGS = ["-O3", ...(process.arch === "x64" ? ["-march=x86-64-v2"] : [])];
const OFFSETS = [
  `-DRECORD_HEADER=${CHUNK_HEADER.length}`,
  `-DRECORD_SIZE_AT=${CHUNK_HEADER.size}`,
  `-DRECORD_TIME_AT=${CHUNK_HEADER.time}`,
];

const folder = mkdtempSync(join(tmpdir(), "hookwalk-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/** Why there is no C reference on this machine; undefined where there is one. */
export const missingCompiler = compile();

function program(): string {
  return join(folder, "core-path");
}

function compile(): string | undefined {
  const source = fileURLToPath(new URL("native/core-path.c", import.meta.url));
  try {
    execFileSync("gcc", [...FLAGS, ...OFFSETS, "-o", program(), source], { stdio: ["ignore", "ignore", "pipe"] });
    return undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT")
      return "no gcc on this machine: the C reference is left out";
    throw error;
  }
}

/** The C reference, in a process of its own that times itself. */
export class Native {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #files: readonly string[];

  private constructor(child: ChildProcessWithoutNullStreams, files: readonly string[]) {
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    this.#files = files;
  }

  /** @returns undefined where there is no compiler. */
  static start(
    services: readonly BenchService[],
    flows: number,
    opening: readonly Chunk[],
    timed: readonly Chunk[],
  ): Native | undefined {
    if (missingCompiler !== undefined) return undefined;
    const id = `${process.hrtime.bigint()}`;
    const files = ["services", "opening", "timed"].map((name) => join(folder, `${name}-${id}`));
    writeFileSync(files[0]!, services.map(serviceLine).join(""));
    writeChunks(files[1]!, opening);
    writeChunks(files[2]!, timed);
    return new Native(spawn(program(), [`${flows}`, ...files]), files);
  }

  /** @returns CPU time in nanoseconds. */
  async time(command: "new" | "open" | "run" | "walk"): Promise<number> {
    return Number(await this.#ask(command));
  }

  async check(): Promise<Checked> {
    const [packets, accumulator] = (await this.#ask("check")).split(" ").map(Number);
    return { packets: packets!, accumulator: accumulator! };
  }

  close(): void {
    this.#child.stdin.end();
    for (const file of this.#files) rmSync(file, { force: true });
  }

  async #ask(command: string): Promise<string> {
    this.#child.stdin.write(`${command}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`the C reference ended at "${command}"`);
    return value;
  }
}

function serviceLine({ address, port, backends }: BenchService): string {
  return `${[address, port].join(" ")} ${backends.map((server) => `${server.address}:${server.port}`).join(" ")}\n`;
}

function writeChunks(file: string, chunks: readonly Chunk[]): void {
  const fd = openSync(file, "w");
  for (const { bytes } of chunks) writeSync(fd, bytes);
}
