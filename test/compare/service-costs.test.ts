import { describe, expect, it } from "vitest";
import { clusterObjects } from "../../scripts/example-cluster.ts";
import { kubeProxyNode, parseNode, parseObjects, serviceCosts } from "../../src/index.ts";
import { nodeFiles } from "../support/node-files.ts";

/** A node of a cluster with so many Services, as kube-proxy sets it up. */
function clusterNode(services: number, mode: "iptables" | "ipvs") {
  const objects = parseObjects(new Map([["objects.yaml", clusterObjects(services)]]));
  const { files } = kubeProxyNode(objects, { mode });
  const encoder = new TextEncoder();
  return parseNode(
    new Map([...files].map(([name, text]) => [name, typeof text === "string" ? encoder.encode(text) : text])),
  );
}

describe("what new connections cost", () => {
  it("grows by a rule with each Service before it in iptables mode, and not at all in IPVS mode", async () => {
    const iptables = await serviceCosts(clusterNode(30, "iptables"));
    const ipvs = await serviceCosts(clusterNode(30, "ipvs"));
    expect([iptables.total, ipvs.total]).toEqual([30, 30]);
    // Which of three servers the dice choose adds some rules.
    const others = iptables.services.map(({ rules, position }) => rules - position);
    expect(Math.max(...others) - Math.min(...others)).toBeLessThanOrEqual(4);
    expect(iptables.services.every(({ ipvsLookups }) => ipvsLookups === 0)).toBe(true);
    expect(new Set(ipvs.services.map((service) => service.rules)).size).toBe(1);
    expect(ipvs.services.every(({ ipvsLookups }) => ipvsLookups > 0)).toBe(true);
  });

  it("is asked of some of many services, the first and the last among them", async () => {
    const { total, services } = await serviceCosts(clusterNode(30, "iptables"), { most: 4 });
    expect(total).toBe(30);
    expect(services.map(({ position }) => position)).toEqual([1, 11, 20, 30]);
  });

  it("is that of the rules of any nat table, in their order", async () => {
    const rules = [
      "-A PREROUTING -d 10.0.0.1/32 -p tcp -m tcp --dport 443 -j DNAT --to-destination 10.1.0.9:8443",
      "-A PREROUTING -d 10.0.0.1/32 -p udp -m udp --dport 53 -j DNAT --to-destination 10.1.0.9:5353",
      "-A PREROUTING -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.1.0.9",
    ];
    const node = parseNode(nodeFiles({ "iptables.save": `*nat\n${rules.join("\n")}\nCOMMIT\n` }));
    expect(await serviceCosts(node)).toEqual({
      total: 2,
      services: [
        { service: "tcp 10.0.0.1:443", position: 1, rules: 1, ipvsLookups: 0 },
        { service: "udp 10.0.0.1:53", position: 2, rules: 2, ipvsLookups: 0 },
      ],
    });
  });

  it("is nothing on a node without services", async () => {
    expect(await serviceCosts(parseNode(nodeFiles()))).toEqual({ total: 0, services: [] });
  });
});
