import { ConfigError } from "../../src/config/error.ts";
import { compareResults } from "./compare/index.ts";
import type { Difference, ResultFiles } from "./compare/results.ts";
import type { RecordedScenario } from "./corpus.ts";
import { type ReplayVariant, replayScenario } from "./replay.ts";

/** How a scenario went. */
export interface Outcome {
  readonly scenario: RecordedScenario;
  /** Undefined when the replay ended in an error. */
  readonly results?: ResultFiles;
  /** Empty: agrees with the kernel. */
  readonly differences: readonly Difference[];
}

/** Replays a scenario and compares what came out with what the kernel did. An error counts as a difference. */
export async function runScenario(scenario: RecordedScenario, variant: ReplayVariant = {}): Promise<Outcome> {
  try {
    const results = await replayScenario(scenario, variant);
    return { scenario, results, differences: compareResults(scenario.expected, results, scenario.masks) };
  } catch (error) {
    return { scenario, differences: [{ file: "replay", text: describeError(error) }] };
  }
}

function describeError(error: unknown): string {
  if (error instanceof ConfigError) return `refused: ${error.message}`;
  if (!(error instanceof Error)) return `failed: ${String(error)}`;
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return [`failed: ${error.message}`, ...frames.slice(0, 8).map((line) => line.trim())].join("\n    ");
}
