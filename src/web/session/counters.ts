import type { Walk } from "../../index.ts";

const FILES: Readonly<Record<number, string>> = { 4: "iptables.save", 6: "ip6tables.save" };

/**
 * Counters of the rules and policies that walks met, as `iptables-save -c` prints them, by the places of their steps.
 *
 * @param state the node's state after the packet.
 */
export function countersOf(walks: readonly Walk[], state: ReadonlyMap<string, string>): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { steps, headers } of walks) {
    const text = state.get(FILES[headers?.family ?? 4]!);
    if (text === undefined) continue;
    for (const step of steps) if (step.step === "rule") found[step.place] ??= counterAt(text, step.place) ?? "";
  }
  return Object.fromEntries(Object.entries(found).filter(([, counter]) => counter !== ""));
}

/** @param place `filter:FORWARD:rule:3` or `filter:FORWARD:policy:4`. */
function counterAt(saved: string, place: string): string | undefined {
  const [table, chain, kind, number] = place.split(":");
  const start = saved.indexOf(`*${table}\n`);
  if (start < 0) return undefined;
  const lines = saved.slice(start, saved.indexOf("\nCOMMIT", start)).split("\n");
  if (kind === "policy") return lines.find((line) => line.startsWith(`:${chain} `))?.split(" ")[2];
  const rules = lines.filter((line) => line.slice(line.indexOf("]") + 2).startsWith(`-A ${chain} `));
  return rules[Number(number) - 1]?.split(" ")[0];
}
