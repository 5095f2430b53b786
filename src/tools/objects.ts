import { ConfigError } from "../config/error.ts";
import type { Rule } from "../model/ruleset.ts";

/** What rules name that is no part of their table. */
export interface NodeObjects {
  hasSet(name: string): boolean;
  /** Rate estimators, made by RATEEST targets. */
  hasEstimator(name: string): boolean;
}

/** @throws ConfigError for a rule that names what does not exist on the node. */
export function checkReferences(rule: Rule, objects: NodeObjects): void {
  for (const set of setNames(rule)) {
    if (!objects.hasSet(set)) refuse(rule, `Set ${set} doesn't exist.\n`);
  }
  for (const match of rule.matches) {
    if (match.kind === "verbatim" && match.name === "rateest") checkEstimators(rule, match.text, objects);
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

function checkEstimators(rule: Rule, text: string, objects: NodeObjects): void {
  for (const [, name] of text.matchAll(/ --rateest[12]? (\S+)/g)) {
    if (!objects.hasEstimator(name!)) refuse(rule, "No chain/target/match by that name.");
  }
}

function refuse(rule: Rule, detail: string): never {
  throw new ConfigError("ERR_UNKNOWN_NAME", rule.at, detail);
}
