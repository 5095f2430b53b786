import type { Family, Negatable, Prefix, SourcePosition } from "./address.ts";
import type { Match } from "./match.ts";
import type { Target } from "./target.ts";

export interface Counters {
  readonly packets: bigint;
  readonly bytes: bigint;
}

/** One rule. Fields that are absent test nothing. */
export interface Rule {
  readonly at: SourcePosition;
  readonly counters?: Counters;
  readonly source?: Negatable<Prefix>;
  readonly destination?: Negatable<Prefix>;
  /** Interface names; a trailing `+` stands for any ending. */
  readonly inInterface?: Negatable<string>;
  readonly outInterface?: Negatable<string>;
  readonly protocol?: Negatable<number>;
  /** `-f`: only second and later fragments. */
  readonly fragment?: Negatable<true>;
  readonly matches: readonly Match[];
  /** undefined: the rule only counts. */
  readonly target?: Target;
}

export interface Chain {
  readonly name: string;
  /** Policy of a built-in chain; undefined for a user chain. */
  readonly policy?: "ACCEPT" | "DROP";
  readonly counters?: Counters;
  readonly rules: readonly Rule[];
}

/** A table of iptables. */
export type TableName = "raw" | "mangle" | "nat" | "filter" | "security";

export interface Table {
  readonly name: TableName;
  /** Built-in chains in the order of the hooks, then user chains as the file has them. */
  readonly chains: readonly Chain[];
}

/** Where a rule stands: the third of filter's chain FORWARD is `{ table: "filter", chain: "FORWARD", number: 3 }`. */
export interface RulePlace {
  readonly table: TableName;
  readonly chain: string;
  /** Position in its chain, from 1. */
  readonly number: number;
}

/** All tables of one family, as iptables-save prints them. */
export interface Ruleset {
  readonly family: Family;
  readonly tables: readonly Table[];
}
