import { describe, expect, it } from "vitest";
import { checkState } from "./check.ts";
import { checkFlows } from "./flows.ts";
import { packedCorpus } from "./packed.ts";
import { checkPartialSync } from "./partial-sync.ts";
import { checkSequence } from "./sequences.ts";
import { checkVectors } from "./vectors.ts";

const corpus = packedCorpus();
const cases = corpus["kube-proxy-case/1"];
const MODES = [
  { mode: "iptables", states: 50, flows: 370 },
  { mode: "ipvs", states: 78, flows: 514 },
] as const;

describe.each(MODES)("kube-proxy in $mode mode", ({ mode, states, flows }) => {
  const own = cases.filter(({ config }) => config.mode === mode);

  it(`writes the rules, sets and services of all ${states} cases`, () => {
    const problems = own.flatMap((of) => checkState(of).map((problem) => `${of.name}: ${problem}`));
    expect(problems).toEqual([]);
    expect(own).toHaveLength(states);
  });

  it(`makes a node on which all ${flows} packets of the cases end as on a real kernel`, async () => {
    const problems: string[] = [];
    let total = 0;
    for (const of of own) {
      const score = await checkFlows(of);
      problems.push(...score.problems.map((problem) => `${of.name}: ${problem}`));
      total += score.total;
    }
    expect(problems).toEqual([]);
    expect(total).toBe(flows);
  });
});

describe("kube-proxy in nftables mode", () => {
  it("writes the transactions of all 48 cases", () => {
    const own = cases.filter(({ config }) => config.mode === "nftables");
    expect(own.flatMap((of) => checkState(of).map((problem) => `${of.name}: ${problem}`))).toEqual([]);
    expect(own).toHaveLength(48);
  });
});

describe("a node of kube-proxy", () => {
  it.each(corpus["kube-proxy-sequence/1"])("goes through the sequence $name as a real one", async (sequence) => {
    expect(await checkSequence(sequence)).toEqual([]);
  });

  it("has only the chains of changed Services written after the first sync", () => {
    const [sync] = corpus["kube-proxy-partial-sync/1"];
    expect(checkPartialSync(sync!)).toEqual([]);
  });

  it("has kube-proxy's names and numbers", () => {
    const [vectors] = corpus["kube-proxy-vectors/1"];
    expect(checkVectors(vectors!)).toEqual({ total: 48, problems: [] });
  });
});
