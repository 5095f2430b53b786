import { Fate } from "../../assembly/abi/fate.ts";
import { StepKind } from "../../assembly/abi/trace.ts";
import type { LoadedNode } from "../compile/node.ts";
import type { ChainName, LoadedRulesets, RuleName } from "../compile/ruleset.ts";
import type { Core } from "../core/core.ts";
import { PathNodeLayout, TableWalkLayout } from "../core/layout.generated.ts";
import { getNumber, stride } from "../core/record.ts";
import { ctinfoWords, hookName, reasonWords, routeWords } from "./words.ts";

/** Names of what steps number. */
export interface PathNames {
  readonly devices: readonly string[];
  readonly rules: Pick<LoadedRulesets, "rule" | "ruleAt" | "chain">;
  /** Names of IPVS services (`10.96.0.1:443`) and servers (`10.0.0.5:8443`) by their numbers. */
  readonly service: (id: number) => string | undefined;
  readonly server: (id: number) => string | undefined;
  /** The service of a server, by the server's number. */
  readonly serviceOf: (server: number) => string | undefined;
}

export function pathNames({ devices, rulesets, services }: LoadedNode): PathNames {
  return {
    devices: devices.names,
    rules: rulesets,
    service: (id) => services.serviceText(id),
    server: (id) => services.serverText(id),
    serviceOf: (server) => services.serviceOfServer(server),
  };
}

/** One step of a path. */
export interface PathStep {
  /** A `StepKind`. */
  readonly kind: number;
  readonly payload: number;
}

const KIND_SHIFT = 28;
const PAYLOAD_MASK = 0x0fffffff;

/** Kinds of the steps of a walk through a table (assembly/iptables/walk-memory). */
export const WALK_RULE = 0;
export const WALK_RETURN = 1;
export const WALK_POLICY = 2;

/** A step of a walk through a table: a rule matched, a user chain ended, a base chain's policy decided. */
export interface WalkStep {
  /** A `WALK_*`. */
  readonly kind: number;
  /** Number of the rule, or of the chain. */
  readonly subject: number;
}

/** Reads paths, which are numbers of the core, back as the steps that packets took. */
export class PathReader {
  readonly #core: Core;
  readonly #names: PathNames;

  constructor(core: Core, names: PathNames) {
    this.#core = core;
    this.#names = names;
  }

  get rules(): PathNames["rules"] {
    return this.#names.rules;
  }

  steps(path: number): PathStep[] {
    const view = new DataView(this.#core.memory.buffer);
    const nodes = this.#core.pathNodes();
    const steps: PathStep[] = [];
    for (let node = path; node !== 0; ) {
      const record = nodes + node * PathNodeLayout.byteLength;
      const step = getNumber(view, record, PathNodeLayout.step);
      steps.push({ kind: step >>> KIND_SHIFT, payload: step & PAYLOAD_MASK });
      node = getNumber(view, record, PathNodeLayout.parent);
    }
    return steps.reverse();
  }

  /** The path in words, a phrase for each step that says something. */
  words(path: number): string[] {
    return this.steps(path).flatMap((step) => this.phrase(step) ?? []);
  }

  /** A step in words; undefined for one that says nothing. */
  phrase({ kind, payload }: PathStep): string | undefined {
    switch (kind) {
      case StepKind.Hook:
        return this.#hook(payload);
      case StepKind.TableWalk:
        return this.#walk(payload);
      case StepKind.Conntrack:
        return ctinfoWords(payload);
      case StepKind.Nat:
        return payload === 0 ? "NAT: source" : "NAT: destination";
      case StepKind.IpvsService:
        return `IPVS ${this.#names.service(payload) ?? `service ${payload}`}`;
      case StepKind.IpvsServer:
        return payload === 0 ? "no server" : `server ${this.#names.server(payload) ?? payload}`;
      case StepKind.Route:
        return `route ${routeWords(payload)}`;
      case StepKind.End:
        return endWords(payload >> 8, payload & 0xff);
      default:
        return undefined;
    }
  }

  #hook(payload: number): string {
    const { devices } = this.#names;
    const input = devices[(payload >> 12) & 0xfff];
    const output = devices[payload & 0xfff];
    return [hookName(payload >> 24), input && `in ${input}`, output && `out ${output}`].filter(Boolean).join(" ");
  }

  /** Rules that matched; a table that only its policy decided says nothing. */
  #walk(number: number): string | undefined {
    const matched = this.rulesOfWalk(number);
    if (matched.length === 0) return undefined;
    const places = matched.map(({ chain, number: position }) => `${chain}:${position}`);
    return [matched[0]!.table, ...places].join(" ");
  }

  /** The rule that decided a path's end: the last one that matched. */
  lastRule(path: number): RuleName | undefined {
    for (const { kind, payload } of this.steps(path).reverse()) {
      const rule = kind === StepKind.TableWalk ? this.rulesOfWalk(payload).at(-1) : undefined;
      if (rule) return rule;
    }
    return undefined;
  }

  /** The chain whose policy decided a path's end; undefined where the walk is not known (a chain without rules). */
  lastPolicy(path: number): ChainName | undefined {
    const walk = this.steps(path).findLast(({ kind }) => kind === StepKind.TableWalk);
    const last = walk && this.walkSteps(walk.payload).at(-1);
    return last?.kind === WALK_POLICY ? this.#names.rules.chain(last.subject) : undefined;
  }

  /** Rules that matched on a walk through a table, in order. */
  rulesOfWalk(number: number): RuleName[] {
    return this.walkSteps(number).flatMap(({ kind, subject }) => {
      const rule = kind === WALK_RULE ? this.#names.rules.rule(subject) : undefined;
      return rule ? [rule] : [];
    });
  }

  /** Chains that a walk through a table went through, with their tables; a chain that decided nothing, too. */
  chainsOfWalk(number: number): { readonly table: string; readonly chain: string }[] {
    const { rules } = this.#names;
    return this.walkSteps(number).flatMap(
      ({ kind, subject }) => (kind === WALK_RULE ? rules.rule(subject) : rules.chain(subject)) ?? [],
    );
  }

  /** All steps of a walk through a table, in order. */
  walkSteps(number: number): WalkStep[] {
    const view = new DataView(this.#core.memory.buffer);
    const record = this.#core.tableWalks() + number * stride(TableWalkLayout);
    const at = getNumber(view, record, TableWalkLayout.steps);
    const count = getNumber(view, record, TableWalkLayout.stepCount);
    return Array.from({ length: count }, (_, i) => {
      const step = view.getUint32(at + i * 4, true);
      return { kind: step & 3, subject: step >>> 2 };
    });
  }
}

export function endWords(fate: number, reason: number): string {
  switch (fate) {
    case Fate.Sent:
      return "sent";
    case Fate.Delivered:
      return "delivered to the node";
    case Fate.Queued:
      return "waits for the rest of its datagram";
    case Fate.Ignored:
      return `ignored: ${reasonWords(reason)}`;
    default:
      return `dropped: ${reasonWords(reason)}`;
  }
}
