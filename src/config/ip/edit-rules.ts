import type { IpAction } from "../../model/command.ts";
import type { PolicyRule } from "../../model/node.ts";
import { IpRefusal } from "./refusal.ts";
import { defaultRules, withoutDefaults } from "./rule.ts";

type RuleAction = Extract<IpAction, { readonly object: "rule" }>;

/**
 * `ip rule add`, `del` and `flush` (net/core/fib_rules.c).
 *
 * @param rules undefined: the kernel's own alone.
 */
export function editRules(rules: readonly PolicyRule[] | undefined, action: RuleAction): PolicyRule[] | undefined {
  const all = rules ?? [...defaultRules(4), ...defaultRules(6)];
  if (action.verb === "flush") {
    // The rule that looks up table local stays.
    return withoutDefaults(all.filter(({ family, priority }) => family !== action.family || priority === 0));
  }
  const { rule, hasPriority } = action;
  if (action.verb === "del") {
    const found = all.findIndex((each) => isSelected(each, rule, hasPriority));
    if (found < 0) throw new IpRefusal("RTNETLINK answers: No such file or directory");
    return withoutDefaults(all.filter((_, i) => i !== found));
  }
  const placed = hasPriority ? rule : { ...rule, priority: defaultPriority(all, rule) };
  if (all.some((each) => isSelected(each, placed, true) && each.table === placed.table)) {
    throw new IpRefusal("RTNETLINK answers: File exists");
  }
  const before = all.filter(({ priority }) => priority <= placed.priority);
  return withoutDefaults([...before, placed, ...all.filter(({ priority }) => priority > placed.priority)]);
}

/** One less than the second rule's (fib_default_rule_pref). */
function defaultPriority(rules: readonly PolicyRule[], { family }: PolicyRule): number {
  const own = rules.filter((each) => each.family === family).sort((a, b) => a.priority - b.priority);
  const second = own[1]?.priority ?? 0;
  return second === 0 ? 0 : second - 1;
}

/** Does a rule have all that the other one names? */
function isSelected(rule: PolicyRule, wanted: PolicyRule, hasPriority: boolean): boolean {
  if (rule.family !== wanted.family || rule.action !== wanted.action || rule.invert !== wanted.invert) return false;
  if (hasPriority && rule.priority !== wanted.priority) return false;
  if (wanted.table !== 0 && rule.table !== wanted.table) return false;
  const { family, priority, action, invert, table, ...selectors } = wanted;
  return Object.entries(selectors).every(
    ([name, value]) => value === undefined || JSON.stringify(rule[name as keyof PolicyRule]) === JSON.stringify(value),
  );
}
