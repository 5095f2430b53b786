import {
  ConntrackEvents,
  type EventForm,
  ExpectationEvents,
  listing,
  type OutputSink,
  parseNode,
  Results,
  replay,
} from "../../src/index.ts";
import type { ResultFiles } from "./compare/results.ts";
import type { RecordedScenario } from "./corpus.ts";

/** A way of running; what is left out is as by default. */
export interface ReplayVariant {
  readonly pathCache?: boolean;
  readonly index?: boolean;
  readonly batch?: number;
  /** Record the rules that packets meet; without that there is no trace. Default "rules". */
  readonly record?: "none" | "rules";
  /** The host reads the capture and looks at every packet, in place of the core. */
  readonly looksAtPackets?: boolean;
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
  const form = eventForm(files, "listen");
  const expectForm = eventForm(files, "listen_expect");
  let results: Results | undefined;
  const { emulator, records, damage } = await replay(parseNode(files), files.get("in.pcapng")!, {
    record: "rules",
    conntrackEvents: (form ?? expectForm) !== undefined,
    ...variant,
    onPacket: variant.looksAtPackets ? () => undefined : undefined,
    observe: (emulator) => {
      results = new Results(emulator, (file, piece) => collected.add(file, piece));
      const sinks: OutputSink[] = [results];
      if (form) sinks.push(new ConntrackEvents((line) => collected.add("events.txt", `${line}\n`), form));
      if (expectForm)
        sinks.push(new ExpectationEvents((line) => collected.add("expect-events.txt", `${line}\n`), expectForm));
      return sinks;
    },
  });
  if (damage) throw damage;
  results!.finish(records);
  collected.add("nf_conntrack.txt", listing(emulator, "cat /proc/net/nf_conntrack"));
  collected.add("nf_conntrack_expect.txt", listing(emulator, "cat /proc/net/nf_conntrack_expect"));
  return collected.files();
}

/**
 * How `conntrack -E -o` was asked where the recorder listened to connections (`listen` in scenario.json) and to what is
 * expected (`listen_expect`).
 */
function eventForm(files: ReadonlyMap<string, Uint8Array>, key: "listen" | "listen_expect"): EventForm | undefined {
  const scenario: { readonly [key in "listen" | "listen_expect"]?: string } = JSON.parse(
    new TextDecoder().decode(files.get("scenario.json")),
  );
  const listen = scenario[key];
  return listen === undefined ? undefined : Object.fromEntries(listen.split(",").map((name) => [name, true]));
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
