import { describe, expect, it } from "vitest";
import { compareDumps } from "./dump.ts";
import { compareRules } from "./rules.ts";

describe("random rules", () => {
  it("are taken, refused and saved as by the machine's own iptables", async () => {
    const { compared, accepted, differences } = await compareRules(150, 1);
    expect(differences).toEqual([]);
    expect(compared).toBeGreaterThan(100);
    expect(accepted).toBeGreaterThan(50);
  });

  it("lie in the kernel's table as `iptables -vv' shows it", async () => {
    const { compared, differences } = await compareDumps(120, 1);
    expect(differences).toEqual([]);
    expect(compared).toBeGreaterThan(50);
  });
});
