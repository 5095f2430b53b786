import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { vi } from "vitest";
import { run } from "../../src/cli/run.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/** How the command ended, and what it printed. */
export interface CommandRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command in this process. */
export async function hookwalk(args: readonly string[]): Promise<CommandRun> {
  const written = { stdout: "", stderr: "" };
  const spies = (["stdout", "stderr"] as const).map((name) =>
    vi.spyOn(process[name], "write").mockImplementation((text) => {
      written[name] += text;
      return true;
    }),
  );
  try {
    return { status: await run(args), ...written };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

/** The same with standard input, in a process of its own. */
export function hookwalkWithInput(args: readonly string[], input: string | Uint8Array): CommandRun {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", MAIN, ...args], { input });
  return { status, stdout: stdout.toString(), stderr: stderr.toString() };
}
