import { parseNode, Results, replay } from "../../src/index.ts";
import type { ResultFiles } from "./compare/results.ts";
import type { RecordedScenario } from "./corpus.ts";

/** A way of running; what is left out is as by default. */
export interface ReplayVariant {
  readonly pathCache?: boolean;
  readonly index?: boolean;
  readonly batch?: number;
  /** Record the rules that packets meet; without that there is no trace. Default "rules". */
  readonly record?: "none" | "rules";
  readonly replies?: "capture" | "retarget" | "none";
}

/**
 * Replays a scenario's capture through its node, by the public API, and gives what `hookwalk replay --results` writes.
 *
 * @throws ConfigError when the node has something that is not emulated.
 */
export async function replayScenario(
  { node: files }: Pick<RecordedScenario, "node">,
  variant: ReplayVariant,
): Promise<ResultFiles> {
  const collected = new ResultCollector();
  let results: Results | undefined;
  const { records, damage } = await replay(parseNode(files), files.get("in.pcapng")!, {
    record: "rules",
    ...variant,
    observe: (emulator) => {
      results = new Results(emulator, (file, piece) => collected.add(file, piece));
      return [results];
    },
  });
  if (damage) throw damage;
  results!.finish(records);
  return collected.files();
}

/** Puts the pieces of result files together. */
class ResultCollector {
  readonly #pieces = new Map<string, Uint8Array[]>();
  readonly #encoder = new TextEncoder();

  add(file: string, piece: string | Uint8Array): void {
    const pieces = this.#pieces.get(file) ?? [];
    this.#pieces.set(file, pieces);
    pieces.push(typeof piece === "string" ? this.#encoder.encode(piece) : Uint8Array.from(piece));
  }

  files(): ResultFiles {
    return new Map([...this.#pieces].map(([file, pieces]) => [file, new Uint8Array(Buffer.concat(pieces))]));
  }
}
