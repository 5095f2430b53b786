import { EventKind } from "../../assembly/abi/trace.ts";
import type { PlacedRule, RuleNames } from "../compile/rule-names.ts";
import type { TraceEvent } from "../engine/outputs.ts";
import type { Rule } from "../model/ruleset.ts";

/**
 * A step of a table's walk in the words of the kernel's TRACE, as the recorded traces have it:
 * `N: table:chain:rule|return|policy:number IN=.. OUT=.. [MARK=..]`.
 *
 * @returns undefined for events that TRACE does not print.
 */
export function ruleLine(event: TraceEvent, names: RuleNames, devices: readonly string[]): string | undefined {
  const place = placeOf(event, names);
  if (!place) return undefined;
  const mark = event.mark ? ` MARK=0x${event.mark.toString(16)}` : "";
  const devicesText = `IN=${devices[event.inDevice] ?? ""} OUT=${devices[event.outDevice] ?? ""}`;
  return `${event.number}: ${place} ${devicesText}${mark}`;
}

/** `table:chain:kind:number`. */
export function placeOf(event: TraceEvent, names: RuleNames): string | undefined {
  if (event.kind === EventKind.Rule) {
    const placed = names.rule(event.subject);
    if (!placed) return undefined;
    return `${placed.table}:${placed.chain}:${ruleComment(placed)}:${placed.number}`;
  }
  if (event.kind !== EventKind.Return && event.kind !== EventKind.Policy) return undefined;
  const placed = names.chain(event.subject);
  if (!placed) return undefined;
  const comment = event.kind === EventKind.Return ? "return" : "policy";
  // The kernel keeps a chain's policy, or its return, as one more rule at the end.
  return `${placed.table}:${placed.chain}:${comment}:${placed.ruleCount + 1}`;
}

/** TRACE takes any unconditional verdict for a chain's end (net/ipv4/netfilter/ip_tables.c: get_chainname_rulenum). */
function ruleComment({ chain, rule }: PlacedRule): string {
  if (!isUnconditionalVerdict(rule)) return "rule";
  return BUILT_IN.has(chain) ? "policy" : "return";
}

const BUILT_IN: ReadonlySet<string> = new Set(["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"]);
const STANDARD_VERDICTS: ReadonlySet<string> = new Set(["ACCEPT", "DROP", "RETURN", "QUEUE"]);

function isUnconditionalVerdict(rule: Rule): boolean {
  if (!rule.target || !STANDARD_VERDICTS.has(rule.target.kind) || rule.matches.length > 0) return false;
  return !(rule.source || rule.destination || rule.inInterface || rule.outInterface || rule.protocol || rule.fragment);
}
