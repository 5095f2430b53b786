import type { Rule } from "../model/ruleset.ts";

/** A rule as it stands in its table. */
export interface PlacedRule {
  readonly table: string;
  readonly chain: string;
  /** Position in the chain, from 1. */
  readonly number: number;
  readonly rule: Rule;
}

/** A chain as it stands in its table. */
export interface PlacedChain {
  readonly table: string;
  readonly chain: string;
  readonly ruleCount: number;
}

/** Names of what the core's events number. */
export interface RuleNames {
  rule(id: number): PlacedRule | undefined;
  chain(id: number): PlacedChain | undefined;
}
