import { describe, expect, it } from "vitest";
import { answerQuestion, type RuleQuestion } from "../../src/tools/record.ts";

const RULE: RuleQuestion = { kind: "rule", family: "ipv4", table: "filter", chain: "INPUT", rule: "" };

describe("a question about a rule", () => {
  it.each([
    { rule: "-p tcp --dport http -j ACCEPT", canonical: "-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT" },
    { rule: "-s 10.0.0.1,10.0.0.2", canonical: "-A INPUT -s 10.0.0.1/32\n-A INPUT -s 10.0.0.2/32" },
    {
      rule: "-m cluster --cluster-total-nodes 2 --cluster-local-node 1 --cluster-hash-seed 1",
      canonical:
        "-A INPUT -m cluster --cluster-local-nodemask 0x00000001 --cluster-total-nodes 2 --cluster-hash-seed 0x00000001",
    },
    { rule: "-p dccp -m dccp --sport :4", canonical: "-A INPUT -p dccp -m dccp --sport 0:4" },
    { rule: "-m policy --dir in", canonical: "-A INPUT -m policy --dir in --pol ipsec" },
    { rule: "-6 -s ::1 -j ACCEPT", canonical: "" },
  ])("accepts $rule and saves it as $canonical", async ({ rule, canonical }) => {
    expect(await answerQuestion({ ...RULE, rule })).toEqual({ ok: true, canonical });
  });

  it.each([
    { rule: "-j IPVS", error: "Couldn't load target `IPVS'" },
    { rule: "-m set --match-set s src", error: "Set s doesn't exist" },
    { rule: "-p tcp --dport 70000", error: "invalid port/service `70000' specified" },
    { rule: "-ptcp", error: 'unknown protocol "-ptcp" specified' },
    { rule: "-m connlabel --label 128", error: "iptables: Numerical result out of range." },
  ])("refuses $rule", async ({ rule, error }) => {
    expect(await answerQuestion({ ...RULE, rule })).toEqual({ ok: false, error: expect.stringContaining(error) });
  });

  it("takes sets, chains and estimators for granted that the question names", async () => {
    const setup = ["ipset create s hash:ip", "user chain u exists in table filter", "rate estimator RE1 exists"];
    const rule = "-m set --match-set s src -m rateest --rateest RE1 --rateest-gt --rateest-bps 5kbit -j u";
    expect(await answerQuestion({ ...RULE, rule, setup })).toEqual({
      ok: true,
      canonical: `-A INPUT ${rule.replace("5kbit", "5000bit")}`,
    });
  });
});
