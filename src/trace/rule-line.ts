import { EventKind } from "../../assembly/abi/trace.ts";
import type { LoadedRulesets, RuleName } from "../compile/ruleset.ts";
import type { TraceEvent } from "../engine/outputs.ts";

/**
 * A step of a table's walk in the words of the kernel's TRACE, as the recorded traces have it:
 * `N: table:chain:rule|return|policy:number IN=.. OUT=.. [MARK=..]`.
 *
 * @returns undefined for events that TRACE does not print.
 */
export function ruleLine(
  event: TraceEvent,
  names: Pick<LoadedRulesets, "rule" | "chain">,
  devices: readonly string[],
): string | undefined {
  const place = placeOf(event, names);
  if (!place) return undefined;
  const mark = event.mark ? ` MARK=0x${event.mark.toString(16)}` : "";
  const devicesText = `IN=${devices[event.inDevice] ?? ""} OUT=${devices[event.outDevice] ?? ""}`;
  return `${event.number}: ${place} ${devicesText}${mark}`;
}

/** `table:chain:kind:number`. */
export function placeOf(event: TraceEvent, names: Pick<LoadedRulesets, "rule" | "chain">): string | undefined {
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
function ruleComment({ isUnconditional, isBuiltIn }: RuleName): string {
  if (!isUnconditional) return "rule";
  return isBuiltIn ? "policy" : "return";
}
