import { describe, expect, it } from "vitest";
import { compareRules } from "./rules.ts";

describe("random rules", () => {
  it("are taken, refused and saved as by the machine's own iptables", async () => {
    const { compared, accepted, differences } = await compareRules(150, 1);
    expect(differences).toEqual([]);
    expect(compared).toBeGreaterThan(100);
    expect(accepted).toBeGreaterThan(50);
  });
});
