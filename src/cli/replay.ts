import { parseNode, Results, replay as run } from "../index.ts";
import { FolderWriter, openCapture, readNodeFiles } from "../node/index.ts";
import { EXIT_INTERRUPTED } from "./errors.ts";
import { nodeOptions, type RunOptionValues, runOptions } from "./run-options.ts";

export interface ReplayValues extends RunOptionValues {
  readonly write?: string;
  readonly results?: string;
  readonly json?: boolean;
  readonly ndjson?: boolean;
}

/** `hookwalk replay`. */
export async function replay(nodePath: string, capturePath: string, values: ReplayValues): Promise<void> {
  const node = parseNode(await readNodeFiles(nodePath), nodeOptions(values));
  for (const { message, at } of node.warnings) warn(at ? `${at.file}:${at.line}: ${message}` : message);
  const folder = values.results === undefined ? undefined : new FolderWriter(values.results);
  let results: Results | undefined;
  const interrupt = new AbortController();
  process.once("SIGINT", () => interrupt.abort());
  const replayed = await run(node, openCapture(capturePath), {
    ...runOptions(values),
    record: folder !== undefined,
    signal: interrupt.signal,
    observe: (emulator) => {
      if (folder) results = new Results(emulator, (file, piece) => folder.write(file, piece));
      return results ? [results] : [];
    },
  });
  results?.finish(replayed.records);
  folder?.close();
  if (replayed.damage) throw replayed.damage;
  if (replayed.interrupted) process.exitCode = EXIT_INTERRUPTED;
}

function warn(message: string): void {
  process.stderr.write(`warning: ${message}\n`);
}
