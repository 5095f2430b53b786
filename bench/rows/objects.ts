import { kubeProxyNode, parseObjects } from "../../src/index.ts";
import { measure } from "../measure.ts";
import type { Row } from "../row.ts";

const MODES = ["iptables", "ipvs"] as const;
const ENDPOINTS = 10;
const NODES = 10;
const LIMIT_MS = 2_000;
const NS_PER_MS = 1e6;

/** From the JSON text of a cluster's objects to the files of a node as kube-proxy leaves it. CPU time of the whole. */
export const OBJECTS: readonly Row[] = MODES.map((mode) => ({
  id: "K1",
  name: `kube-proxy ${mode}: 10,000 Services of ${ENDPOINTS} endpoints to a node`,
  fullOnly: true,
  async run({ rounds }) {
    const files = new Map([["cluster.json", clusterJson(10_000, ENDPOINTS)]]);
    const run = () => {
      kubeProxyNode(parseObjects(files), { mode });
    };
    const measurements = await measure([{ name: mode, run }], NS_PER_MS, rounds);
    const comparisons = [{ what: "ms", value: measurements[0]!.median, limit: LIMIT_MS }];
    return { unit: "ms", measurements, comparisons };
  },
}));

/** `kubectl get nodes,services,endpointslices -o json` of a cluster; every endpoint's text is another one. */
function clusterJson(services: number, endpoints: number): string {
  const items: unknown[] = [
    {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: "worker-0" },
      spec: { podCIDR: "10.128.0.0/24" },
      status: { addresses: [{ type: "InternalIP", address: "192.168.0.2" }] },
    },
  ];
  for (let i = 0; i < services; i++) {
    const name = `service-${i}`;
    items.push({
      apiVersion: "v1",
      kind: "Service",
      metadata: { namespace: "load", name },
      spec: {
        clusterIP: addressOf("172.16", i),
        ports: [{ name: "http", port: 80, protocol: "TCP", targetPort: 8080 }],
      },
    });
    items.push({
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { namespace: "load", name: `${name}-x1`, labels: { "kubernetes.io/service-name": name } },
      addressType: "IPv4",
      ports: [{ name: "http", port: 8080, protocol: "TCP" }],
      endpoints: Array.from({ length: endpoints }, (_, k) => ({
        addresses: [addressOf("10.128", i * endpoints + k)],
        conditions: { ready: true, serving: true, terminating: false },
        nodeName: `worker-${k % NODES}`,
      })),
    });
  }
  return JSON.stringify({ apiVersion: "v1", kind: "List", items });
}

/** The address with a number in the networks from `A.B.0.0` on. */
function addressOf(first: string, number: number): string {
  const [a, b] = first.split(".").map(Number) as [number, number];
  return `${a}.${b + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`;
}
