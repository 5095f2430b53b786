import { ConfigError } from "../../src/config/error.ts";
import type { Family } from "../../src/model/address.ts";
import { checkedRuleset } from "../../src/tools/lint.ts";

/** Would iptables-restore take the rule? */
export function isTakenRule(rule: string, table: string, family: Family): boolean {
  try {
    checkedRuleset(`*${table}\n${rule}\nCOMMIT\n`, family, "rule");
    return true;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return false;
  }
}
