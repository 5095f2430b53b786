import { describe, expect, it } from "vitest";
import { GROUPS, readGroup } from "./corpus.ts";
import { runScenario } from "./outcome.ts";
import { VARIANTS, variantDifference } from "./variants.ts";

describe("--no-path-cache, --no-index, --batch 1, all three together, not recording, and reading packet by packet", () => {
  it.each(GROUPS)("change no byte of what comes out, for every scenario of %s", { timeout: 300_000 }, async (group) => {
    const different: string[] = [];
    for (const scenario of readGroup(group)) {
      const outcome = await runScenario(scenario);
      for (const variant of VARIANTS) {
        const difference = await variantDifference(outcome, variant);
        if (difference) different.push(`${scenario.id}: ${difference.file}: ${difference.text}`);
      }
    }
    expect(different).toEqual([]);
  });
});
