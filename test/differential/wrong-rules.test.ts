import { describe, expect, it } from "vitest";
import { compareWrongRules } from "./wrong-rules.ts";

describe("rules with something wrong", () => {
  it("are refused where the machine's own iptables refuses them, and mostly in its words", async () => {
    const { compared, refused, decisions, words } = await compareWrongRules(150, 1);
    expect(decisions).toEqual([]);
    expect(compared).toBeGreaterThan(100);
    expect(words.length).toBeLessThan(refused / 10);
  });
});
