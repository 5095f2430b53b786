import { describe, expect, it } from "vitest";
import { compareResults } from "./compare/index.ts";
import { type RecordedScenario, selectScenarios } from "./corpus.ts";
import { replayScenario } from "./replay.ts";

const scenarios = new Map(selectScenarios(["kube"]).map((scenario) => [scenario.id, scenario]));

/** Recorded in both modes of kube-proxy with the same Services and clients; the servers that answer are those each chose. */
const RECORDED_TWICE = [
  { of: "cluster-ip", family: "" },
  { of: "cluster-ip", family: "-v6" },
  { of: "internal-local", family: "" },
  { of: "node-port", family: "" },
  { of: "node-port", family: "-v6" },
  { of: "session-affinity", family: "" },
  { of: "session-affinity", family: "-v6" },
].flatMap(({ of, family }) => [
  { captured: `kube/${of}-iptables${family}`, played: `kube/${of}-ipvs${family}` },
  { captured: `kube/${of}-ipvs${family}`, played: `kube/${of}-iptables${family}` },
]);

describe.each(RECORDED_TWICE)("the capture of $captured on the node of $played", ({ captured, played }) => {
  const { node, expected, masks } = scenarios.get(played)!;
  const mixed: Pick<RecordedScenario, "node"> = {
    node: new Map(node).set("in.pcapng", scenarios.get(captured)!.node.get("in.pcapng")!),
  };

  it("with replies retargeted ends in every packet and counter as the kernel did there", async () => {
    expect(compareResults(expected, await replayScenario(mixed, { replies: "retarget" }), masks)).toEqual([]);
  });

  it("as captured does not: the replies come from servers that were not chosen", async () => {
    expect(compareResults(expected, await replayScenario(mixed, { replies: "capture" }), masks)).not.toEqual([]);
  });
});
