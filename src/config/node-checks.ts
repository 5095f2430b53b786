import type { IpSet } from "../model/ipset.ts";
import type { Warning } from "../model/node.ts";
import type { Chain, Rule, Ruleset } from "../model/ruleset.ts";
import { ConfigError } from "./error.ts";

export interface RulesetChecks {
  readonly sets: readonly IpSet[] | undefined;
  readonly strict: boolean;
  readonly onUnsupported: (error: ConfigError) => void;
  readonly onWarning: (warning: Warning) => void;
}

/** A ruleset without the rules that cannot be emulated; each of them was reported. */
export function checkRuleset(ruleset: Ruleset, checks: RulesetChecks): Ruleset {
  const names = new Set(checks.sets?.map(({ name }) => name));
  const keep = (rule: Rule): boolean => {
    checkSets(rule, names);
    return checkTarget(rule, checks) && checkVerbatim(rule, checks);
  };
  return {
    ...ruleset,
    tables: ruleset.tables.map((table) => ({ ...table, chains: table.chains.map((chain) => filtered(chain, keep)) })),
  };
}

function filtered(chain: Chain, keep: (rule: Rule) => boolean): Chain {
  const rules = chain.rules.filter(keep);
  return rules.length === chain.rules.length ? chain : { ...chain, rules };
}

/** The real tool refuses a rule whose set does not exist, so a saved node always has it. */
function checkSets(rule: Rule, names: ReadonlySet<string>): void {
  for (const name of setsOf(rule)) {
    if (names.has(name)) continue;
    throw new ConfigError("ERR_UNKNOWN_NAME", rule.at, `Set ${name} doesn't exist. (ipset.save has to create it)`);
  }
}

function* setsOf({ matches, target }: Rule): Generator<string> {
  for (const match of matches) if (match.kind === "set") yield match.set;
  if (target?.kind !== "SET") return;
  for (const operation of [target.add, target.delete, target.map]) if (operation) yield operation.set;
}

function checkTarget(rule: Rule, { strict, onWarning }: RulesetChecks): boolean {
  if (rule.target?.kind !== "IPVS") return true;
  if (strict) {
    throw new ConfigError("ERR_UNSUPPORTED", rule.at, "Couldn't load target `IPVS':No such file or directory");
  }
  onWarning({
    code: "IPVS_TARGET",
    message:
      "`-j IPVS' is hookwalk's own extension, Linux has no such target: there IPVS takes packets at INPUT and OUTPUT by " +
      "their destination address alone, without any rule",
    at: rule.at,
  });
  return true;
}

function checkVerbatim(rule: Rule, { onUnsupported }: RulesetChecks): boolean {
  const match = rule.matches.find(({ kind }) => kind === "verbatim");
  const target = rule.target?.kind === "verbatim" ? rule.target : undefined;
  if (!match && !target) return true;
  const what = target ? `target \`${target.name}'` : `match \`${match?.kind === "verbatim" ? match.name : ""}'`;
  onUnsupported(new ConfigError("ERR_UNSUPPORTED", rule.at, `the ${what} is not emulated`));
  return false;
}
