import { StepKind } from "../../assembly/abi/trace.ts";
import type { Emulator } from "../engine/emulator.ts";
import type { FilteredResult } from "../filter/packet.ts";
import { type PathNames, PathReader, pathNames } from "../trace/path.ts";
import { ctinfoWords, hookName } from "../trace/words.ts";

/** What the steps of a path name. */
export interface PathFacts extends Omit<FilteredResult, "fate" | "interface" | "reason"> {
  /** The steps in words. */
  readonly words: readonly string[];
}

/** Reads what paths name; each path once. */
export class PathFactsReader {
  readonly #names: PathNames;
  readonly #paths: PathReader;
  readonly #known = new Map<number, PathFacts>();

  constructor({ core, loaded }: Emulator) {
    this.#names = pathNames(loaded);
    this.#paths = new PathReader(core, this.#names);
  }

  /**
   * What the steps of a path name.
   *
   * @param path as an ending has it.
   */
  of(path: number): PathFacts {
    let facts = this.#known.get(path);
    if (!facts) {
      facts = this.#read(path);
      this.#known.set(path, facts);
    }
    return facts;
  }

  #read(path: number): PathFacts {
    const { service, server, serviceOf } = this.#names;
    const steps = this.#paths.steps(path);
    const payloads = (kind: StepKind) => steps.filter((step) => step.kind === kind).map(({ payload }) => payload);
    const walks = payloads(StepKind.TableWalk);
    const rules = walks.flatMap((walk) => this.#paths.rulesOfWalk(walk));
    const chains = walks.flatMap((walk) => this.#paths.chainsOfWalk(walk));
    const named = (kind: StepKind, name: (id: number) => string | undefined) =>
      new Set(payloads(kind).flatMap((id) => name(id) ?? []));
    return {
      path,
      words: this.#paths.words(path),
      hooks: named(StepKind.Hook, (payload) => hookName(payload >> 24)),
      tables: new Set(chains.map(({ table }) => table)),
      chains: new Set(chains.map(({ chain }) => chain)),
      rules: new Set(rules.map(({ table, chain, number }) => `${table}:${chain}:${number}`)),
      // Of a known connection the path has the server alone.
      services: new Set([...named(StepKind.IpvsService, service), ...named(StepKind.IpvsServer, serviceOf)]),
      servers: named(StepKind.IpvsServer, server),
      states: named(StepKind.Conntrack, (state) => ctinfoWords(state).replace(" (reply)", "")),
    };
  }
}
