import type { DroppedFile } from "./session/inputs.ts";

/** A built-in example: its name in the page's address, and what people read. */
export interface Example {
  readonly name: string;
  readonly title: string;
  readonly about: string;
}

export const EXAMPLES: readonly Example[] = [
  {
    name: "virtual-server",
    title: "Two web servers behind a virtual address (IPVS)",
    about: "192.168.1.100:80 is served by .101 and .102, round robin.",
  },
  {
    name: "cluster-iptables",
    title: "A Kubernetes node, kube-proxy in iptables mode",
    about: "Cluster IPs by DNAT rules, one endpoint by chance.",
  },
  {
    name: "cluster-ipvs",
    title: "The same Services, kube-proxy in IPVS mode",
    about: "Cluster IPs by virtual services and a scheduler.",
  },
  {
    name: "broken-firewall",
    title: "A broken firewall",
    about: "Connections are let in and never answered. Find the rule that is missing.",
  },
];

/** Fetches an example that lies beside the page. */
export async function fetchExample(name: string): Promise<DroppedFile[]> {
  const response = await fetch(`examples/${name}.json`);
  if (!response.ok) throw new Error(`The example ${name} is not beside the page (${response.status}).`);
  const files = (await response.json()) as Readonly<Record<string, string>>;
  return Object.entries(files).map(([path, base64]) => ({
    path,
    bytes: Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)),
  }));
}
