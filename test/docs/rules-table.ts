import { PcapngWriter } from "../../src/capture/index.ts";
import { type Comparison, compareNodes, kubeProxyNode, parseNode, parseObjects } from "../../src/index.ts";
import { frameTo } from "../support/frames.ts";

/** Cluster sizes of the table. */
export const SIZES = [10, 100, 1000, 10_000];
/** Services that get a connection, evenly chosen, the first and the last among them. */
const MOST_ASKED = 100;
const ETHERNET = 1;
/** MAC address of eth0 of the node that kubeProxyNode makes up. */
const NODE_MAC = "02:00:00:00:00:02";

/** What the first packet of a connection costs with so many Services, in both modes. */
export interface RulesRow {
  readonly services: number;
  readonly iptables: Comparison["nodes"]["a"]["rulesPerFlow"];
  readonly ipvs: Comparison["nodes"]["a"]["rulesPerFlow"];
  readonly lookups: Comparison["nodes"]["a"]["ipvsLookupsPerFlow"];
}

/** Makes a cluster of Services with two endpoints each, both modes' nodes, and asks Services evenly chosen. */
export async function rulesRow(services: number): Promise<RulesRow> {
  const objects = parseObjects(new Map([["cluster.json", JSON.stringify(clusterOf(services))]]));
  const nodeOf = (mode: "iptables" | "ipvs") => parseNode(asBytes(kubeProxyNode(objects, { mode }).files));
  const asked = Math.min(services, MOST_ASKED);
  const numbers = Array.from({ length: asked }, (_, i) => Math.round((i * (services - 1)) / (asked - 1)));
  const { nodes } = await compareNodes(nodeOf("iptables"), nodeOf("ipvs"), captureOf(numbers));
  return {
    services,
    iptables: nodes.a.rulesPerFlow,
    ipvs: nodes.b.rulesPerFlow,
    lookups: nodes.b.ipvsLookupsPerFlow,
  };
}

/** The table in Markdown. */
export function rulesTable(rows: readonly RulesRow[]): string {
  const head = ["Services", "iptables: rules", "mean", "IPVS mode: rules", "IPVS look-ups"];
  const cells = rows.map(({ services, iptables, ipvs, lookups }) => [
    services.toLocaleString("en"),
    `${iptables.least} to ${iptables.most.toLocaleString("en")}`,
    Math.round(iptables.mean).toLocaleString("en"),
    ipvs.least === ipvs.most ? String(ipvs.least) : `${ipvs.least} to ${ipvs.most}`,
    lookups.least === lookups.most ? String(lookups.least) : `${lookups.least} to ${lookups.most}`,
  ]);
  return [head, head.map(() => "---:"), ...cells].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

function asBytes(files: ReadonlyMap<string, string | Uint8Array>): Map<string, Uint8Array> {
  const encoder = new TextEncoder();
  return new Map([...files].map(([name, file]) => [name, typeof file === "string" ? encoder.encode(file) : file]));
}

function addressOf(number: number): string {
  return `10.96.${number >> 8}.${number & 0xff}`;
}

function clusterOf(services: number): unknown {
  const node = {
    kind: "Node",
    apiVersion: "v1",
    metadata: { name: "worker" },
    spec: { podCIDR: "10.244.1.0/24" },
    status: { addresses: [{ type: "InternalIP", address: "192.168.10.5" }] },
  };
  const each = Array.from({ length: services }, (_, number) => serviceOf(number)).flat();
  return { kind: "List", apiVersion: "v1", items: [node, ...each] };
}

function serviceOf(number: number): unknown[] {
  const name = `s${String(number).padStart(5, "0")}`;
  const clusterIP = addressOf(number);
  const endpoints = [0, 1].map((pod) => ({
    addresses: [`10.244.${2 + ((2 * number + pod) >> 8)}.${(2 * number + pod) & 0xff}`],
    nodeName: "other",
  }));
  return [
    {
      kind: "Service",
      apiVersion: "v1",
      metadata: { name, namespace: "default" },
      spec: { clusterIP, clusterIPs: [clusterIP], ports: [{ port: 80, protocol: "TCP" }] },
    },
    {
      kind: "EndpointSlice",
      apiVersion: "discovery.k8s.io/v1",
      metadata: { name: `${name}-1`, namespace: "default", labels: { "kubernetes.io/service-name": name } },
      addressType: "IPv4",
      ports: [{ port: 8080, protocol: "TCP" }],
      endpoints,
    },
  ];
}

/** A SYN to each of these Services. */
function captureOf(numbers: readonly number[]): Uint8Array {
  const writer = new PcapngWriter([{ name: "eth0", linkType: ETHERNET }]);
  for (const [i, number] of numbers.entries()) {
    const bytes = frameTo(NODE_MAC, `tcp 10.1.0.9:${10_000 + i} > ${addressOf(number)}:80 S`);
    writer.write({ interface: 0, timeHigh: 0, timeLow: i * 1_000_000, bytes, wireLength: bytes.length });
  }
  return writer.take();
}
