import type { Family } from "../model/address.ts";
import { familyOfText } from "./addresses.ts";
import type { ProxyConfiguration, ProxyMode } from "./configuration.ts";
import { ObjectError, type ObjectWarning } from "./error.ts";
import type { Generated } from "./generated.ts";
import { generateIptables } from "./iptables.ts";
import { generateIpvs } from "./ipvs.ts";
import type { ClusterObjects, NodeObject } from "./objects.ts";
import { makeProxier, type NodeFacts, type Proxier } from "./proxier.ts";
import { servicePorts } from "./service-port.ts";

const ZONE_LABEL = "topology.kubernetes.io/zone";

/** What kube-proxy runs with. */
export interface ProxyRun {
  readonly mode: ProxyMode;
  readonly configuration: ProxyConfiguration;
  readonly facts: NodeFacts;
}

export type FactOptions = Partial<Omit<NodeFacts, "name" | "zone" | "primary" | "podCIDRs">>;

/**
 * The node's facts as its Node object tells them; what it cannot know comes from `given`.
 *
 * @param name the node; may be left out where there is one Node object only.
 * @throws ObjectError when there is no such Node.
 */
export function factsOf(
  { nodes, serviceCIDRs }: ClusterObjects,
  name: string | undefined,
  given: FactOptions = {},
): { facts: NodeFacts; warnings: readonly ObjectWarning[] } {
  const wanted = name ?? (nodes.length === 1 ? nodes[0]!.name : undefined);
  if (wanted === undefined) {
    const names = nodes.map((node) => node.name).join(", ");
    const detail =
      nodes.length === 0
        ? "there is no Node object: say the node's name (--node)"
        : `several: say which one is meant (--node): ${names}`;
    throw new ObjectError("Node", "", detail);
  }
  const node = nodes.find((candidate) => candidate.name === wanted);
  const message = "no such Node object: its zone and addresses are unknown";
  const warnings = node ? [] : [{ object: `Node ${wanted}`, field: "", message }];
  return {
    facts: { ...DEFAULT_FACTS, serviceCIDRs, addresses: node?.addresses ?? [], ...identity(wanted, node), ...given },
    warnings,
  };
}

const DEFAULT_FACTS = {
  randomFully: false,
  conntrackLiberal: false,
  countsInvalid: false,
  countsLocalhost: false,
  kernel: "6.1",
} as const;

function identity(
  name: string,
  node: NodeObject | undefined,
): Pick<NodeFacts, "name" | "zone" | "primary" | "podCIDRs"> {
  const zone = node?.labels.get(ZONE_LABEL);
  const primary = new Map<Family, string>();
  for (const address of node?.addresses ?? []) {
    if (!primary.has(familyOfText(address))) primary.set(familyOfText(address), address);
  }
  return { name, zone: typeof zone === "string" ? zone : undefined, primary, podCIDRs: node?.podCIDRs ?? [] };
}

/** Families that kube-proxy has something to do in: those of the node and of its Services. */
export function familiesOf({ services }: ClusterObjects, { primary }: NodeFacts): Family[] {
  const used = new Set<Family>([
    ...primary.keys(),
    ...services.flatMap((service) => service.clusterIPs.map(familyOfText)),
  ]);
  return ([4, 6] as const).filter((family) => used.has(family));
}

/** What the rules of one family depend on. */
export function proxierOf(objects: ClusterObjects, run: Omit<ProxyRun, "mode">, family: Family): Proxier {
  const { configuration, facts } = run;
  if (configuration.detectLocal?.mode === "NodeCIDR" && facts.podCIDRs.length === 0) {
    throw new ObjectError(`Node ${facts.name}`, "spec.podCIDRs", "missing: detectLocalMode NodeCIDR needs them");
  }
  const ports = servicePorts(objects, {
    family,
    nodeName: facts.name,
    respectsIpMode: configuration.featureGates.get("LoadBalancerIPMode") ?? true,
  });
  return makeProxier(family, configuration, facts, ports);
}

/** What iptables or IPVS mode writes in one family. */
export function generate(proxier: Proxier, mode: "iptables" | "ipvs"): Generated {
  return mode === "iptables" ? generateIptables(proxier) : generateIpvs(proxier);
}
