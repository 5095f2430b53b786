// The page's built-in examples: nodes and captures of the project, packed as one JSON file each.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseIpv4 } from "../src/config/address.ts";
import { generateCapture } from "../src/generate/workload.ts";
import { clusterAddress, clusterObjects } from "./example-cluster.ts";

const PROJECT = new URL("../", import.meta.url);
const RECORDED = "test/conformance/corpus/unpacked";

/** Folders by the name that the page's address knows the example by. */
const FOLDERS = {
  "virtual-server": `${RECORDED}/ipvs/seed-example`,
  "broken-firewall": "examples/broken-firewall",
};

const SERVICES = 48;
/** Services that the clients talk to, of many one. */
const CLIENTS_TALK_TO = [0, 1, 5, 11, 23, 47];
const NODE_MAC = Uint8Array.of(2, 0, 0, 0, 0, 2);

/** File name and contents of each. */
export function bundledExamples(): [fileName: string, source: string][] {
  const folders = Object.entries(FOLDERS).map(([name, folder]) => [name, filesOf(folder)] as const);
  return [...folders, ["cluster", clusterFiles()] as const].map(([name, files]) => [
    `examples/${name}.json`,
    JSON.stringify(files),
  ]);
}

function filesOf(folder: string): Record<string, string> {
  const path = fileURLToPath(new URL(`${folder}/`, PROJECT));
  const names = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(names.map(({ name }) => [name, readFileSync(`${path}${name}`).toString("base64")]));
}

/** A cluster's objects and what its clients send to a node. */
function clusterFiles(): Record<string, string> {
  const to = CLIENTS_TALK_TO.map((number) => ({
    protocol: "tcp" as const,
    address: parseIpv4(clusterAddress(number))!,
    port: 80,
  }));
  const capture = generateCapture({ packets: 2400, flows: 60, zipf: 0, size: 100, rate: 1000, to, mac: NODE_MAC });
  const configuration =
    "kind: KubeProxyConfiguration\napiVersion: kubeproxy.config.k8s.io/v1alpha1\nclusterCIDR: 10.244.0.0/16\ndetectLocalMode: ClusterCIDR\n";
  return {
    "cluster.yaml": Buffer.from(clusterObjects(SERVICES)).toString("base64"),
    "kube-proxy.yaml": Buffer.from(configuration).toString("base64"),
    "clients.pcapng": Buffer.concat([...capture]).toString("base64"),
  };
}
