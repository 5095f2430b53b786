import type { Node } from "../model/node.ts";
import type { Rule, RulePlace, TableName } from "../model/ruleset.ts";

/** A rule was named that the node does not have. */
export class RulePlaceError extends Error {
  override readonly name = "RulePlaceError";
}

const FORM = /^(?:(raw|mangle|nat|filter|security):)?(.+)[: ]([0-9]+)$/;

/**
 * Reads `filter:FORWARD:3`, `FORWARD:3` or `FORWARD 3`, as the kernel's TRACE and `iptables -S` number rules. Without a table
 * it is the first of filter, nat, mangle, raw, security that has such a rule.
 *
 * @throws RulePlaceError when the node has no such rule.
 */
export function parseRulePlace(text: string, node: Pick<Node, "ruleset4" | "ruleset6">): RulePlace {
  const [, table, chain, digits] = FORM.exec(text.trim()) ?? [];
  if (!chain || !digits)
    throw new RulePlaceError(`\`${text}' names no rule: expected TABLE:CHAIN:NUMBER or CHAIN:NUMBER`);
  const number = Number(digits);
  const tables = (table ? [table] : ["filter", "nat", "mangle", "raw", "security"]) as TableName[];
  const lengths = tables.map((name) => chainLength(node, name, chain));
  const found = lengths.findIndex((length) => length !== undefined && number >= 1 && number <= length);
  if (found >= 0) return { table: tables[found]!, chain, number };
  const known = lengths.findIndex((length) => length !== undefined);
  if (known < 0) throw new RulePlaceError(`the node has no chain ${chain}${table ? ` in table ${table}` : ""}`);
  throw new RulePlaceError(`chain ${chain} of table ${tables[known]} has ${lengths[known]} rules, not ${number}`);
}

function chainLength({ ruleset4, ruleset6 }: Pick<Node, "ruleset4" | "ruleset6">, table: TableName, chain: string) {
  const lengths = [ruleset4, ruleset6].flatMap((ruleset) => rulesOf(ruleset, table, chain)?.length ?? []);
  return lengths.length === 0 ? undefined : Math.max(...lengths);
}

function rulesOf(ruleset: Node["ruleset4"], table: TableName, chain: string): readonly Rule[] | undefined {
  return ruleset?.tables.find(({ name }) => name === table)?.chains.find(({ name }) => name === chain)?.rules;
}
