import type { Family } from "../model/address.ts";
import { familyOfText, type Network, readAddress, readNetwork } from "./addresses.ts";
import type { Fields } from "./fields.ts";

export type Protocol = "TCP" | "UDP" | "SCTP";

const PROTOCOLS: readonly Protocol[] = ["TCP", "UDP", "SCTP"];
const MAX_PORT = 65535;
/** What the API fills in for ClientIP affinity. */
const DEFAULT_AFFINITY_SECONDS = 10800;
const MAX_AFFINITY_SECONDS = 86400;

export interface ServicePortSpec {
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
  /** 0 for none. */
  readonly nodePort: number;
  /** Path in the object, for messages. */
  readonly field: string;
}

export interface LoadBalancerIngress {
  readonly address: string;
  /** `ipMode: Proxy`: the load balancer hands over to the node's own address. */
  readonly isProxied: boolean;
}

/** A Service as far as kube-proxy looks at it. Addresses are canonical text. */
export interface Service {
  readonly object: string;
  readonly namespace: string;
  readonly name: string;
  readonly labels: ReadonlyMap<string, unknown>;
  readonly type: "ClusterIP" | "NodePort" | "LoadBalancer" | "ExternalName";
  /** Empty for headless Services. */
  readonly clusterIPs: readonly string[];
  readonly isHeadless: boolean;
  readonly ports: readonly ServicePortSpec[];
  readonly externalIPs: readonly string[];
  readonly ingress: readonly LoadBalancerIngress[];
  readonly sourceRanges: readonly Network[];
  /** Seconds of ClientIP affinity; undefined without. */
  readonly affinitySeconds?: number;
  readonly isExternalLocal: boolean;
  readonly isInternalLocal: boolean;
  /** 0 for none. */
  readonly healthCheckNodePort: number;
  /** Asks for near endpoints (`spec.trafficDistribution`, or the older annotation); the slices' hints then say which. */
  readonly wantsNear?: string;
}

/** @throws ObjectError */
export function readService(fields: Fields): Service {
  const metadata = fields.fields("metadata");
  const spec = fields.fields("spec");
  const clusterIPs = readClusterIPs(spec);
  const policy = (name: string) => spec.choice(name, ["Cluster", "Local"]) === "Local";
  return {
    object: fields.object,
    namespace: metadata.string("namespace") ?? "default",
    name: metadata.required("name", metadata.string("name")),
    labels: metadata.entries("labels"),
    type: spec.choice("type", ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]) ?? "ClusterIP",
    clusterIPs: clusterIPs.filter((text) => text !== "None"),
    isHeadless: clusterIPs[0] === "None",
    ports: spec.list("ports").map(readPort),
    externalIPs: spec.strings("externalIPs").map((text, i) => readAddress(spec, `externalIPs[${i}]`, text)),
    ingress: readIngress(fields.fields("status").fields("loadBalancer")),
    sourceRanges: spec
      .strings("loadBalancerSourceRanges")
      .map((text, i) => readNetwork(spec, `loadBalancerSourceRanges[${i}]`, text)),
    affinitySeconds: readAffinity(spec),
    isExternalLocal: policy("externalTrafficPolicy"),
    isInternalLocal: policy("internalTrafficPolicy"),
    healthCheckNodePort: spec.integer("healthCheckNodePort", 0, MAX_PORT) ?? 0,
    wantsNear: readDistribution(spec, metadata),
  };
}

const TOPOLOGY_MODE = "service.kubernetes.io/topology-mode";

function readDistribution(spec: Fields, metadata: Fields): string | undefined {
  const distribution = spec.string("trafficDistribution");
  if (distribution) return `spec.trafficDistribution ${distribution}`;
  const mode = metadata.entries("annotations").get(TOPOLOGY_MODE);
  return mode === "Auto" || mode === "auto" ? `annotation ${TOPOLOGY_MODE}` : undefined;
}

/** One address a family; `clusterIP` alone is the older form. */
function readClusterIPs(spec: Fields): string[] {
  const listed = spec.strings("clusterIPs");
  const single = spec.string("clusterIP");
  const [name, texts] = listed.length > 0 ? ["clusterIPs", listed] : ["clusterIP", single ? [single] : []];
  const fieldOf = (i: number) => (name === "clusterIPs" ? `clusterIPs[${i}]` : name);
  const addresses = texts.map((text, i) => (text === "None" ? text : readAddress(spec, fieldOf(i), text)));
  const [first, second] = addresses;
  if (addresses.length > 2 || (second !== undefined && familyOfText(first!) === familyOfText(second))) {
    spec.fail(name, "may have one address of each family, no more");
  }
  return addresses;
}

function readPort(port: Fields): ServicePortSpec {
  return {
    name: port.string("name") ?? "",
    protocol: port.choice("protocol", PROTOCOLS) ?? "TCP",
    port: port.required("port", port.integer("port", 1, MAX_PORT)),
    nodePort: port.integer("nodePort", 0, MAX_PORT) ?? 0,
    field: port.path,
  };
}

function readIngress(loadBalancer: Fields): LoadBalancerIngress[] {
  return loadBalancer.list("ingress").flatMap((entry) => {
    const text = entry.string("ip");
    const isProxied = entry.choice("ipMode", ["VIP", "Proxy"]) === "Proxy";
    return text ? [{ address: readAddress(entry, "ip", text), isProxied }] : [];
  });
}

function readAffinity(spec: Fields): number | undefined {
  if (spec.choice("sessionAffinity", ["None", "ClientIP"]) !== "ClientIP") return undefined;
  const clientIP = spec.fields("sessionAffinityConfig").fields("clientIP");
  return clientIP.integer("timeoutSeconds", 1, MAX_AFFINITY_SECONDS) ?? DEFAULT_AFFINITY_SECONDS;
}

/** Protocols as the API writes them. */
export function readProtocol(fields: Fields): Protocol {
  return fields.choice("protocol", PROTOCOLS) ?? "TCP";
}

export function ofFamily(addresses: readonly string[], family: Family): string[] {
  return addresses.filter((address) => familyOfText(address) === family);
}
