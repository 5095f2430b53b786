import type { ResultFiles } from "./compare/results.ts";
import type { RecordedScenario } from "./corpus.ts";

/** A way of running; what is left out is as by default. */
export interface ReplayVariant {
  readonly pathCache?: boolean;
  readonly index?: boolean;
  readonly batch?: number;
}

/** Replays a scenario's capture through its node and gives what `hookwalk replay --results` would write. */
export async function replayScenario(_scenario: RecordedScenario, _variant: ReplayVariant): Promise<ResultFiles> {
  throw new Error("no emulator");
}
