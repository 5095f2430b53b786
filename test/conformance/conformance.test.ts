import { describe, expect, it } from "vitest";
import { GROUPS, readGroup, selectScenarios } from "./corpus.ts";
import { readExceptions } from "./exceptions.ts";
import { runScenario } from "./outcome.ts";
import { describeDifference, firstDifferences } from "./print-outcome.ts";

const exceptions = readExceptions();

describe("the recorded scenarios", () => {
  it.each(GROUPS)(
    "of %s agree with the kernel, but for the exceptions that are listed",
    { timeout: 300_000 },
    async (group) => {
      const listed = new Map(exceptions.map(({ scenario, packet }) => [scenario, packet]));
      const unexpected: Record<string, string> = {};
      for (const scenario of readGroup(group)) {
        const outcome = await runScenario(scenario);
        const agrees = outcome.differences.length === 0;
        if (agrees && listed.has(scenario.id)) unexpected[scenario.id] = "agrees, but exceptions.json lists it";
        if (agrees) continue;
        const found = firstDifferences(outcome).map(describeDifference).join("\n");
        if (!listed.has(scenario.id)) unexpected[scenario.id] = found;
        else if (listed.get(scenario.id) !== outcome.differences[0]!.packet) {
          unexpected[scenario.id] = `exceptions.json gives another first packet:\n${found}`;
        }
      }
      expect(unexpected).toEqual({});
    },
  );
});

describe("the list of exceptions", () => {
  it("names each scenario once, in order, with a reason", () => {
    const ids = exceptions.map(({ scenario }) => scenario);
    expect(ids).toEqual([...new Set(ids)].sort());
    for (const { scenario, reason } of exceptions) expect([scenario, reason.length > 20]).toEqual([scenario, true]);
  });

  it("names only scenarios that exist", () => {
    const known = new Set(selectScenarios([]).map(({ id }) => id));
    expect(exceptions.filter(({ scenario }) => !known.has(scenario))).toEqual([]);
  });
});
