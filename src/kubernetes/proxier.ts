import type { Family } from "../model/address.ts";
import { contains, familyOfText, hostNetwork, isLoopback, type Network, parseNetwork } from "./addresses.ts";
import { type Categories, categorize } from "./categorize.ts";
import type { LocalDetection, ProxyConfiguration } from "./configuration.ts";
import type { ServicePort } from "./service-port.ts";

/** Facts about the node that kube-proxy finds out by itself. */
export interface NodeFacts {
  readonly name: string;
  /** Label topology.kubernetes.io/zone. */
  readonly zone?: string;
  /** Primary address of each family that the node has. */
  readonly primary: ReadonlyMap<Family, string>;
  /** All addresses of the node's interfaces but loopback and kube-ipvs0, of both families. */
  readonly addresses: readonly string[];
  readonly podCIDRs: readonly string[];
  /** `iptables` knows --random-fully (from 1.6.2 on): kube-proxy then uses it. */
  readonly randomFully: boolean;
  /** net.netfilter.nf_conntrack_tcp_be_liberal. */
  readonly conntrackLiberal: boolean;
  /** Are there nfacct objects: kube-proxy then counts two kinds of packets with them. */
  readonly countsInvalid: boolean;
  readonly countsLocalhost: boolean;
  /** Networks of cluster IPs; only nftables mode uses them. */
  readonly serviceCIDRs: readonly Network[];
  /** Kernel release: `6.1`. */
  readonly kernel: string;
}

/** A test that traffic comes from pods of this cluster or node: an iptables option and its value. */
export type Detector =
  | { readonly kind: "source"; readonly network: Network }
  | { readonly kind: "interface"; readonly name: string };

/** A service port with what of its endpoints this node may use. */
export interface ProxiedPort extends ServicePort {
  readonly usable: Categories;
}

/** Does the cluster IP lead to an endpoint from this node? */
export function hasInternal({ usable, isInternalLocal }: ProxiedPort): boolean {
  return usable.any && !(isInternalLocal && usable.local.length === 0);
}

/** Do external addresses and node ports lead clients outside to an endpoint from this node? */
export function hasExternal({ usable, isExternalLocal }: ProxiedPort): boolean {
  return usable.any && !(isExternalLocal && usable.local.length === 0);
}

/** All that the rules of one family depend on. */
export interface Proxier {
  readonly family: Family;
  readonly configuration: ProxyConfiguration;
  readonly facts: NodeFacts;
  readonly nodeIP: string;
  readonly detector?: Detector;
  readonly ports: readonly ProxiedPort[];
}

const PREFER_SAME = "PreferSameTrafficDistribution";

export function makeProxier(
  family: Family,
  configuration: ProxyConfiguration,
  facts: NodeFacts,
  ports: readonly ServicePort[],
): Proxier {
  const usesNodeHints = configuration.featureGates.get(PREFER_SAME) ?? true;
  const topology = { nodeName: facts.name, zone: facts.zone, usesNodeHints };
  return {
    family,
    configuration,
    facts,
    nodeIP: nodeAddress(family, configuration, facts),
    detector: detectorOf(family, configuration.detectLocal, facts),
    ports: ports.map((port) => ({ ...port, usable: categorize(port, topology) })),
  };
}

/** The node's primary address: what the Node object says, unless kube-proxy is bound to one; else loopback. */
function nodeAddress(family: Family, { bindAddress }: ProxyConfiguration, { primary }: NodeFacts): string {
  const isBound = bindAddress !== undefined && bindAddress !== "0.0.0.0" && bindAddress !== "::";
  if (isBound && familyOfText(bindAddress) === family) return bindAddress;
  return primary.get(family) ?? (family === 4 ? "127.0.0.1" : "::1");
}

function detectorOf(family: Family, detect: LocalDetection | undefined, facts: NodeFacts): Detector | undefined {
  switch (detect?.mode) {
    case "ClusterCIDR":
      return sourceDetector(detect.networks, family);
    case "NodeCIDR":
      return sourceDetector(
        facts.podCIDRs.map(parseNetwork).filter((network) => network !== undefined),
        family,
      );
    case "BridgeInterface":
      return { kind: "interface", name: detect.interface };
    case "InterfaceNamePrefix":
      return { kind: "interface", name: `${detect.prefix}+` };
    case undefined:
      return undefined;
  }
}

function sourceDetector(networks: readonly Network[], family: Family): Detector | undefined {
  const network = networks.find((candidate) => candidate.family === family);
  return network && { kind: "source", network };
}

/** Where node ports are open: everywhere, or in some networks (pkg/proxy/util/nodeport_addresses.go). */
export class NodePortAddresses {
  readonly matchesAll: boolean;
  readonly #networks: readonly Network[];

  constructor({ family, configuration, nodeIP }: Proxier) {
    const texts = configuration.nodePortAddresses;
    if (texts[0] === "primary") {
      this.matchesAll = false;
      this.#networks = [hostNetwork(nodeIP)];
      return;
    }
    const networks = texts.map((text) => parseNetwork(text)!).filter((network) => network.family === family);
    this.matchesAll = networks.length === 0 || networks.some(({ prefixLength }) => prefixLength === 0);
    this.#networks = networks;
  }

  /** Those of the node's addresses, loopback included, where node ports are open. */
  among(addresses: readonly string[]): string[] {
    return addresses.filter(
      (address) => this.matchesAll || this.#networks.some((network) => contains(network, address)),
    );
  }

  get hasLoopback(): boolean {
    if (this.matchesAll) return true;
    return this.#networks.some(({ text, ...network }) => {
      return isLoopback(text) || contains({ ...network, text }, network.family === 4 ? "127.0.0.0" : "::1");
    });
  }
}

export function ownAddresses({ facts, family }: Proxier): string[] {
  return facts.addresses.filter((address) => familyOfText(address) === family);
}
