import {
  type Emulator,
  FrameWriter,
  type OutputSink,
  parseNode,
  type Replayed,
  Results,
  reportText,
  replay as run,
  Summary,
  Verdicts,
} from "../index.ts";
import { FileWriter, FolderWriter, openCapture, readNodeFiles } from "../node/index.ts";
import { EXIT_DONE, EXIT_INTERRUPTED } from "./errors.ts";
import { Progress } from "./progress.ts";
import { nodeOptions, type RunOptionValues, runOptions } from "./run-options.ts";

export interface ReplayValues extends RunOptionValues {
  readonly write?: string;
  readonly results?: string;
  readonly json?: boolean;
  readonly ndjson?: boolean;
}

/** `hookwalk replay`. @returns the exit code. */
export async function replay(nodePath: string, capturePath: string, values: ReplayValues): Promise<number> {
  const node = parseNode(await readNodeFiles(nodePath), nodeOptions(values));
  const outputs = new ReplayOutputs(values);
  const progress = new Progress();
  const interrupt = new AbortController();
  const onInterrupt = () => interrupt.abort();
  process.once("SIGINT", onInterrupt);
  const replayed = await run(node, openCapture(capturePath, interrupt.signal), {
    ...(await runOptions(values)),
    record: values.results === undefined ? "none" : "rules",
    signal: interrupt.signal,
    observe: (emulator) => outputs.begin(emulator),
    onProgress: progress.update,
  });
  process.off("SIGINT", onInterrupt);
  progress.end();
  outputs.finish(replayed);
  if (replayed.damage) throw replayed.damage;
  return replayed.interrupted ? EXIT_INTERRUPTED : EXIT_DONE;
}

/** What a replay writes, as its options ask. */
class ReplayOutputs {
  readonly #values: ReplayValues;
  readonly #folder: FolderWriter | undefined;
  readonly #file: FileWriter | undefined;
  #results: Results | undefined;
  #frames: FrameWriter | undefined;
  #summary: Summary | undefined;

  constructor(values: ReplayValues) {
    this.#values = values;
    this.#folder = values.results === undefined ? undefined : new FolderWriter(values.results);
    this.#file = values.write === undefined ? undefined : new FileWriter(values.write);
  }

  begin(emulator: Emulator): OutputSink[] {
    const { ndjson } = this.#values;
    const [folder, file] = [this.#folder, this.#file];
    this.#summary = new Summary(emulator);
    if (folder) this.#results = new Results(emulator, (name, piece) => folder.write(name, piece));
    if (file) this.#frames = new FrameWriter(emulator.node.interfaces, (piece) => file.write(piece));
    const lines = ndjson ? new Verdicts(emulator, (verdict) => print(`${JSON.stringify(verdict)}\n`)) : undefined;
    return [this.#summary, this.#results, this.#frames, lines].filter((sink) => sink !== undefined);
  }

  finish({ emulator, records, passedOver, interrupted, notes }: Replayed): void {
    this.#results?.finish(records);
    this.#folder?.close();
    this.#frames?.end();
    this.#file?.close();
    if (this.#values.ndjson) return;
    const report = (this.#summary ?? new Summary(emulator)).report(records, passedOver, notes);
    if (this.#values.json) print(`${JSON.stringify(report, undefined, 2)}\n`);
    else print(`${interrupted ? "interrupted: what follows is what was done so far\n\n" : ""}${reportText(report)}`);
  }
}

function print(text: string): void {
  process.stdout.write(text);
}
