import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { setPriority } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { guestEnvironment } from "./guest/whole-xstate.ts";

/** The recorder: a program beside the project that plays scenarios through a user-mode Linux guest. */
const PROGRAM = fileURLToPath(new URL("../../../shared/oracle/oracle.py", import.meta.url));
const GUEST = "linux.uml";
/** The guest must keep to the clock of its packets while other work goes on. Root may give itself this priority. */
const PRIORITY = -15;

/** What is missing to ask a real kernel; undefined: nothing. */
export function missingForOracle(program = PROGRAM): string | undefined {
  if (!existsSync(program)) return `no recorder at ${program} (--oracle FILE)`;
  const paths = (process.env.PATH ?? "").split(delimiter);
  if (!paths.some((path) => existsSync(join(path, GUEST))))
    return `${GUEST} is not installed (package user-mode-linux)`;
  return undefined;
}

/** How recording went. */
export interface Recording {
  /** Names of scenarios that did not keep to their own clock, or failed: their recordings say nothing. */
  readonly unusable: ReadonlyMap<string, string>;
}

/** Records all scenarios below a folder, in place. */
export async function record(folder: string, program = PROGRAM): Promise<Recording> {
  const child = spawn("python3", [program, "record", folder], {
    stdio: ["ignore", "pipe", "inherit"],
    env: guestEnvironment(),
  });
  raisePriority(child.pid);
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (piece: string) => {
    text += piece;
  });
  const code = await new Promise<number | null>((resolve, reject) =>
    child.once("error", reject).once("close", resolve),
  );
  const unusable = new Map<string, string>();
  for (const [, kind, path, detail] of text.matchAll(/^(LATE|ERROR) (\S+): (.*)$/gm)) {
    unusable.set(path!.split("/").at(-1)!, `${kind}: ${detail}`);
  }
  if (code !== 0 && unusable.size === 0) throw new Error(`the recorder ended with ${code}\n${text}`);
  return { unusable };
}

/** The guest inherits it. Who may not raise it goes on as before. */
function raisePriority(pid: number | undefined): void {
  if (pid === undefined || process.getuid?.() !== 0) return;
  try {
    setPriority(pid, PRIORITY);
  } catch {
    // Root without the right to do so, as in some containers: a busy machine then leaves more scenarios out.
  }
}
