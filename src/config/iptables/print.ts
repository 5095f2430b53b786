import type { Family, Negatable, Prefix } from "../../model/address.ts";
import type { Match } from "../../model/match.ts";
import type { Chain, Counters, Rule, Ruleset, Table, TableName } from "../../model/ruleset.ts";
import type { Target } from "../../model/target.ts";
import { findMatch, findTarget } from "./extensions.ts";
import { BUILT_IN_CHAINS } from "./rule-checks.ts";
import { formatPrefix, formatProtocol } from "./values.ts";

export interface PrintOptions {
  /** `iptables-save -c`: rule counters too. Default false. */
  readonly counters?: boolean;
}

/** Prints all tables as iptables-save does, without its comment lines. */
export function printRuleset(ruleset: Ruleset, options: PrintOptions = {}): string {
  return ruleset.tables.map((table) => printTable(table, ruleset.family, options)).join("");
}

function printTable(table: Table, family: Family, options: PrintOptions): string {
  const lines = [`*${table.name}`];
  const chains = inSaveOrder(table.name, table.chains);
  for (const chain of chains) lines.push(printChainHead(chain));
  for (const chain of chains) {
    for (const rule of chain.rules) {
      const text = printRule(rule, chain.name, family);
      lines.push(options.counters ? `${printCounters(rule.counters)} ${text}` : text);
    }
  }
  lines.push("COMMIT", "");
  return lines.join("\n");
}

/** Built-in chains by hook, then user chains by name, bytewise. */
export function inSaveOrder<T extends Pick<Chain, "name">>(table: TableName, chains: readonly T[]): readonly T[] {
  const order = BUILT_IN_CHAINS[table];
  const builtIn = order.flatMap((name) => chains.filter((chain) => chain.name === name));
  const user = chains.filter((chain) => !order.includes(chain.name));
  return [...builtIn, ...user.sort((a, b) => (a.name < b.name ? -1 : 1))];
}

/** A chain's line in the head of its table. */
export function printChainHead({ name, policy, counters }: Chain): string {
  return `:${name} ${policy ?? "-"} ${printCounters(counters)}`;
}

function printCounters(counters: Counters | undefined): string {
  return counters ? `[${counters.packets}:${counters.bytes}]` : "[0:0]";
}

/** Prints one rule as `iptables -S` does. */
export function printRule(rule: Rule, chain: string, family: Family): string {
  const { source, destination, inInterface, outInterface, protocol, fragment, matches } = printConditions(rule, family);
  const parts = [source, destination, inInterface, outInterface, protocol, fragment, ...matches];
  return `-A ${chain}${parts.join("")}${rule.target ? printTarget(rule.target, family) : ""}`;
}

/** The conditions of a rule as iptables prints them, each with the blank before it; empty where it has none. */
export interface RuleConditions {
  readonly source: string;
  readonly destination: string;
  readonly inInterface: string;
  readonly outInterface: string;
  readonly protocol: string;
  readonly fragment: string;
  readonly matches: readonly string[];
}

export function printConditions(rule: Rule, family: Family): RuleConditions {
  const { inInterface, outInterface, protocol, fragment } = rule;
  return {
    source: printPrefix("-s", rule.source),
    destination: printPrefix("-d", rule.destination),
    inInterface: inInterface ? printWord("-i", inInterface.value, inInterface.invert) : "",
    outInterface: outInterface ? printWord("-o", outInterface.value, outInterface.invert) : "",
    protocol: protocol ? printWord("-p", formatProtocol(protocol.value), protocol.invert) : "",
    fragment: fragment ? `${fragment.invert ? " !" : ""} -f` : "",
    matches: rule.matches.map((match) => printMatch(match, family)),
  };
}

function printWord(option: string, value: string, invert: boolean): string {
  return `${invert ? " !" : ""} ${option} ${value}`;
}

function printPrefix(option: string, test: Negatable<Prefix> | undefined): string {
  if (!test) return "";
  const text = formatPrefix(test.value) ?? (test.value.mask.length === 4 ? "0.0.0.0/0" : "::/0");
  return printWord(option, text, test.invert);
}

/** ` -m NAME` and its options. */
export function printMatch(match: Match, family: Family): string {
  const name = match.kind === "verbatim" ? match.name : match.kind;
  return ` -m ${name}${findMatch(name, family)!.print(match, family)}`;
}

/** ` -j NAME` or ` -g NAME` and its options. */
export function printTarget(target: Target, family: Family): string {
  switch (target.kind) {
    case "jump":
      return ` -j ${target.chain}`;
    case "goto":
      return ` -g ${target.chain}`;
    case "ACCEPT":
    case "DROP":
    case "RETURN":
    case "QUEUE":
    case "IPVS":
      return ` -j ${target.kind}`;
  }
  const name = target.kind === "verbatim" ? target.name : target.kind;
  return ` -j ${name}${findTarget(name, family)!.print(target, family)}`;
}
