import type { Chain, Counters, Rule, Table, TableName } from "./ruleset.ts";

/** A table by numbers: its chains, and its rules chain by chain, both from 0 in the order of the table. */
export interface NumberedRules {
  readonly name: TableName;
  readonly chainCount: number;
  /** Number of each chain's first rule, and behind the last the number of all. */
  readonly chainStarts: Uint32Array;
  chainName(chain: number): string;
  /** undefined when there is no chain of this name. */
  chainNumber(name: string): number | undefined;
  /** undefined for user chains. */
  policy(chain: number): "ACCEPT" | "DROP" | undefined;
  chainCounters(chain: number): Counters | undefined;
  rule(number: number): Rule;
  ruleCounters(number: number): Counters | undefined;
}

/**
 * A table as its file has it: a saved ruleset of 100,000 lines has a dozen shapes of lines, and of each line only its
 * shape and what differs within it is kept. Rules become objects when they are asked for.
 */
export interface RuleLines extends NumberedRules {
  readonly shapes: readonly RuleShape[];
  /** Shape of each rule, {@link NO_SHAPE} for a rule unlike others. */
  readonly shapeOf: Uint32Array;
  /** Values of the holes of all rules, and where each rule's begin. */
  readonly values: Uint32Array;
  readonly valueStarts: Uint32Array;
}

/**
 * What differs between lines of a shape, beside comments. Addresses have two values (the address as a number, its first
 * byte the highest, and the length of its prefix), a translated destination two (address and port), the others one: a
 * port, or the number of a chain.
 */
export type Hole = "source" | "destination" | "sourcePort" | "destinationPort" | "jump" | "translation";

/** Rules that are alike: the same tests and target, with other values in some places. */
export interface RuleShape {
  readonly sample: Rule;
  /** In the order in which their values stand. */
  readonly holes: readonly Hole[];
}

export const NO_SHAPE = 0xffffffff;

const LINES = new WeakMap<Table, RuleLines>();

/** The lines of a table that was made from them; undefined for one of objects. */
export function linesOf(table: Table): RuleLines | undefined {
  return LINES.get(table);
}

/** The table that lines are; its chains and their rules are made when somebody asks. */
export function tableOfLines(lines: RuleLines): Table {
  let chains: readonly Chain[] | undefined;
  const table: Table = {
    name: lines.name,
    get chains() {
      chains ??= Array.from({ length: lines.chainCount }, (_, chain) => chainOfLines(lines, chain));
      return chains;
    },
  };
  LINES.set(table, lines);
  return table;
}

function chainOfLines(lines: RuleLines, chain: number): Chain {
  let rules: readonly Rule[] | undefined;
  return {
    name: lines.chainName(chain),
    policy: lines.policy(chain),
    counters: lines.chainCounters(chain),
    get rules() {
      const first = lines.chainStarts[chain]!;
      rules ??= Array.from({ length: lines.chainStarts[chain + 1]! - first }, (_, i) => lines.rule(first + i));
      return rules;
    },
  };
}

/** The chains and rules of any table by their numbers. */
export function numberedRules(table: Table): NumberedRules {
  return linesOf(table) ?? numberedObjects(table);
}

function numberedObjects({ name, chains }: Table): NumberedRules {
  const chainStarts = new Uint32Array(chains.length + 1);
  for (const [i, chain] of chains.entries()) chainStarts[i + 1] = chainStarts[i]! + chain.rules.length;
  const rules = chains.flatMap((chain) => chain.rules);
  let numbers: ReadonlyMap<string, number> | undefined;
  return {
    name,
    chainCount: chains.length,
    chainStarts,
    chainName: (chain) => chains[chain]!.name,
    chainNumber: (wanted) => {
      numbers ??= new Map(chains.map((chain, i) => [chain.name, i]));
      return numbers.get(wanted);
    },
    policy: (chain) => chains[chain]!.policy,
    chainCounters: (chain) => chains[chain]!.counters,
    rule: (number) => rules[number]!,
    ruleCounters: (number) => rules[number]!.counters,
  };
}

/**
 * Rules that stand for all of a table: every rule tests the same kinds of things and has the same kind of target as one of
 * them, with the same names of sets and objects. In a table of lines a handful of the rules themselves.
 */
export function* samplesOf(table: Table): Generator<Rule> {
  const lines = linesOf(table);
  if (!lines) {
    for (const chain of table.chains) yield* chain.rules;
    return;
  }
  for (const { sample } of lines.shapes) yield sample;
  for (let i = 0; i < lines.shapeOf.length; i++) if (lines.shapeOf[i] === NO_SHAPE) yield lines.rule(i);
}
