import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Level that a reference may use: what SIMD of WebAssembly maps to on x86. */
const FLAGS = ["-O3", ...(process.arch === "x64" ? ["-march=x86-64-v2"] : [])];

/** Where programs and their files are, until this process ends. */
export const folder = mkdtempSync(join(tmpdir(), "hookwalk-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/** Compiles `native/NAME.c`. @returns why that is not possible on this machine; undefined where it is. */
export function compileNative(name: string, flags: readonly string[] = []): string | undefined {
  const source = fileURLToPath(new URL(`native/${name}.c`, import.meta.url));
  try {
    execFileSync("gcc", [...FLAGS, ...flags, "-o", join(folder, name), source], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    return undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT")
      return "no gcc on this machine: the C reference is left out";
    throw error;
  }
}

/** A compiled program that answers commands, one line each. */
export class NativeProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  constructor(name: string, args: readonly string[]) {
    this.#child = spawn(join(folder, name), args);
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async ask(command: string): Promise<string> {
    this.#child.stdin.write(`${command}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`the C reference ended at "${command}"`);
    return value;
  }

  close(): void {
    this.#child.stdin.end();
  }
}
