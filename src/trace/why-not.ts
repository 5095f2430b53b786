import { CtInfo } from "../../assembly/abi/conntrack.ts";
import { Origin } from "../../assembly/abi/netfilter.ts";
import { CONDITION_HOTDROP, CONDITION_MATCH, Condition } from "../../assembly/abi/rule.ts";
import { EventKind } from "../../assembly/abi/trace.ts";
import { HOOKS } from "../compile/rules/table.ts";
import type { RuleName } from "../compile/ruleset.ts";
import { printConditions, printRule } from "../config/iptables/print.ts";
import type { TraceEvent } from "../engine/outputs.ts";
import type { RulePlace } from "../model/ruleset.ts";
import { type Headers, readHeaders } from "./headers.ts";
import { endWords, type PathNames } from "./path.ts";
import { placeOf } from "./rule-line.ts";
import { hookName } from "./words.ts";

/** What became of a rule on one walk of a packet through its table. */
export interface RuleAnswer {
  /**
   * `matched`; `failed`: `condition` is the first that does not hold; `decided`: the walk was in the chain and left it
   * before the rule, by `by`; `elsewhere`: no rule led to the chain, `by` ended the table's walk; `never`: the table was
   * not walked.
   */
  readonly outcome: "matched" | "failed" | "decided" | "elsewhere" | "never";
  readonly hook?: string;
  /** The packet as it was when the rule was evaluated. */
  readonly headers?: Headers;
  readonly mark?: number;
  /** The condition in iptables' words. */
  readonly condition?: string;
  /** The packet was dropped there: the match could not read its headers. */
  readonly hotdrop?: boolean;
  readonly by?: { readonly place: string; readonly rule?: string };
  readonly reason?: string;
}

/** Why a rule did not match a packet. */
export interface WhyNot {
  /** `filter:FORWARD:3`. */
  readonly place: string;
  /** As `iptables -S` prints it; undefined when the family of the packet has no such rule. */
  readonly rule?: string;
  /** An answer for each time that the rule was, or should have been, evaluated. */
  readonly answers: readonly RuleAnswer[];
}

/** Reads from the events of one packet what became of a rule; the core's own evaluation says which condition failed. */
export function explainWhyNot(events: readonly TraceEvent[], watched: RulePlace, names: PathNames): WhyNot {
  const place = `${watched.table}:${watched.chain}:${watched.number}`;
  const packets = new Map<number, TraceEvent[]>();
  for (const event of events) packets.set(event.packet, [...(packets.get(event.packet) ?? []), event]);
  const reader = new WalkReader(watched, names);
  const answers = [...packets.values()].flatMap((ofOne) => reader.answers(ofOne));
  return { place, rule: ruleText(events, watched, names), answers };
}

/** The rule as the packet's family has it. */
function ruleText(events: readonly TraceEvent[], watched: RulePlace, { rules }: PathNames): string | undefined {
  const family = events.map(({ data }) => readHeaders(data)?.family).find((found) => found !== undefined) ?? 4;
  const named = rules.rule(rules.ruleAt(family, watched) ?? 0);
  return named && printRule(named.rule, named.chain, family);
}

class WalkReader {
  readonly #watched: RulePlace;
  readonly #names: PathNames;

  constructor(watched: RulePlace, names: PathNames) {
    this.#watched = watched;
    this.#names = names;
  }

  /** Of one packet; those that the kernel made because of it only count where they met the rule. */
  answers(events: readonly TraceEvent[]): RuleAnswer[] {
    const walks = this.#tableWalks(events);
    const answers = walks.flatMap((walk) => this.#walkAnswers(walk));
    const isKernelMade = events[0]!.origin === Origin.Kernel;
    if (isKernelMade) return answers.filter(({ outcome }) => outcome === "matched" || outcome === "failed");
    return answers.length > 0 ? answers : [{ outcome: "never", reason: this.#whyNotWalked(events) }];
  }

  /** The events of each walk through the rule's table where the rule can be reached. */
  #tableWalks(events: readonly TraceEvent[]): TraceEvent[][] {
    const onlyHook = HOOKS[this.#watched.chain];
    const walks: TraceEvent[][] = [];
    for (const event of events) {
      if (this.#tableOf(event) !== this.#watched.table) continue;
      if (onlyHook !== undefined && event.hook !== onlyHook) continue;
      const last = walks.at(-1);
      if (last && last[0]!.hook === event.hook) last.push(event);
      else walks.push([event]);
    }
    return walks;
  }

  #tableOf(event: TraceEvent): string | undefined {
    if (event.kind === EventKind.Return || event.kind === EventKind.Policy) {
      return this.#names.rules.chain(event.subject)?.table;
    }
    return this.#ruleOf(event)?.table;
  }

  #ruleOf({ kind, subject }: TraceEvent): RuleName | undefined {
    const isOfRule = kind === EventKind.Rule || kind === EventKind.Evaluated || kind === EventKind.Hotdrop;
    return isOfRule ? this.#names.rules.rule(subject) : undefined;
  }

  #walkAnswers(walk: readonly TraceEvent[]): RuleAnswer[] {
    const evaluations = walk.filter(({ kind }) => kind === EventKind.Evaluated);
    if (evaluations.length > 0) return evaluations.map((event) => this.#evaluation(event));
    const hook = hookName(walk[0]!.hook);
    const deciders = walk.filter(({ kind }) => kind !== EventKind.Return);
    const inChain = deciders.filter((event) => this.#ruleOf(event)?.chain === this.#watched.chain).at(-1);
    const by = this.#decider(inChain ?? deciders.at(-1)!);
    return [{ outcome: inChain ? "decided" : "elsewhere", hook, ...by }];
  }

  #evaluation(event: TraceEvent): RuleAnswer {
    const named = this.#ruleOf(event)!;
    const condition = conditionText(named, event.detail & ~CONDITION_HOTDROP);
    return {
      outcome: condition === undefined ? "matched" : "failed",
      hook: hookName(event.hook),
      headers: readHeaders(event.data),
      mark: event.mark || undefined,
      condition,
      hotdrop: (event.detail & CONDITION_HOTDROP) !== 0 || undefined,
    };
  }

  /** What ended the walk, or led it out of the chain. */
  #decider(event: TraceEvent): Pick<RuleAnswer, "by" | "condition" | "hotdrop"> {
    const named = this.#ruleOf(event);
    const rule = named && printRule(named.rule, named.chain, named.family);
    const asRule = event.kind === EventKind.Hotdrop ? { ...event, kind: EventKind.Rule } : event;
    const by = { place: placeOf(asRule, this.#names.rules)!, rule };
    if (event.kind !== EventKind.Hotdrop || !named) return { by };
    return { by, condition: conditionText(named, event.detail & ~CONDITION_HOTDROP), hotdrop: true };
  }

  #whyNotWalked(events: readonly TraceEvent[]): string {
    const { table, chain } = this.#watched;
    const hook = HOOKS[chain];
    const cameBy = hook === undefined || events.some((event) => event.kind === EventKind.Hook && event.hook === hook);
    const state = events.find(({ kind }) => kind === EventKind.Conntrack)?.detail;
    if (table === "nat" && cameBy && state !== undefined && state !== CtInfo.New) {
      return "nat is walked for the first packet of a connection only: the connection's translation was settled before";
    }
    if (cameBy) return `table ${table} was not walked`;
    const end = events.findLast(({ kind }) => kind === EventKind.End);
    return `the packet did not come to ${chain}${end ? `: ${endWords(end.detail >> 8, end.detail & 0xff)}` : ""}`;
  }
}

/** The condition in iptables' words; undefined when none failed. */
function conditionText({ rule, family }: RuleName, condition: number): string | undefined {
  const printed = printConditions(rule, family);
  switch (condition) {
    case Condition.None:
      return undefined;
    case Condition.Source:
      return printed.source.trim();
    case Condition.Destination:
      return printed.destination.trim();
    case Condition.InDevice:
      return printed.inInterface.trim();
    case Condition.OutDevice:
      return printed.outInterface.trim();
    case Condition.Protocol:
      return printed.protocol.trim();
    case Condition.Fragment:
      return printed.fragment.trim();
    default: {
      // Comments are not evaluated: the core has no such match.
      const evaluated = printed.matches.filter((_, i) => rule.matches[i]!.kind !== "comment");
      return evaluated[condition - CONDITION_MATCH]?.trim();
    }
  }
}

/** The answers as people read them. */
export function whyNotText(packet: number, { place, rule, answers }: WhyNot): string {
  const lines = answers.map((answer) => `  ${answer.hook ? `${answer.hook}: ` : ""}${answerText(answer)}`);
  return [`Packet ${packet} and ${place}${rule ? `  ${rule}` : ""}`, ...lines, ""].join("\n");
}

function answerText({ outcome, condition, hotdrop, by, reason, mark }: RuleAnswer): string {
  const decider = by && (by.rule ? `${by.place}  ${by.rule}` : by.place);
  switch (outcome) {
    case "matched":
      return "it matched";
    case "failed": {
      const dropped = hotdrop ? "; the packet was dropped, as its headers could not be read" : "";
      return `no match: ${condition} does not hold${mark ? ` (mark 0x${mark.toString(16)})` : ""}${dropped}`;
    }
    case "decided":
      return `not evaluated: ${hotdrop ? `${condition} dropped the packet in ` : ""}an earlier rule decided: ${decider}`;
    case "elsewhere":
      return `not evaluated: no rule led to its chain; ${decider} ended the walk`;
    default:
      return `not evaluated: ${reason}`;
  }
}
