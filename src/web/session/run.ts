import {
  type CaptureIndex,
  type CoreSource,
  type Emulator,
  type Node,
  PathFactsReader,
  parseNode,
  type RepliesMode,
  type Report,
  replay,
  Summary,
  type Verdict,
  verdictOf,
} from "../../index.ts";
import { Endings } from "./endings.ts";
import { inPieces } from "./pauses.ts";
import type { Progress } from "./shown.ts";

/** Told now and then how far a run is. */
export type OnProgress = (progress: Progress) => void;

/** A capture that went through a node, and how each packet ended. */
export interface Run {
  readonly node: Node;
  readonly emulator: Emulator;
  readonly endings: Endings;
  readonly facts: PathFactsReader;
  readonly report: Report;
  readonly tookMs: number;
  readonly interrupted: boolean;
  readonly damage?: Error;
}

export interface RunOptions {
  readonly core: CoreSource;
  readonly ignoreUnsupported: boolean;
  readonly replies: RepliesMode;
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
  /** Gets the records of the capture; undefined where they are known already. */
  readonly index?: CaptureIndex;
}

/** @throws ConfigError, InterfaceError, CaptureError */
export async function runCapture(
  files: ReadonlyMap<string, Uint8Array>,
  capture: Uint8Array,
  { core, ignoreUnsupported, replies, signal, onProgress, index }: RunOptions,
): Promise<Run> {
  const node = parseNode(files, { ignoreUnsupported });
  const endings = new Endings();
  let summary: Summary | undefined;
  let share = 0;
  const started = performance.now();
  const source = inPieces(capture, (done) => {
    share = done;
  });
  const { emulator, records, passedOver, interrupted, notes, damage } = await replay(node, source, {
    core,
    ignoreUnsupported,
    replies,
    signal,
    onProgress: (read) => onProgress?.({ records: read, share }),
    filter: index && ((packet) => keep(index, packet)),
    observe: (running) => {
      summary = new Summary(running);
      return [summary, endings];
    },
  });
  const tookMs = performance.now() - started;
  const report = (summary ?? new Summary(emulator)).report(records, passedOver, notes);
  return { node, emulator, endings, facts: new PathFactsReader(emulator), report, tookMs, interrupted, damage };
}

/** A filter that takes every record, and notes it. */
function keep(index: CaptureIndex, packet: Parameters<CaptureIndex["add"]>[0]): true {
  index.add(packet);
  return true;
}

/** What became of a packet of the capture; undefined when it was no input. */
export function verdictIn({ emulator, endings }: Run, number: number): Verdict | undefined {
  const ending = endings.own(number);
  return ending && verdictOf(ending, emulator.loaded.devices.names);
}

/** A packet's fate as it is compared and shown: `sent out eth1 to 10.0.0.5:80`, `dropped: by a rule`. */
export function fateTextIn(run: Run, number: number): string {
  const verdict = verdictIn(run, number);
  if (!verdict) return "no input";
  const { fate, interface: out, reason, path } = verdict;
  const [server] = run.facts.of(path).servers;
  const where = fate === "sent" ? ` out ${out}` : "";
  return `${fate}${where}${server ? ` to ${server}` : ""}${reason ? `: ${reason}` : ""}`;
}
