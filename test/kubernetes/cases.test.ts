import { describe, expect, it } from "vitest";
import { checkState } from "./check.ts";
import { packedCases } from "./packed.ts";

describe("kube-proxy's rules, sets and services", () => {
  for (const mode of ["iptables", "ipvs"] as const) {
    it(`agree with every ${mode} case`, () => {
      const cases = packedCases().filter(({ config }) => config.mode === mode);
      const problems = cases.flatMap((of) => checkState(of).map((problem) => `${of.name}: ${problem}`));
      expect(problems).toEqual([]);
      expect(cases.length).toBeGreaterThanOrEqual(50);
    });
  }
});
