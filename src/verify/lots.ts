import { MatchKind } from "../../assembly/abi/rule.ts";
import { StatisticTestLayout } from "../core/layout.generated.ts";
import { setNumber } from "../core/record.ts";
import type { FlowEnd } from "../engine/conversations.ts";
import type { Emulator } from "../engine/emulator.ts";
import type { Family } from "../model/address.ts";
import type { StatisticMatch } from "../model/match.ts";
import type { Chain, Rule, Ruleset } from "../model/ruleset.ts";
import type { NatTarget } from "../model/target.ts";

/** A 31-bit fraction (xt_statistic): the test is always true. */
const ALWAYS = 0x80000000;

/** A rule of nat that draws, and the translations that it may lead to. */
interface Lot {
  readonly leadsTo: readonly NatTarget[];
  readonly tests: readonly { readonly at: number; readonly match: StatisticMatch }[];
}

/** The rules of nat that draw a connection's server, and how to make them draw a certain one. */
export class Lots {
  readonly #emulator: Emulator;
  readonly #lots: readonly Lot[];
  /** What chains with such rules lead to, drawn or not. */
  readonly #servers: readonly NatTarget[];
  readonly #isServer = new Map<string, boolean>();
  /** Chains of nat that have such rules. */
  readonly chains: ReadonlySet<string>;

  constructor(emulator: Emulator) {
    const { ruleset4, ruleset6 } = emulator.node;
    const found = [ruleset4, ruleset6].flatMap((ruleset) => (ruleset ? lotsOf(emulator, ruleset) : []));
    this.#emulator = emulator;
    this.#lots = found.flatMap(({ lots }) => lots);
    this.#servers = found.flatMap(({ servers }) => servers);
    this.chains = new Set(found.flatMap(({ chains }) => chains));
  }

  get isEmpty(): boolean {
    return this.#lots.length === 0;
  }

  /** Is it one that may be drawn? */
  isServer(end: FlowEnd): boolean {
    const key = `${end.address.join(".")} ${end.port}`;
    const known = this.#isServer.get(key);
    if (known !== undefined) return known;
    const isServer = this.#servers.some((target) => includes(target, end));
    this.#isServer.set(key, isServer);
    return isServer;
  }

  /** From the next packet on every rule draws this server; undefined: what its probability gives. */
  aim(server: FlowEnd | undefined): void {
    this.#emulator.flush();
    const view = new DataView(this.#emulator.core.memory.buffer);
    for (const { leadsTo, tests } of this.#lots) {
      const isDrawn = server && leadsTo.some((target) => includes(target, server));
      for (const { at, match } of tests) {
        const sure = isDrawn === match.invert ? 0 : ALWAYS;
        setNumber(view, at, StatisticTestLayout.probability, server ? sure : match.probability);
      }
    }
  }
}

function lotsOf({ loaded }: Emulator, { family, tables }: Ruleset) {
  const chains = tables.find(({ name }) => name === "nat")?.chains ?? [];
  const drawing = chains.filter(({ rules }) => rules.some((rule) => randomTests(rule).length > 0));
  const byName = new Map(chains.map((chain) => [chain.name, chain]));
  const lots = drawing.flatMap(({ name, rules }) =>
    rules.flatMap((rule, i): Lot[] => {
      const random = randomTests(rule);
      const leadsTo = reached(rule, byName);
      if (random.length === 0 || leadsTo.length === 0) return [];
      const place = { table: "nat", chain: name, number: i + 1 } as const;
      const at = loaded.rulesets.testsAt(family as Family, place, MatchKind.Statistic);
      const all = rule.matches.filter((match) => match.kind === "statistic");
      const tests = all.flatMap((match, k) => (match.mode === "random" ? [{ at: at[k]!, match }] : []));
      return [{ leadsTo, tests }];
    }),
  );
  const servers = drawing.flatMap(({ rules }) => rules.flatMap((rule) => reached(rule, byName)));
  return { lots, servers, chains: drawing.map(({ name }) => name) };
}

function randomTests({ matches }: Rule): StatisticMatch[] {
  return matches.flatMap((match) => (match.kind === "statistic" && match.mode === "random" ? [match] : []));
}

/** Translations of the destination that a rule may lead to. */
function reached(rule: Rule, chains: ReadonlyMap<string, Chain>, seen = new Set<string>()): NatTarget[] {
  const { target } = rule;
  if (target?.kind === "DNAT") return [target];
  if ((target?.kind !== "jump" && target?.kind !== "goto") || seen.has(target.chain)) return [];
  seen.add(target.chain);
  return chains.get(target.chain)?.rules.flatMap((each) => reached(each, chains, seen)) ?? [];
}

function includes({ addresses, ports }: NatTarget, { address, port }: FlowEnd): boolean {
  if (ports && (port < ports.from || port > ports.to)) return false;
  return !addresses || (compare(addresses.from, address) <= 0 && compare(address, addresses.to) <= 0);
}

function compare(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return Number.NaN;
  const at = a.findIndex((byte, i) => byte !== b[i]);
  return at < 0 ? 0 : a[at]! - b[at]!;
}
