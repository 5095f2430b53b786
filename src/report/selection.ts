import { StepKind } from "../../assembly/abi/trace.ts";
import { type CapturePacket, LinkHeader } from "../capture/index.ts";
import type { Emulator } from "../engine/emulator.ts";
import type { Ending, OutputFrame } from "../engine/outputs.ts";
import { filteredPacket } from "../filter/capture-filter.ts";
import type { FilteredPacket, FilteredResult, Predicate } from "../filter/packet.ts";
import { PathReader, pathNames } from "../trace/path.ts";
import { ctinfoWords, hookName } from "../trace/words.ts";
import type { PairedSink } from "./paired-outputs.ts";
import { verdictOf } from "./verdicts.ts";

/** Packets whose headers are kept until they have ended: those of a chunk, and fragments that wait. */
const MOST_KEPT = 100_000;

type PathFacts = Omit<FilteredResult, "fate" | "interface" | "reason">;

/** Hands on what a result filter chooses. Tell it of every packet of the capture before it runs. */
export class Selection implements PairedSink {
  readonly #emulator: Emulator;
  readonly #wanted: Predicate;
  readonly #sinks: readonly PairedSink[];
  readonly #paths: PathReader;
  readonly #pathFacts = new Map<number, PathFacts>();
  readonly #packets = new Map<number, FilteredPacket>();
  readonly #link = new LinkHeader();

  constructor(emulator: Emulator, wanted: Predicate, sinks: readonly PairedSink[]) {
    this.#emulator = emulator;
    this.#wanted = wanted;
    this.#sinks = sinks;
    this.#paths = new PathReader(emulator.core, pathNames(emulator.loaded));
  }

  packet(packet: CapturePacket): void {
    this.#packets.set(packet.number, filteredPacket(packet, this.#link));
    if (this.#packets.size > MOST_KEPT) this.#packets.delete(this.#packets.keys().next().value!);
  }

  frame(frame: OutputFrame, ending: Ending | undefined): void {
    if (!ending || !this.#isWanted(ending)) return;
    for (const sink of this.#sinks) sink.frame?.(frame, ending);
  }

  ending(ending: Ending): void {
    if (!this.#isWanted(ending)) return;
    for (const sink of this.#sinks) sink.ending?.(ending);
  }

  #isWanted(ending: Ending): boolean {
    const packet = this.#packets.get(ending.number);
    const { fate, interface: out, reason } = verdictOf(ending, this.#emulator.loaded.devices.names);
    return (
      packet !== undefined && this.#wanted(packet, { ...this.#factsOf(ending.path), fate, interface: out, reason })
    );
  }

  #factsOf(path: number): PathFacts {
    let facts = this.#pathFacts.get(path);
    if (!facts) {
      facts = pathFacts(path, this.#paths, this.#emulator);
      this.#pathFacts.set(path, facts);
    }
    return facts;
  }
}

/** What the steps of a path name. */
function pathFacts(path: number, reader: PathReader, { loaded }: Emulator): PathFacts {
  const { service, server } = pathNames(loaded);
  const steps = reader.steps(path);
  const payloads = (kind: StepKind) => steps.filter((step) => step.kind === kind).map(({ payload }) => payload);
  const rules = payloads(StepKind.TableWalk).flatMap((walk) => reader.rulesOfWalk(walk));
  const named = (kind: StepKind, name: (id: number) => string | undefined) =>
    new Set(payloads(kind).flatMap((id) => name(id) ?? []));
  return {
    hooks: named(StepKind.Hook, (payload) => hookName(payload >> 24)),
    tables: new Set(rules.map(({ table }) => table)),
    chains: new Set(rules.map(({ chain }) => chain)),
    rules: new Set(rules.map(({ table, chain, number }) => `${table}:${chain}:${number}`)),
    services: named(StepKind.IpvsService, service),
    servers: named(StepKind.IpvsServer, server),
    states: named(StepKind.Conntrack, (state) => ctinfoWords(state).replace(" (reply)", "")),
  };
}
