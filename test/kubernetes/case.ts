import { parseNetwork } from "../../src/kubernetes/addresses.ts";
import {
  DEFAULT_CONFIGURATION,
  type LocalDetection,
  type ProxyConfiguration,
} from "../../src/kubernetes/configuration.ts";
import { parseDocuments } from "../../src/kubernetes/documents.ts";
import { type FactOptions, factsOf, proxierOf } from "../../src/kubernetes/generate.ts";
import { readObjects } from "../../src/kubernetes/objects.ts";
import type { Proxier } from "../../src/kubernetes/proxier.ts";
import type { Family } from "../../src/model/address.ts";

/** A recorded case of the kube-proxy corpus: objects and configuration, and what must come of them. */
export interface ProxyCase {
  readonly name: string;
  readonly config: CaseConfig;
  readonly objects: readonly unknown[];
  readonly expect: CaseExpectation;
}

export interface CaseConfig {
  readonly mode: "iptables" | "ipvs" | "nftables";
  readonly ipFamily: "IPv4" | "IPv6";
  readonly nodeName: string;
  readonly nodeIP: string;
  readonly nodeAddresses: readonly string[];
  readonly detectLocal: {
    readonly mode: string;
    readonly cidr?: string;
    readonly interface?: string;
    readonly prefix?: string;
  } | null;
  readonly masqueradeAll: boolean;
  readonly masqueradeBit: number;
  readonly nodePortAddresses: readonly string[];
  readonly localhostNodePorts?: boolean;
  readonly randomFully?: boolean;
  readonly conntrackTCPBeLiberal?: boolean;
  readonly nfacct?: { readonly invalid: boolean; readonly localhost: boolean };
  readonly scheduler?: string;
  readonly strictARP?: boolean;
  readonly kernelVersion?: string;
  readonly serviceCIDRs?: readonly string[];
  readonly featureGates?: Readonly<Record<string, boolean>>;
}

export interface VirtualServer {
  readonly address: string;
  readonly port: number;
  readonly protocol: string;
  readonly scheduler: string;
  readonly persistentTimeout: number;
  readonly realServers: readonly { readonly address: string; readonly port: number; readonly weight: number }[];
}

export interface CaseFlow {
  readonly from: string;
  readonly to: string;
  readonly port: number;
  readonly proto: "TCP" | "UDP" | "SCTP";
  readonly iif?: string;
  readonly nodeOriginated?: boolean;
  readonly verified: readonly string[];
  readonly result: {
    readonly endpoints?: readonly string[];
    readonly masq?: boolean | Readonly<Record<string, boolean>>;
    readonly drop?: true;
    readonly reject?: true;
    readonly accept?: true;
    readonly pass?: true;
  };
}

export interface CaseExpectation {
  readonly flows: readonly CaseFlow[];
  readonly iptablesRestore?: readonly string[];
  readonly nftTransaction?: readonly string[];
  readonly saved?: { readonly iptablesSave?: readonly string[] };
  readonly virtualServers?: readonly VirtualServer[];
  readonly ipsets?: Readonly<Record<string, { readonly type: string; readonly entries: readonly string[] }>>;
  readonly ipsetEntriesRefusedByKernel?: readonly unknown[];
  readonly dummyAddresses?: readonly string[];
  readonly sysctls?: Readonly<Record<string, number>>;
  readonly noLocalEndpoints?: { readonly internal: number; readonly external: number };
}

export function familyOf({ config }: ProxyCase): Family {
  return config.ipFamily === "IPv4" ? 4 : 6;
}

/** The rules' inputs, as the case's configuration and objects say them. */
export function proxierOfCase(of: ProxyCase): Proxier {
  const { config } = of;
  const objects = readObjects(parseDocuments(JSON.stringify(of.objects), of.name));
  const { facts } = factsOf(objects, config.nodeName, factsOfCase(config));
  return proxierOf(objects, { configuration: configurationOf(config), facts }, familyOf(of));
}

/** What kube-proxy would find out by looking at the node. */
export function factsOfCase(config: CaseConfig): FactOptions {
  return {
    addresses: config.nodeAddresses,
    randomFully: config.randomFully ?? false,
    conntrackLiberal: config.conntrackTCPBeLiberal ?? false,
    countsInvalid: config.nfacct?.invalid ?? false,
    countsLocalhost: config.nfacct?.localhost ?? false,
    serviceCIDRs: (config.serviceCIDRs ?? []).map((text) => parseNetwork(text)!),
    kernel: config.kernelVersion ?? "6.1",
  };
}

export function configurationOf(config: CaseConfig): ProxyConfiguration {
  return {
    ...DEFAULT_CONFIGURATION,
    mode: config.mode,
    detectLocal: detectionOf(config.detectLocal),
    masqueradeAll: config.masqueradeAll,
    masqueradeBit: config.masqueradeBit,
    nodePortAddresses: config.nodePortAddresses,
    localhostNodePorts: config.localhostNodePorts ?? true,
    scheduler: config.scheduler ?? "rr",
    strictARP: config.strictARP ?? false,
    featureGates: new Map(Object.entries(config.featureGates ?? {})),
  };
}

function detectionOf(detect: CaseConfig["detectLocal"]): LocalDetection | undefined {
  if (detect?.cidr !== undefined) return { mode: "ClusterCIDR", networks: [parseNetwork(detect.cidr)!] };
  if (detect?.interface !== undefined) return { mode: "BridgeInterface", interface: detect.interface };
  if (detect?.prefix !== undefined) return { mode: "InterfaceNamePrefix", prefix: detect.prefix };
  return undefined;
}
