import type { Distribution, FlowSide, NodeTotals } from "./comparison.ts";
import type { FateWord } from "./difference.ts";
import type { Side } from "./side.ts";

/** What a node did with the conversations of a capture, summed up. */
export function nodeTotals(flows: readonly FlowSide[], side: Side): NodeTotals {
  const fates: Partial<Record<FateWord, number>> = {};
  for (const { fate } of flows) fates[fate] = (fates[fate] ?? 0) + 1;
  const carried = flows.filter(({ fate }) => fate === "forwarded" || fate === "delivered");
  const replaced = carried.filter(({ seenAs }) => seenAs !== undefined).length;
  const { node, ignored } = side.emulator;
  return {
    fates,
    clientAddress: { kept: carried.length - replaced, replaced },
    rulesPerFlow: distributionOf(flows.map(({ rules }) => rules)),
    ipvsLookupsPerFlow: distributionOf(flows.map(({ ipvsLookups }) => ipvsLookups)),
    notes: [
      ...node.warnings.map(({ message }) => message),
      ...ignored.map(({ message }) => `left out, results may differ: ${message}`),
      ...side.outcome.notes,
    ],
  };
}

export function distributionOf(numbers: readonly number[]): Distribution {
  if (numbers.length === 0) return { least: 0, median: 0, mean: 0, most: 0 };
  const sorted = numbers.toSorted((a, b) => a - b);
  const sum = sorted.reduce((total, number) => total + number, 0);
  return {
    least: sorted[0]!,
    median: sorted[(sorted.length - 1) >> 1]!,
    mean: sum / sorted.length,
    most: sorted.at(-1)!,
  };
}
