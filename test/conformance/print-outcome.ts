import type { Difference } from "./compare/results.ts";
import type { Outcome } from "./outcome.ts";

/**
 * What to look at first: the earliest packet's difference and, when the kernel's trace of the same packet differs too,
 * that line, because it says at which rule the ways part.
 */
export function firstDifferences(outcome: Outcome): readonly Difference[] {
  const [first] = outcome.differences;
  if (!first || first.packet === undefined) return first ? [first] : [];
  const trace = outcome.differences.find(({ file, packet }) => file === "trace.txt" && packet === first.packet);
  return trace && trace !== first ? [first, trace] : [first];
}

export function describeDifference({ file, text }: Difference): string {
  return `  ${file}: ${text}`;
}

/** A line for each group and one for all: how many scenarios agree of how many. */
export function agreementTable(outcomes: readonly Outcome[]): string[] {
  const groups = new Map<string, { agree: number; total: number }>();
  const all = { agree: 0, total: 0 };
  for (const { scenario, differences } of outcomes) {
    const group = groups.get(scenario.group) ?? { agree: 0, total: 0 };
    groups.set(scenario.group, group);
    for (const sum of [group, all]) {
      sum.total++;
      if (differences.length === 0) sum.agree++;
    }
  }
  return [...groups, ["all", all] as const].map(([name, { agree, total }]) => `${name.padEnd(10)} ${agree}/${total}`);
}
