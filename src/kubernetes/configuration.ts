import { SCHEDULERS } from "../config/ipvs/command.ts";
import { type Network, parseNetwork, readAddress } from "./addresses.ts";
import { unknownFields } from "./configuration-fields.ts";
import { type Document, parseDocuments } from "./documents.ts";
import { ObjectError, type ObjectWarning } from "./error.ts";
import { Fields } from "./fields.ts";

export const MODES = ["iptables", "ipvs", "nftables"] as const;
/** kube-proxy's mode. */
export type ProxyMode = (typeof MODES)[number];

/** How kube-proxy tells traffic of pods from others: `detectLocalMode`, with what it needs. */
export type LocalDetection =
  | { readonly mode: "ClusterCIDR"; readonly networks: readonly Network[] }
  | { readonly mode: "NodeCIDR" }
  | { readonly mode: "BridgeInterface"; readonly interface: string }
  | { readonly mode: "InterfaceNamePrefix"; readonly prefix: string };

/** What of a KubeProxyConfiguration decides what is written into the node. */
export interface ProxyConfiguration {
  readonly mode?: ProxyMode;
  /** How kube-proxy tells traffic of pods from others; undefined: not at all. */
  readonly detectLocal?: LocalDetection;
  readonly masqueradeAll: boolean;
  /** Bit of the packet mark that asks for masquerading. */
  readonly masqueradeBit: number;
  /** CIDRs, or the word `primary`. */
  readonly nodePortAddresses: readonly string[];
  readonly localhostNodePorts: boolean;
  readonly scheduler: string;
  readonly excludeCIDRs: readonly Network[];
  readonly strictARP: boolean;
  /** Seconds; 0 keeps the kernel's. */
  readonly ipvsTimeouts: { readonly tcp: number; readonly tcpFin: number; readonly udp: number };
  readonly conntrackLiberal: boolean;
  /** Seconds; undefined: kube-proxy's default, 0: the kernel's. */
  readonly conntrackEstablished?: number;
  readonly conntrackCloseWait?: number;
  readonly conntrackUdp?: number;
  readonly conntrackUdpStream?: number;
  /** Entries of conntrack for each processor, and at least so many; 0: the kernel's. */
  readonly conntrackMaxPerCore: number;
  readonly conntrackMin: number;
  readonly bindAddress?: string;
  readonly hostname?: string;
  readonly featureGates: ReadonlyMap<string, boolean>;
  /** Fields that kube-proxy does not know, and passes over. */
  readonly warnings: readonly ObjectWarning[];
}

const DEFAULT_MASQUERADE_BIT = 14;
const DEFAULT_MAX_PER_CORE = 32768;
const DEFAULT_CONNTRACK_MIN = 131072;
const MAX_INT32 = 2 ** 31 - 1;

export const DEFAULT_CONFIGURATION: ProxyConfiguration = readConfiguration(new Fields({}, "KubeProxyConfiguration"));

/**
 * Reads a KubeProxyConfiguration: the file itself, or a ConfigMap that holds it (`config.conf` of kubeadm's `kube-proxy`).
 *
 * @param file its name, for messages.
 * @throws ObjectError when it is none, or a field holds what kube-proxy would refuse: with field, file, line and column.
 * @example
 *   const configuration = parseConfiguration("kind: KubeProxyConfiguration\napiVersion: ...\nmode: ipvs", "config.yaml");
 */
export function parseConfiguration(text: string, file: string): ProxyConfiguration {
  const documents = parseDocuments(text, file).flatMap((document) => inConfigMap(document));
  const [document, second] = documents.filter(({ kind }) => kind === "KubeProxyConfiguration");
  if (!document) throw new ObjectError("KubeProxyConfiguration", "", "there is none in this file", { file });
  if (second) second.fields.fail("", "is the second one in this file");
  return readConfiguration(document.fields);
}

function inConfigMap(document: Document): Document[] {
  if (document.kind !== "ConfigMap") return [document];
  return [...document.fields.entries("data")].flatMap(([key, value]) =>
    typeof value === "string" && value.includes("KubeProxyConfiguration")
      ? parseDocuments(value, `${document.fields.object}, data.${key}`)
      : [],
  );
}

function readConfiguration(fields: Fields): ProxyConfiguration {
  const mode = fields.choice("mode", MODES);
  const iptables = fields.fields("iptables");
  const nftables = fields.fields("nftables");
  const ipvs = fields.fields("ipvs");
  const conntrack = fields.fields("conntrack");
  // IPVS mode has no settings of its own for masquerading.
  const own = mode === "nftables" ? nftables : iptables;
  return {
    mode,
    detectLocal: readDetection(fields),
    masqueradeAll: own.boolean("masqueradeAll") ?? false,
    masqueradeBit: own.integer("masqueradeBit", 0, 31) ?? DEFAULT_MASQUERADE_BIT,
    nodePortAddresses: readNodePortAddresses(fields),
    localhostNodePorts: iptables.boolean("localhostNodePorts") ?? true,
    scheduler: readScheduler(ipvs),
    excludeCIDRs: ipvs.strings("excludeCIDRs").map((text, i) => networkOf(ipvs, `excludeCIDRs[${i}]`, text)),
    strictARP: ipvs.boolean("strictARP") ?? false,
    ipvsTimeouts: {
      tcp: readDuration(ipvs, "tcpTimeout") ?? 0,
      tcpFin: readDuration(ipvs, "tcpFinTimeout") ?? 0,
      udp: readDuration(ipvs, "udpTimeout") ?? 0,
    },
    conntrackLiberal: conntrack.boolean("tcpBeLiberal") ?? false,
    conntrackEstablished: readDuration(conntrack, "tcpEstablishedTimeout"),
    conntrackCloseWait: readDuration(conntrack, "tcpCloseWaitTimeout"),
    conntrackUdp: readDuration(conntrack, "udpTimeout"),
    conntrackUdpStream: readDuration(conntrack, "udpStreamTimeout"),
    conntrackMaxPerCore: conntrack.integer("maxPerCore", 0, MAX_INT32) ?? DEFAULT_MAX_PER_CORE,
    conntrackMin: conntrack.integer("min", 0, MAX_INT32) ?? DEFAULT_CONNTRACK_MIN,
    bindAddress: readBindAddress(fields),
    hostname: fields.string("hostnameOverride") || undefined,
    featureGates: readGates(fields),
    warnings: unknownFields(fields),
  };
}

function readScheduler(ipvs: Fields): string {
  const scheduler = ipvs.string("scheduler") || "rr";
  const known = SCHEDULERS.filter((name) => name !== "none");
  if (known.includes(scheduler)) return scheduler;
  return ipvs.fail("scheduler", `the kernel has no scheduler \`${scheduler}' (${known.join(" ")})`);
}

function readBindAddress(fields: Fields): string | undefined {
  const text = fields.string("bindAddress");
  return text ? readAddress(fields, "bindAddress", text) : undefined;
}

function readDetection(fields: Fields): LocalDetection | undefined {
  const modes = ["ClusterCIDR", "NodeCIDR", "BridgeInterface", "InterfaceNamePrefix"] as const;
  const detectLocal = fields.fields("detectLocal");
  switch (fields.choice("detectLocalMode", modes) ?? "ClusterCIDR") {
    case "ClusterCIDR": {
      const texts = (fields.string("clusterCIDR") ?? "").split(",").filter((text) => text.trim() !== "");
      const networks = texts.map((text) => networkOf(fields, "clusterCIDR", text));
      return networks.length > 0 ? { mode: "ClusterCIDR", networks } : undefined;
    }
    case "NodeCIDR":
      return { mode: "NodeCIDR" };
    case "BridgeInterface": {
      const name = detectLocal.string("bridgeInterface") || detectLocal.fail("bridgeInterface", "missing");
      return { mode: "BridgeInterface", interface: name };
    }
    case "InterfaceNamePrefix": {
      const prefix = detectLocal.string("interfaceNamePrefix") || detectLocal.fail("interfaceNamePrefix", "missing");
      return { mode: "InterfaceNamePrefix", prefix };
    }
  }
}

function readNodePortAddresses(fields: Fields): readonly string[] {
  const texts = fields.strings("nodePortAddresses");
  texts.forEach((text, i) => {
    if (text !== "primary") networkOf(fields, `nodePortAddresses[${i}]`, text);
  });
  if (texts.includes("primary") && texts.length > 1) fields.fail("nodePortAddresses", "`primary' must stand alone");
  return texts;
}

function networkOf(fields: Fields, name: string, text: string): Network {
  return parseNetwork(text) ?? fields.fail(name, `\`${text}' is no network (ADDRESS/LENGTH)`);
}

function readGates(fields: Fields): Map<string, boolean> {
  const gates = new Map<string, boolean>();
  for (const [name, value] of fields.entries("featureGates")) {
    if (typeof value !== "boolean") fields.fail(`featureGates.${name}`, "expected true or false");
    gates.set(name, value as boolean);
  }
  return gates;
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 1e-3, us: 1e-6, ns: 1e-9 };

/** A duration as Go writes it (`1h30m`), in seconds. */
function readDuration(fields: Fields, name: string): number | undefined {
  const text = fields.string(name);
  if (text === undefined || text === "") return undefined;
  if (text === "0") return 0;
  if (!/^(?:[0-9]+(?:\.[0-9]+)?(?:h|ms|us|ns|m|s))+$/.test(text))
    fields.fail(name, `\`${text}' is no duration (1h30m)`);
  const parts = text.matchAll(/([0-9.]+)(h|ms|us|ns|m|s)/g);
  return [...parts].reduce((sum, [, number, unit]) => sum + Number(number) * UNIT_SECONDS[unit!]!, 0);
}
