import { Fate, Reason } from "../../assembly/abi/fate.ts";
import { StepKind } from "../../assembly/abi/trace.ts";
import type { RuleName } from "../compile/ruleset.ts";
import { printRule } from "../config/iptables/print.ts";
import { type PathNames, PathReader, type PathStep } from "../trace/path.ts";
import { reasonWords } from "../trace/words.ts";
import type { Outcome } from "./outcome.ts";

/** One step of a packet's way, for two ways side by side. */
export interface WayStep {
  readonly text: string;
  /** Two steps are the same when this is: a rule by its words, not by its number, which moves. */
  readonly key: string;
}

/** Targets that translate the destination, and the source. */
const DESTINATION_TARGETS: ReadonlySet<string> = new Set(["DNAT", "REDIRECT"]);
const SOURCE_TARGETS: ReadonlySet<string> = new Set(["MASQUERADE", "SNAT"]);

/** Reads the ways that packets took on one node. */
export class Ways {
  readonly reader: PathReader;
  readonly #names: PathNames;

  constructor(core: ConstructorParameters<typeof PathReader>[0], names: PathNames) {
    this.reader = new PathReader(core, names);
    this.#names = names;
  }

  steps(path: number): WayStep[] {
    return this.reader.steps(path).flatMap((step) => {
      if (step.kind === StepKind.TableWalk) return this.reader.rulesOfWalk(step.payload).map(ruleStep);
      const text = this.reader.phrase(step);
      return text === undefined ? [] : [{ text, key: text }];
    });
  }

  /** All rules that matched, in order. */
  rules(path: number): RuleName[] {
    return this.#walks(path).flatMap(({ payload }) => this.reader.rulesOfWalk(payload));
  }

  /** What settled where the packet went, in words. */
  decision({ path, fate, reason, carried }: Outcome): string {
    if (fate === Fate.Dropped) return this.#dropDecision(path, reason);
    if (fate === Fate.Ignored || fate === Fate.Queued) return reasonWords(reason) || "it waits for its other fragments";
    const where =
      fate === Fate.Delivered ? "delivers it to the node itself" : `sends it out ${carried?.interface ?? ""}`;
    const translator = this.rules(path).findLast(({ rule }) => DESTINATION_TARGETS.has(rule.target?.kind ?? ""));
    if (translator) return ruleWords(translator);
    const server = this.#step(path, StepKind.IpvsServer);
    const service = this.#step(path, StepKind.IpvsService);
    if (server) {
      const name = service === undefined ? "" : ` of ${this.#names.service(service.payload) ?? "a service"}`;
      return `IPVS chooses or keeps ${this.#names.server(server.payload) ?? "a server"}${name}`;
    }
    return `no rule and no virtual service translates its destination: routing ${where}`;
  }

  /** What gave the packet another source, or let it keep its own, in words. */
  sourceDecision(path: number): string {
    const rules = this.rules(path).filter(({ table }) => table === "nat");
    const changer = rules.findLast(({ rule }) => SOURCE_TARGETS.has(rule.target?.kind ?? ""));
    if (changer) return ruleWords(changer);
    const last = rules.findLast(({ chain }) => chain.includes("POSTROUTING"));
    return last ? `nothing behind ${ruleWords(last)} translates its source` : "no rule translates its source";
  }

  /** The rule that chose the connection's server, and the rule that led to its chain. */
  chooser(path: number): { readonly by: RuleName; readonly from?: RuleName } | undefined {
    const rules = this.rules(path);
    const at = rules.findLastIndex(({ rule }) => rule.target?.kind === "DNAT");
    if (at < 0) return undefined;
    const by = rules[at]!;
    const from = rules
      .slice(0, at)
      .findLast(({ rule }) => rule.target?.kind === "jump" && rule.target.chain === by.chain);
    return { by, from };
  }

  /** Number of the virtual service that was looked up. */
  service(path: number): number | undefined {
    return this.#step(path, StepKind.IpvsService)?.payload;
  }

  #dropDecision(path: number, reason: number): string {
    const last = this.rules(path).at(-1);
    if (reason === Reason.Rule && last) return ruleWords(last);
    if (reason === Reason.Policy) return `the policy of ${this.#lastHook(path)}`;
    if (reason === Reason.IpvsNoServer) {
      const service = this.service(path);
      const name = service === undefined ? undefined : this.#names.service(service);
      return `IPVS has no server for ${name ?? "it"}`;
    }
    return reasonWords(reason);
  }

  #lastHook(path: number): string {
    const hook = this.#step(path, StepKind.Hook);
    return (hook && this.reader.phrase(hook)?.split(" ")[0]) ?? "a chain";
  }

  #walks(path: number): PathStep[] {
    return this.reader.steps(path).filter(({ kind }) => kind === StepKind.TableWalk);
  }

  #step(path: number, wanted: StepKind): PathStep | undefined {
    return this.reader.steps(path).findLast(({ kind }) => kind === wanted);
  }
}

function ruleStep(named: RuleName): WayStep {
  const { table, chain, number } = named;
  const printed = printRule(named.rule, chain, named.family);
  const target = / (?:-j|-g) .*$/.exec(printed)?.[0] ?? "";
  return { text: `${table} ${chain}:${number}${target}`, key: `${table} ${printed}` };
}

/** `nat KUBE-SEP-X:2  -A KUBE-SEP-X -p tcp ... -j DNAT --to-destination 10.244.1.5:8080`, comments left out. */
function ruleWords({ table, chain, number, rule, family }: RuleName): string {
  const bare = { ...rule, matches: rule.matches.filter(({ kind }) => kind !== "comment") };
  return `${table} ${chain}:${number} (${printRule(bare, chain, family).replace(`-A ${chain} `, "")})`;
}
