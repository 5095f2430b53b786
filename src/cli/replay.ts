import { captureFilter, parseNode, replay as run } from "../index.ts";
import { openCapture, readNodeFiles } from "../node/index.ts";
import { EXIT_DONE, EXIT_INTERRUPTED, UsageError } from "./errors.ts";
import { Progress } from "./progress.ts";
import { ReplayOutputs, type ReplayOutputValues } from "./replay-outputs.ts";
import { nodeOptions, type RunOptionValues, runOptions } from "./run-options.ts";
import { verify } from "./verify.ts";

export type ReplayValues = RunOptionValues &
  ReplayOutputValues & { readonly verify?: boolean; readonly local?: string };

/**
 * `hookwalk replay`.
 *
 * @param filter words of a packet filter; none: all packets.
 * @returns the exit code.
 */
export async function replay(
  nodePath: string,
  capturePath: string,
  filter: readonly string[],
  values: ReplayValues,
): Promise<number> {
  const chosen = filter.length > 0 ? captureFilter(filter.join(" ")) : undefined;
  const node = parseNode(await readNodeFiles(nodePath), nodeOptions(values));
  if (values.verify) {
    if (chosen) throw new UsageError("--verify needs all packets of the capture: leave the filter out");
    return verify(node, capturePath, values);
  }
  if (values.local !== undefined) throw new UsageError("--local says what the node itself sent to --verify: add that");
  const outputs = new ReplayOutputs(values);
  const progress = new Progress();
  const interrupt = new AbortController();
  const onInterrupt = () => interrupt.abort();
  process.once("SIGINT", onInterrupt);
  const replayed = await run(node, openCapture(capturePath, interrupt.signal), {
    ...(await runOptions(values)),
    record: values.results === undefined ? "none" : "rules",
    conntrackEvents: (values.events ?? values.expectEvents) !== undefined,
    signal: interrupt.signal,
    filter: chosen,
    onPacket: outputs.onPacket,
    observe: (emulator) => outputs.begin(emulator),
    onProgress: progress.update,
  });
  process.off("SIGINT", onInterrupt);
  progress.end();
  outputs.finish(replayed);
  if (replayed.damage) throw replayed.damage;
  return replayed.interrupted ? EXIT_INTERRUPTED : EXIT_DONE;
}
