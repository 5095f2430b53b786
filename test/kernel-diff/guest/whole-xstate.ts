import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SOURCE = fileURLToPath(new URL("whole-xstate.c", import.meta.url));

let library: string | undefined;

/**
 * What the guest's environment needs on this processor: nothing, or a library in front of libc (whole-xstate.c says why).
 *
 * @throws Error where it has to be compiled and cannot be.
 */
export function guestEnvironment(): NodeJS.ProcessEnv {
  if (!/^flags\s*:.*\bamx_tile\b/m.test(readFileSync("/proc/cpuinfo", "utf8"))) return process.env;
  library ??= compile();
  const others = process.env.LD_PRELOAD;
  return { ...process.env, LD_PRELOAD: others ? `${library}:${others}` : library };
}

function compile(): string {
  const folder = mkdtempSync(join(tmpdir(), "hookwalk-guest-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const to = join(folder, "whole-xstate.so");
  try {
    execFileSync("gcc", ["-O2", "-Wall", "-shared", "-fPIC", "-o", to, SOURCE, "-ldl"], { stdio: "pipe" });
  } catch (error) {
    throw new Error("the guest needs a C compiler (gcc) on processors with AMX: see whole-xstate.c", { cause: error });
  }
  return to;
}
