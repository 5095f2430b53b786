import { TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN } from "../abi/route";
import { allocate, release } from "../memory/allocate";
import { device } from "../packet/device";
import { FibEntry, FibNextHop, findTable, mask0, mask1, setMerged4 } from "./fib";
import { flushRoutes } from "./input-cache";
import { FibResult, FibStatus, lookupTable } from "./lookup";
import { FlowKey } from "./route";

/** What a policy rule does with packets that it matches; numbers as FR_ACT_* (include/uapi/linux/fib_rules.h). */
export enum RuleAction {
  Lookup = 1,
  Goto = 2,
  Nop = 3,
  Blackhole = 6,
  Unreachable = 7,
  Prohibit = 8,
}

/** A routing policy rule (ip rule). The host writes them in order of priority, both families in one list. */
@unmanaged
export class PolicyRule {
  source0: u64;
  source1: u64;
  destination0: u64;
  destination1: u64;
  next: usize;
  priority: u32;
  mark: u32;
  markMask: u32;
  /** Devices asked for, 0 for any; 0xffffffff names a device that the node does not have. */
  inDevice: u32;
  outDevice: u32;
  table: u32;
  gotoPriority: u32;
  /** Results with at most this prefix length are passed over; -1: none. */
  suppressPrefixLength: i32;
  /** Results over a device of this group are passed over; -1: none. */
  suppressGroup: i32;
  sourcePortFrom: u16;
  sourcePortTo: u16;
  destinationPortFrom: u16;
  destinationPortTo: u16;
  family: u8;
  /** A `RuleAction`. */
  action: u8;
  invert: u8;
  sourceLength: u8;
  destinationLength: u8;
  tos: u8;
  protocol: u8;
}

let firstRule: usize = 0;
let lastRule: usize = 0;
let custom4: bool = false;
let custom6: bool = false;
/** Does a rule look at protocol or ports (fib_rules_require_fldissect)? */
let needsFlow4: bool = false;
let needsFlow6: bool = false;

export function clearPolicyRules(): void {
  while (firstRule != 0) {
    const next = changetype<PolicyRule>(firstRule).next;
    release(firstRule);
    firstRule = next;
  }
  lastRule = 0;
  policyRulesWritten(false, false);
}

export function newPolicyRule(): usize {
  const rule = allocate(offsetof<PolicyRule>());
  if (lastRule == 0) firstRule = rule;
  else changetype<PolicyRule>(lastRule).next = rule;
  lastRule = rule;
  return rule;
}

/** Called when all rules are there, before the routes are loaded: which families have rules of their own? */
export function policyRulesWritten(hasCustom4: bool, hasCustom6: bool): void {
  flushRoutes();
  custom4 = hasCustom4;
  custom6 = hasCustom6;
  setMerged4(!hasCustom4);
  needsFlow4 = false;
  needsFlow6 = false;
  for (let at = firstRule; at != 0; at = changetype<PolicyRule>(at).next) {
    const rule = changetype<PolicyRule>(at);
    if (rule.protocol == 0 && rule.sourcePortTo == 0 && rule.destinationPortTo == 0) continue;
    if (rule.family == 4) needsFlow4 = true;
    else needsFlow6 = true;
  }
}

export function hasCustomRules(family: u32): bool {
  return family == 4 ? custom4 : custom6;
}

export function rulesNeedFlow(family: u32): bool {
  return family == 4 ? needsFlow4 : needsFlow6;
}

/** Looks a flow up in all tables that the rules name (fib_lookup, fib6_rule_lookup). */
export function lookup(flow: FlowKey, result: FibResult): FibStatus {
  const status = hasCustomRules(flow.family)
    ? lookupByRules(flow, result)
    : flow.family == 4
      ? lookupDefault4(flow, result)
      : lookupDefault6(flow, result);
  return status == FibStatus.Again ? FibStatus.NetUnreachable : status;
}

function lookupDefault4(flow: FlowKey, result: FibResult): FibStatus {
  const status = lookupNumber(flow, TABLE_MAIN, result);
  if (status == FibStatus.Found) return status;
  const table = findTable(4, TABLE_DEFAULT);
  return table == 0 ? status : lookupTable(flow, table, result);
}

function lookupDefault6(flow: FlowKey, result: FibResult): FibStatus {
  const status = lookupNumber(flow, TABLE_LOCAL, result);
  return status == FibStatus.Again ? lookupNumber(flow, TABLE_MAIN, result) : status;
}

function lookupNumber(flow: FlowKey, number: u32, result: FibResult): FibStatus {
  const table = findTable(flow.family, number);
  if (table != 0) return lookupTable(flow, table, result);
  result.entry = 0;
  return FibStatus.Again;
}

/** fib_rules_lookup (net/core/fib_rules.c). */
function lookupByRules(flow: FlowKey, result: FibResult): FibStatus {
  let at = firstRule;
  while (at != 0) {
    const rule = changetype<PolicyRule>(at);
    at = rule.next;
    if (rule.family != flow.family || matches(rule, flow) == (rule.invert != 0)) continue;
    const action: RuleAction = rule.action;
    switch (action) {
      case RuleAction.Lookup: {
        const status = lookupNumber(flow, rule.table, result);
        if (status == FibStatus.Again || (status == FibStatus.Found && isSuppressed(rule, result))) break;
        return status;
      }
      case RuleAction.Goto: {
        const target = ruleAt(rule.family, rule.gotoPriority);
        if (target != 0) at = target;
        break;
      }
      case RuleAction.Blackhole:
        return FibStatus.Invalid;
      case RuleAction.Unreachable:
        return FibStatus.NetUnreachable;
      case RuleAction.Prohibit:
        return FibStatus.Prohibited;
      default:
        break;
    }
  }
  return FibStatus.Again;
}

function ruleAt(family: u32, priority: u32): usize {
  let at = firstRule;
  while (at != 0) {
    const rule = changetype<PolicyRule>(at);
    if (rule.family == family && rule.priority == priority) return at;
    at = rule.next;
  }
  return 0;
}

/** fib_rule_match with fib4_rule_match and fib6_rule_match. */
function matches(rule: PolicyRule, flow: FlowKey): bool {
  if (rule.inDevice != 0 && rule.inDevice != flow.inDevice) return false;
  if (rule.outDevice != 0 && rule.outDevice != flow.outDevice) return false;
  if (((rule.mark ^ flow.mark) & rule.markMask) != 0) return false;
  if (((rule.destination0 ^ flow.destination0) & mask0(rule.destinationLength)) != 0) return false;
  if (((rule.destination1 ^ flow.destination1) & mask1(rule.destinationLength)) != 0) return false;
  if (((rule.source0 ^ flow.source0) & mask0(rule.sourceLength)) != 0) return false;
  if (((rule.source1 ^ flow.source1) & mask1(rule.sourceLength)) != 0) return false;
  if (rule.tos != 0 && rule.tos != flow.tos) return false;
  if (rule.protocol != 0 && rule.protocol != flow.protocol) return false;
  if (rule.sourcePortTo != 0 && !isBetween(flow.sourcePort, rule.sourcePortFrom, rule.sourcePortTo)) return false;
  if (rule.destinationPortTo == 0) return true;
  return isBetween(flow.destinationPort, rule.destinationPortFrom, rule.destinationPortTo);
}

function isBetween(port: u32, from: u32, to: u32): bool {
  return port >= from && port <= to;
}

/** fib4_rule_suppress, fib6_rule_suppress: a route that the rule passes over. */
function isSuppressed(rule: PolicyRule, result: FibResult): bool {
  const entry = changetype<FibEntry>(result.entry);
  if (rule.suppressPrefixLength >= <i32>entry.prefixLength) return true;
  if (rule.suppressGroup < 0 || result.hop == 0) return false;
  return <i32>device(changetype<FibNextHop>(result.hop).device).group == rule.suppressGroup;
}
