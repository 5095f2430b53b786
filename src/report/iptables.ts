import type { LoadedRulesets } from "../compile/ruleset.ts";
import { printRuleset } from "../config/iptables/print.ts";
import type { Family } from "../model/address.ts";

/** All tables of a family with their counters, as `iptables-save -c` prints them (without its comment lines). */
export function reportRuleset(rulesets: LoadedRulesets, family: Family): string {
  const ruleset = rulesets.read(family);
  return ruleset ? printRuleset(ruleset, { counters: true }) : "";
}
