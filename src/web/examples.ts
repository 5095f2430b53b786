import type { DroppedFile } from "./session/inputs.ts";
import type { PageMode } from "./session/shown.ts";

/** A built-in example: its name in the page's address, and what people read. */
export interface Example {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  /** Name of the file with its contents, where it is not its own. */
  readonly bundle?: string;
  /** kube-proxy's mode, where it is made of Kubernetes objects. */
  readonly mode?: PageMode;
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
    about: "48 Services by DNAT rules, one endpoint by chance.",
    bundle: "cluster",
    mode: "iptables",
  },
  {
    name: "cluster-ipvs",
    title: "The same cluster, kube-proxy in IPVS mode",
    about: "The same Services by virtual services and a scheduler.",
    bundle: "cluster",
    mode: "ipvs",
  },
  {
    name: "broken-firewall",
    title: "A broken firewall",
    about: "Connections are let in and never answered. Find the rule that is missing.",
  },
];

/** The same example in kube-proxy's other mode. */
export function inMode({ bundle }: Example, mode: PageMode | undefined): Example | undefined {
  return EXAMPLES.find((each) => bundle !== undefined && each.bundle === bundle && each.mode === mode);
}

/** Fetches an example that lies beside the page. */
export async function fetchExample(name: string): Promise<DroppedFile[]> {
  const bundle = EXAMPLES.find((each) => each.name === name)?.bundle ?? name;
  const response = await fetch(`examples/${bundle}.json`);
  if (!response.ok) throw new Error(`The example ${name} is not beside the page (${response.status}).`);
  const files = (await response.json()) as Readonly<Record<string, string>>;
  return Object.entries(files).map(([path, base64]) => ({
    path,
    bytes: Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)),
  }));
}
