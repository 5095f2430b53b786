import type { Family } from "../../model/address.ts";
import type { AddrtypeMatch } from "../../model/match.ts";
import type { Chain, Rule, Table } from "../../model/ruleset.ts";
import type { HookLimits } from "./extension.ts";
import { findMatch, findTarget } from "./extensions.ts";
import { BUILT_IN_CHAINS, limitsOf } from "./rule-checks.ts";

/**
 * What the kernel refuses of a table as a whole: a loop that a packet could enter, and extensions in user chains that a
 * hook reaches where they are not allowed (mark_source_chains and the checks after it, ip_tables.c).
 *
 * @returns the complaint, undefined for a good table.
 */
export function checkTable(table: Table, family: Family): string | undefined {
  const chains = new Map(table.chains.map((chain) => [chain.name, chain]));
  for (const hook of BUILT_IN_CHAINS[table.name]) {
    const walk = new HookWalk(table, family, chains, hook);
    const complaint = walk.visit(hook, []);
    if (complaint) return complaint;
  }
  return undefined;
}

/** The chains that one hook reaches. */
class HookWalk {
  readonly #table: Table;
  readonly #family: Family;
  readonly #chains: ReadonlyMap<string, Chain>;
  readonly #hook: string;
  readonly #done = new Set<string>();

  constructor(table: Table, family: Family, chains: ReadonlyMap<string, Chain>, hook: string) {
    this.#table = table;
    this.#family = family;
    this.#chains = chains;
    this.#hook = hook;
  }

  visit(name: string, above: readonly string[]): string | undefined {
    if (above.includes(name)) return "Too many levels of symbolic links.";
    if (this.#done.has(name)) return undefined;
    this.#done.add(name);
    for (const rule of this.#chains.get(name)?.rules ?? []) {
      const complaint = this.#checkRule(rule) ?? this.#follow(rule, [...above, name]);
      if (complaint) return complaint;
      if (endsChain(rule)) break;
    }
    return undefined;
  }

  #follow({ target }: Rule, above: readonly string[]): string | undefined {
    if (target?.kind !== "jump" && target?.kind !== "goto") return undefined;
    return this.visit(target.chain, above);
  }

  #checkRule(rule: Rule): string | undefined {
    for (const match of rule.matches) {
      const name = match.kind === "verbatim" ? match.name : match.kind;
      const extension = findMatch(name, this.#family);
      if (extension && !this.#allows(limitsOf(extension.hooks, match))) return INVALID;
      if (this.#family === 6 && match.kind === "addrtype" && asksOfIpv4(match)) return INVALID;
    }
    if (!rule.target) return undefined;
    const name = rule.target.kind === "verbatim" ? rule.target.name : rule.target.kind;
    const extension = findTarget(name, this.#family);
    return extension && !this.#allows(limitsOf(extension.hooks, rule.target)) ? INVALID : undefined;
  }

  #allows(limits: HookLimits | undefined): boolean {
    return !limits || (limits[this.#table.name]?.includes(this.#hook) ?? false);
  }
}

/** Address types that IPv6 does not have (addrtype_mt_checkentry_v1). */
const ONLY_IPV4: ReadonlySet<string> = new Set(["BROADCAST", "BLACKHOLE", "PROHIBIT", "THROW", "NAT", "XRESOLVE"]);

function asksOfIpv4({ source, destination }: AddrtypeMatch): boolean {
  return [...(source?.value ?? []), ...(destination?.value ?? [])].some((type) => ONLY_IPV4.has(type));
}

const INVALID = "Invalid argument. Run `dmesg' for more information.";

/** A verdict without any condition: what follows is not looked at. */
function endsChain(rule: Rule): boolean {
  const { target } = rule;
  const decides = target && ["ACCEPT", "DROP", "QUEUE", "RETURN"].includes(target.kind);
  return decides === true && testsNothing(rule);
}

function testsNothing(rule: Rule): boolean {
  const { source, destination, inInterface, outInterface, protocol, fragment, matches } = rule;
  return !source && !destination && !inInterface && !outInterface && !protocol && !fragment && matches.length === 0;
}
