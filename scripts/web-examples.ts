// The page's built-in examples: nodes and captures of the project, packed as one JSON file each.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const PROJECT = new URL("../", import.meta.url);
const RECORDED = "test/conformance/corpus/unpacked";

/** Folders by the name that the page's address knows the example by. */
const FOLDERS = {
  "virtual-server": `${RECORDED}/ipvs/seed-example`,
  "cluster-iptables": `${RECORDED}/kube/cluster-ip-iptables`,
  "cluster-ipvs": `${RECORDED}/kube/cluster-ip-ipvs`,
  "broken-firewall": "examples/broken-firewall",
};

/** File name and contents of each. */
export function bundledExamples(): [fileName: string, source: string][] {
  return Object.entries(FOLDERS).map(([name, folder]) => [`examples/${name}.json`, packed(folder)]);
}

function packed(folder: string): string {
  const path = fileURLToPath(new URL(`${folder}/`, PROJECT));
  const names = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isFile());
  const files = names.map(({ name }) => [name, readFileSync(`${path}${name}`).toString("base64")]);
  return JSON.stringify(Object.fromEntries(files));
}
