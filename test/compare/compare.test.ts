import { describe, expect, it } from "vitest";
import {
  type CompareOptions,
  type Comparison,
  compareNodes,
  comparisonMarkdown,
  comparisonText,
  parseNode,
} from "../../src/index.ts";
import { selectScenarios } from "../conformance/corpus.ts";
import { frameTo, pcapngOf } from "../support/frames.ts";
import { MACS, nodeFiles } from "../support/node-files.ts";

const scenarios = new Map(selectScenarios(["kube"]).map((scenario) => [scenario.id, scenario]));

/** Both modes of kube-proxy for the same objects, on a capture that was taken in iptables mode. */
function modes(name: string, options: CompareOptions = {}): Promise<Comparison> {
  const [a, b] = ["iptables", "ipvs"].map((mode) => scenarios.get(`kube/${name}-${mode}`)!.node);
  return compareNodes(parseNode(a!), parseNode(b!), a!.get("in.pcapng")!, options);
}

/** A rule of filter on each node. */
function rules(a: string, b: string, packets: readonly string[], options: CompareOptions = {}): Promise<Comparison> {
  const [nodeA, nodeB] = [a, b].map((rule) => parseNode(nodeFiles({ "iptables.save": `*filter\n${rule}\nCOMMIT\n` })));
  const capture = pcapngOf(
    ["eth0"],
    packets.map((words) => ({ bytes: frameTo(MACS.eth0, words) })),
  );
  return compareNodes(nodeA!, nodeB!, capture, options);
}

const WEB = "tcp 10.0.0.9:1000 > 10.1.0.9:80 S";
const DNS = "udp 10.0.0.9:1000 > 10.1.0.9:53";

describe("two nodes with the same capture", () => {
  it("do the same when they are the same", async () => {
    const { node } = scenarios.get("kube/node-port-ipvs")!;
    const { differ, totals, differences } = await compareNodes(
      parseNode(node),
      parseNode(node),
      node.get("in.pcapng")!,
    );
    expect({ differ, differences }).toEqual({ differ: false, differences: [] });
    expect(totals).toEqual({ flows: totals.same, same: totals.same, otherEndpoint: 0, different: 0 });
  });

  it("differ from the packet on that only one carries on, with the rules that decided", async () => {
    const compared = await rules("-A FORWARD -p tcp", "-A FORWARD -p tcp -j REJECT --reject-with tcp-reset", [
      WEB,
      DNS,
    ]);
    expect(compared.differ).toBe(true);
    expect(compared.totals).toEqual({ flows: 2, same: 1, otherEndpoint: 0, different: 1 });
    expect(compared.differences.map(({ example, difference }) => ({ example, difference }))).toEqual([
      {
        example: "tcp 10.0.0.9:1000 > 10.1.0.9:80",
        difference: {
          kind: "fate",
          packet: 1,
          isReply: false,
          outcome: { a: "forwarded out eth1", b: "refused (TCP reset)" },
          cause: {
            a: "no rule and no virtual service translates its destination: routing sends it out eth1",
            b: "filter FORWARD:1 (-p tcp -j REJECT --reject-with tcp-reset)",
          },
          steps: {
            a: [
              "PREROUTING in eth0",
              "route onward",
              "FORWARD in eth0 out eth1",
              "filter FORWARD:1",
              "POSTROUTING in eth0 out eth1",
              "sent",
            ],
            b: [
              "PREROUTING in eth0",
              "route onward",
              "FORWARD in eth0 out eth1",
              "filter FORWARD:1 -j REJECT --reject-with tcp-reset",
              "dropped: by a rule",
            ],
          },
          partsAt: 3,
        },
      },
    ]);
  });

  it.each([
    {
      what: "told something else",
      a: "-j REJECT",
      b: "-j DROP",
      kind: "answer",
      outcome: "dropped without an answer (by a rule)",
    },
    { what: "let through", a: "-j DROP", b: "-j ACCEPT", kind: "fate", outcome: "forwarded out eth1" },
  ])("say when the sender is $what", async ({ a, b, kind, outcome }) => {
    const { differences } = await rules(`-A FORWARD ${a}`, `-A FORWARD ${b}`, [DNS]);
    expect(differences.map((group) => [group.kind, group.difference.outcome.b])).toEqual([[kind, outcome]]);
  });

  it("do the same where a rule only stands elsewhere", async () => {
    const { differ } = await rules("-A FORWARD -p tcp -j DROP", "-A FORWARD -p udp\n-A FORWARD -p tcp -j DROP", [WEB]);
    expect(differ).toBe(false);
  });
});

describe("kube-proxy's modes for the same objects", () => {
  it("choose other servers, refuse what nobody serves in IPVS mode only, and cost other look-ups", async () => {
    const { differ, totals, nodes, differences, services } = await modes("cluster-ip");
    expect({ differ, totals }).toEqual({
      differ: true,
      totals: { flows: 18, same: 4, otherEndpoint: 12, different: 2 },
    });
    expect(differences.map(({ kind, flows, example }) => [kind, flows, example])).toEqual([
      ["fate", 1, "tcp 10.134.153.20:40030 > 10.96.0.8:81"],
      ["fate", 1, "icmp 10.134.153.20 > 10.96.0.8"],
      ["endpoint", 8, "tcp 10.134.153.20:40000 > 10.96.0.8:80"],
      ["endpoint", 4, "udp 10.134.153.20:40010 > 10.96.0.11:53"],
    ]);
    expect(nodes.a.fates).toEqual({ forwarded: 18 });
    expect(nodes.b.fates).toEqual({ forwarded: 16, refused: 2 });
    expect(nodes.a.ipvsLookupsPerFlow.most).toBe(0);
    expect(nodes.b.ipvsLookupsPerFlow.median).toBe(3);
    expect(services[0]).toMatchObject({
      service: "tcp 10.96.0.8:80",
      a: { flows: 8, chosenBy: "rules of KUBE-SVC-UOIWKFBOEBDHSPNQ", fit: { degreesOfFreedom: 2 } },
      b: { flows: 8, chosenBy: "IPVS rr of TCP 10.96.0.8:80" },
    });
  });

  it("differ by the choice of a server alone only when asked", async () => {
    const onlyEndpoints = await modes("session-affinity");
    expect([onlyEndpoints.differ, onlyEndpoints.totals.different]).toEqual([false, 0]);
    expect((await modes("session-affinity", { sameEndpoints: true })).differ).toBe(true);
  });

  it("drop a load balancer's clients in IPVS mode only, where the source range is the whole world", async () => {
    const { differences } = await modes("load-balancer");
    expect(differences[0]).toMatchObject({
      kind: "fate",
      flows: 3,
      difference: {
        outcome: { b: "dropped without an answer (by a rule)" },
        cause: { b: "filter KUBE-SOURCE-RANGES-FIREWALL:2 (-j DROP)" },
      },
    });
  });
});

describe("a comparison", () => {
  it("is plain data, and printed for people and for pull requests", async () => {
    const comparison = await modes("cluster-ip", { names: { a: "iptables/", b: "ipvs/" } });
    expect(JSON.parse(JSON.stringify(comparison)).flows).toHaveLength(18);
    const text = comparisonText(comparison);
    expect(text.split("\n").filter((line) => line.length > 100)).toEqual([]);
    expect(text).toContain("2 different");
    const markdown = comparisonMarkdown(comparison);
    expect(markdown).toMatch(/^### The nodes differ\n/);
    expect(markdown.match(/<details>/g)).toHaveLength(4);
    expect(markdown.match(/<\/details>/g)).toHaveLength(4);
  });

  it("reads a stream once, and gives the same", async () => {
    const { node } = scenarios.get("kube/cluster-ip-iptables")!;
    const bytes = node.get("in.pcapng")!;
    async function* stream() {
      for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
    }
    const other = parseNode(scenarios.get("kube/cluster-ip-ipvs")!.node);
    expect(await compareNodes(parseNode(node), other, stream())).toEqual(await modes("cluster-ip"));
  });
});
