import { ConfigError } from "../config/error.ts";
import { refusalOfSet, setsOf } from "../config/iptables/match-set.ts";
import type { Family } from "../model/address.ts";
import type { IpSet } from "../model/ipset.ts";
import type { RateestMatch } from "../model/match.ts";
import type { Rule } from "../model/ruleset.ts";

/** What rules name that is no part of their table. */
export interface NodeObjects {
  findSet(name: string): IpSet | undefined;
  /** Rate estimators, made by RATEEST targets. */
  hasEstimator(name: string): boolean;
  /** Objects of nfacct. */
  hasAccount(name: string): boolean;
}

/** @throws ConfigError for a rule that names what does not exist on the node. */
export function checkReferences(rule: Rule, family: Family, objects: NodeObjects): void {
  for (const set of setsOf(rule)) {
    const refusal = refusalOfSet(set, objects.findSet(set), family);
    if (refusal !== undefined) refuse(rule, `${refusal}\n`);
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

const NO_SUCH_NAME = "No chain/target/match by that name.";

function checkEstimators(rule: Rule, { first, second }: RateestMatch, objects: NodeObjects): void {
  if (!objects.hasEstimator(first)) refuse(rule, NO_SUCH_NAME);
  if (second !== undefined && !objects.hasEstimator(second)) refuse(rule, NO_SUCH_NAME);
}

function refuse(rule: Rule, detail: string): never {
  throw new ConfigError("ERR_UNKNOWN_NAME", rule.at, detail);
}
