import { compareNodes, comparisonMarkdown, comparisonText, parseNode } from "../index.ts";
import { openCapture, readNodeFiles } from "../node/index.ts";
import { EXIT_DONE, EXIT_NO } from "./errors.ts";
import { nodeOptions, type RunOptionValues, runOptions } from "./run-options.ts";
import { terminalStyle } from "./terminal-style.ts";

export interface CompareValues extends RunOptionValues {
  readonly json?: boolean;
  readonly markdown?: boolean;
  readonly sameEndpoints?: boolean;
}

/** `hookwalk compare`. @returns the exit code: 1 when the nodes differ. */
export async function compare(pathA: string, pathB: string, capture: string, values: CompareValues): Promise<number> {
  const [a, b] = await Promise.all(
    [pathA, pathB].map(async (path) => parseNode(await readNodeFiles(path), nodeOptions(values))),
  );
  const { json, markdown, sameEndpoints } = values;
  const source = capture === "-" ? openCapture(capture) : () => openCapture(capture);
  const comparison = await compareNodes(a!, b!, source, {
    ...(await runOptions(values)),
    replies: values.replies ?? "retarget",
    names: { a: pathA, b: pathB },
    sameEndpoints,
  });
  if (json) process.stdout.write(`${JSON.stringify(comparison, undefined, 2)}\n`);
  else process.stdout.write(markdown ? comparisonMarkdown(comparison) : comparisonText(comparison, terminalStyle()));
  return comparison.differ ? EXIT_NO : EXIT_DONE;
}
