import type { Match } from "../../model/match.ts";
import type { Rule, Ruleset } from "../../model/ruleset.ts";
import type { Target } from "../../model/target.ts";

const TRACKING_MATCHES: ReadonlySet<Match["kind"]> = new Set([
  "conntrack",
  "state",
  "connmark",
  "connbytes",
  "connlimit",
  "helper",
]);

/** Extensions that are kept word by word but would turn connection tracking on in a real kernel. */
const TRACKING_NAMES: ReadonlySet<string> = new Set(["connlabel", "cluster", "CONNSECMARK", "SYNPROXY", "CLUSTERIP"]);

const TRACKING_TARGETS: ReadonlySet<Target["kind"]> = new Set([
  "DNAT",
  "SNAT",
  "MASQUERADE",
  "REDIRECT",
  "NETMAP",
  "CONNMARK",
]);

/**
 * Does a rule of this ruleset turn connection tracking on in its family (nf_ct_netns_get)? A nat table alone does not,
 * nor does NOTRACK.
 */
export function usesConntrack(ruleset: Ruleset | undefined): boolean {
  return someRule(ruleset, (rule) => rule.matches.some(isTrackingMatch) || isTrackingTarget(rule.target));
}

/** Does a rule turn defragmentation on without connection tracking (-m socket, TPROXY)? */
export function usesDefragmentation(ruleset: Ruleset | undefined): boolean {
  return someRule(
    ruleset,
    (rule) => rule.target?.kind === "TPROXY" || rule.matches.some((match) => match.kind === "socket"),
  );
}

function isTrackingMatch(match: Match): boolean {
  return TRACKING_MATCHES.has(match.kind) || (match.kind === "verbatim" && TRACKING_NAMES.has(match.name));
}

function isTrackingTarget(target: Target | undefined): boolean {
  if (!target) return false;
  if (target.kind === "CT") return !target.notrack;
  return TRACKING_TARGETS.has(target.kind) || (target.kind === "verbatim" && TRACKING_NAMES.has(target.name));
}

function someRule(ruleset: Ruleset | undefined, holds: (rule: Rule) => boolean): boolean {
  return ruleset?.tables.some((table) => table.chains.some((chain) => chain.rules.some(holds))) ?? false;
}
