import type { Family } from "../../model/address.ts";
import type { AddrtypeMatch } from "../../model/match.ts";
import { type Hole, linesOf, NO_SHAPE, type NumberedRules, numberedRules, samplesOf } from "../../model/rule-lines.ts";
import type { Rule, Table } from "../../model/ruleset.ts";
import type { HookLimits } from "./extension.ts";
import { findMatch, findTarget } from "./extensions.ts";
import { BUILT_IN_CHAINS, limitsOf } from "./rule-checks.ts";

/** What is wrong with a table, and the rule that shows it. */
export interface TableComplaint {
  readonly text: string;
  readonly rule: Rule;
}

/**
 * What the kernel refuses of a table as a whole: a loop that a packet could enter, extensions in user chains that a hook
 * reaches where they are not allowed (mark_source_chains and the checks after it, ip_tables.c), and two uses of one hashlimit
 * that do not go together.
 *
 * @param loaded the family's tables that are in place: hashlimits are shared among them, with those of the table's old rules, too.
 * @returns the complaint, undefined for a good table.
 */
export function checkTable(table: Table, family: Family, loaded: readonly Table[] = []): TableComplaint | undefined {
  const rules = numberedRules(table);
  const kinds = new RuleKinds(table, rules, family);
  for (const [hook, name] of BUILT_IN_CHAINS[table.name].entries()) {
    const start = rules.chainNumber(name);
    const complaint = start === undefined ? undefined : new HookWalk(rules, kinds, hook).from(start);
    if (complaint) return complaint;
  }
  return clashOfHashlimits(table, loaded);
}

const LOOP = "Too many levels of symbolic links.";
const INVALID = "Invalid argument. Run `dmesg' for more information.";
const NOWHERE = -1;

/** What the checks want to know of a rule; rules of one shape have the same but for where they lead. */
interface RuleKind {
  /** From which of the table's hooks it may be reached, a bit each. */
  readonly hooks: number;
  readonly jumps: boolean;
  /** Place of the chain that it leads to among its values; undefined: by its name. */
  readonly jumpAt: number | undefined;
  readonly ends: boolean;
}

/** Values that a hole has, where it is not one. */
const VALUES: Partial<Record<Hole, number>> = { source: 2, destination: 2, translation: 2 };

class RuleKinds {
  readonly #rules: NumberedRules;
  readonly #lines: ReturnType<typeof linesOf>;
  readonly #family: Family;
  readonly #ofShape: RuleKind[];

  constructor(table: Table, rules: NumberedRules, family: Family) {
    this.#rules = rules;
    this.#lines = linesOf(table);
    this.#family = family;
    this.#ofShape = this.#lines?.shapes.map(({ sample, holes }) => this.#kindOf(sample, placeOfJump(holes))) ?? [];
  }

  of(rule: number): RuleKind {
    const shape = this.#lines?.shapeOf[rule] ?? NO_SHAPE;
    return shape === NO_SHAPE ? this.#kindOf(this.#rules.rule(rule), undefined) : this.#ofShape[shape]!;
  }

  /** The first of these rules that leads elsewhere, ends its chain or may not be there; negative: none. Most rules do nothing of it. */
  remarkableFrom(first: number, end: number, hook: number): number {
    for (let rule = first; rule < end; rule++) {
      const { jumps, ends, hooks } = this.of(rule);
      if (jumps || ends || !((hooks >> hook) & 1)) return rule;
    }
    return NOWHERE;
  }

  /** Number of the chain that the rule jumps to. */
  jumpOf(rule: number, { jumps, jumpAt }: RuleKind): number {
    if (!jumps) return NOWHERE;
    if (jumpAt !== undefined) return this.#lines!.values[this.#lines!.valueStarts[rule]! + jumpAt]!;
    const { target } = this.#rules.rule(rule);
    const isJump = target?.kind === "jump" || target?.kind === "goto";
    return (isJump ? this.#rules.chainNumber(target.chain) : undefined) ?? NOWHERE;
  }

  #kindOf(rule: Rule, jumpAt: number | undefined): RuleKind {
    const { matches, target } = rule;
    const limits = [
      ...matches.map((match) => limitsOf(findMatch(nameOf(match), this.#family)?.hooks, match)),
      target && limitsOf(findTarget(nameOf(target), this.#family)?.hooks, target),
    ];
    const isInvalid = this.#family === 6 && matches.some((match) => match.kind === "addrtype" && asksOfIpv4(match));
    return {
      hooks: isInvalid ? 0 : this.#hooksWithin(limits.filter((limit) => limit !== undefined)),
      jumps: target?.kind === "jump" || target?.kind === "goto",
      jumpAt,
      ends: endsChain(rule),
    };
  }

  #hooksWithin(limits: readonly HookLimits[]): number {
    const { name } = this.#rules;
    let hooks = 0;
    for (const [i, hook] of BUILT_IN_CHAINS[name].entries()) {
      if (limits.every((limit) => limit[name]?.includes(hook))) hooks |= 1 << i;
    }
    return hooks;
  }
}

function placeOfJump(holes: readonly Hole[]): number | undefined {
  const index = holes.indexOf("jump");
  if (index < 0) return undefined;
  return holes.slice(0, index).reduce((sum, hole) => sum + (VALUES[hole] ?? 1), 0);
}

function nameOf(extension: { readonly kind: string; readonly name?: unknown }): string {
  return extension.kind === "verbatim" ? String(extension.name) : extension.kind;
}

/** The chains that one hook reaches, each looked through once. */
class HookWalk {
  readonly #rules: NumberedRules;
  readonly #kinds: RuleKinds;
  readonly #hook: number;
  readonly #isDone: Uint8Array;
  readonly #isUnderWay: Uint8Array;
  /** The chains under way, and in each the rule that comes next. */
  readonly #chains: number[] = [];
  readonly #next: number[] = [];

  constructor(rules: NumberedRules, kinds: RuleKinds, hook: number) {
    this.#rules = rules;
    this.#kinds = kinds;
    this.#hook = hook;
    this.#isDone = new Uint8Array(rules.chainCount);
    this.#isUnderWay = new Uint8Array(rules.chainCount);
  }

  from(start: number): TableComplaint | undefined {
    this.#enter(start);
    while (this.#chains.length > 0) {
      const chain = this.#chains.at(-1)!;
      const rule = this.#kinds.remarkableFrom(this.#next.at(-1)!, this.#rules.chainStarts[chain + 1]!, this.#hook);
      if (rule < 0) {
        this.#leave();
        continue;
      }
      this.#next[this.#next.length - 1] = rule + 1;
      const complaint = this.#look(rule);
      if (complaint) return { text: complaint, rule: this.#rules.rule(rule) };
    }
    return undefined;
  }

  #look(rule: number): string | undefined {
    const kind = this.#kinds.of(rule);
    if (!((kind.hooks >> this.#hook) & 1)) return INVALID;
    // What follows a verdict without a condition is not looked at.
    if (kind.ends) this.#next[this.#next.length - 1] = NO_SHAPE;
    const jump = this.#kinds.jumpOf(rule, kind);
    if (jump === NOWHERE || this.#isDone[jump]) return undefined;
    if (this.#isUnderWay[jump]) return LOOP;
    this.#enter(jump);
    return undefined;
  }

  #enter(chain: number): void {
    this.#chains.push(chain);
    this.#next.push(this.#rules.chainStarts[chain]!);
    this.#isUnderWay[chain] = 1;
  }

  #leave(): void {
    const chain = this.#chains.pop()!;
    this.#next.pop();
    this.#isUnderWay[chain] = 0;
    this.#isDone[chain] = 1;
  }
}

/** Address types that IPv6 does not have (addrtype_mt_checkentry_v1). */
const ONLY_IPV4: ReadonlySet<string> = new Set(["BROADCAST", "BLACKHOLE", "PROHIBIT", "THROW", "NAT", "XRESOLVE"]);

function asksOfIpv4({ source, destination }: AddrtypeMatch): boolean {
  return [...(source?.value ?? []), ...(destination?.value ?? [])].some((type) => ONLY_IPV4.has(type));
}

function endsChain(rule: Rule): boolean {
  const { target } = rule;
  const decides = target && ["ACCEPT", "DROP", "QUEUE", "RETURN"].includes(target.kind);
  return decides === true && testsNothing(rule);
}

function testsNothing(rule: Rule): boolean {
  const { source, destination, inInterface, outInterface, protocol, fragment, matches } = rule;
  return !source && !destination && !inInterface && !outInterface && !protocol && !fragment && matches.length === 0;
}

/** hashlimit_mt_check_common(): rules with one name share a table, which has either rates to match or limits. */
function clashOfHashlimits(table: Table, loaded: readonly Table[]): TableComplaint | undefined {
  const matchesRate = new Map<string, boolean>();
  for (const one of [...loaded, table]) {
    for (const rule of samplesOf(one)) {
      for (const match of rule.matches) {
        if (match.kind !== "hashlimit") continue;
        const first = matchesRate.get(match.name);
        if (first === undefined) matchesRate.set(match.name, match.rateMatch);
        else if (first !== match.rateMatch && one === table) return { text: INVALID, rule };
      }
    }
  }
  return undefined;
}
