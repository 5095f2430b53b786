import type { Node, Warning } from "../model/node.ts";
import { samplesOf } from "../model/rule-lines.ts";
import type { Rule, Ruleset } from "../model/ruleset.ts";

/**
 * Rules name a helper, but not whether its NAT module is loaded, which decides whether addresses in the payload are translated.
 * Where the node does not say it either, the module is taken as loaded.
 */
export function helperWarnings(node: Pick<Node, "ruleset4" | "ruleset6" | "modules">): Warning[] {
  if (node.modules) return [];
  return [node.ruleset4, node.ruleset6].flatMap((ruleset) => {
    if (!ruleset?.tables.some(({ name }) => name === "nat")) return [];
    const rule = firstWithHelper(ruleset);
    if (rule?.target?.kind !== "CT") return [];
    const message = `no modules.txt (lsmod): nf_nat_${rule.target.helper} is taken as loaded`;
    return [{ code: "NO_MODULES", message, at: rule.at }];
  });
}

function firstWithHelper(ruleset: Ruleset): Rule | undefined {
  for (const table of ruleset.tables) {
    const namesHelper = ({ target }: Rule) => target?.kind === "CT" && target.helper !== undefined;
    if (![...samplesOf(table)].some(namesHelper)) continue;
    for (const { rules } of table.chains) {
      const found = rules.find(namesHelper);
      if (found) return found;
    }
  }
  return undefined;
}
