import { ConfigError } from "../config/error.ts";
import type { RateestMatch } from "../model/match.ts";
import type { Rule } from "../model/ruleset.ts";

/** What rules name that is no part of their table. */
export interface NodeObjects {
  hasSet(name: string): boolean;
  /** Rate estimators, made by RATEEST targets. */
  hasEstimator(name: string): boolean;
  /** Objects of nfacct. */
  hasAccount(name: string): boolean;
}

/** @throws ConfigError for a rule that names what does not exist on the node. */
export function checkReferences(rule: Rule, objects: NodeObjects): void {
  for (const set of setNames(rule)) {
    if (!objects.hasSet(set)) refuse(rule, `Set ${set} doesn't exist.\n`);
  }
  for (const match of rule.matches) {
    if (match.kind === "rateest") checkEstimators(rule, match, objects);
    if (match.kind === "nfacct" && !objects.hasAccount(match.name)) refuse(rule, NO_SUCH_NAME);
    // Only the root of the hierarchy is there everywhere.
    if (match.kind === "cgroup" && match.path && match.path.value !== "/") {
      refuse(rule, `Invalid argument: there is no cgroup ${match.path.value}`);
    }
  }
  if (rule.target?.kind === "IPVS") {
    refuse(rule, "Couldn't load target `IPVS':No such file or directory\n");
  }
}

export function* setNames({ matches, target }: Rule): Generator<string> {
  for (const match of matches) if (match.kind === "set") yield match.set;
  if (target?.kind !== "SET") return;
  for (const operation of [target.add, target.delete, target.map]) if (operation) yield operation.set;
}

const NO_SUCH_NAME = "No chain/target/match by that name.";

function checkEstimators(rule: Rule, { first, second }: RateestMatch, objects: NodeObjects): void {
  if (!objects.hasEstimator(first)) refuse(rule, NO_SUCH_NAME);
  if (second !== undefined && !objects.hasEstimator(second)) refuse(rule, NO_SUCH_NAME);
}

function refuse(rule: Rule, detail: string): never {
  throw new ConfigError("ERR_UNKNOWN_NAME", rule.at, detail);
}
