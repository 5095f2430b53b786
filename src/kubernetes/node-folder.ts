import { formatAddress } from "../config/address.ts";
import { printIpsetSave } from "../config/ipset/save.ts";
import { printIpvsadmSave } from "../config/ipvs/save.ts";
import type { Family } from "../model/address.ts";
import type { IpvsService } from "../model/ipvs.ts";
import { contains } from "./addresses.ts";
import { BaseNode, RULE_FILES } from "./base-node.ts";
import { checkObjects } from "./checks.ts";
import { DEFAULT_CONFIGURATION, type ProxyConfiguration, type ProxyMode } from "./configuration.ts";
import { objectMessage } from "./error.ts";
import { type FactOptions, factsOf, familiesOf, generate, proxierOf } from "./generate.ts";
import { type Generated, NOTHING } from "./generated.ts";
import { IptablesSync } from "./iptables-sync.ts";
import { mergeRules } from "./merge.ts";
import { generateNftables } from "./nftables.ts";
import { conntrackSysctls, PLAIN_SYSCTLS } from "./node-sysctls.ts";
import type { ClusterObjects } from "./objects.ts";
import { dummyDevice, dummyRoutes, plainDevices, plainNeighbours, plainRoutes } from "./plain-node.ts";
import type { Proxier } from "./proxier.ts";

/** How kube-proxy runs on the node. */
export interface KubeProxyOptions {
  /** Default: the configuration's, else iptables. */
  readonly mode?: ProxyMode;
  /** Default: what kube-proxy does without a configuration file. */
  readonly configuration?: ProxyConfiguration;
  /** Name of the node; may be left out where there is one Node object only. */
  readonly node?: string;
  /** Files of a real node, by name, to merge into. Default: a plain node is made up. */
  readonly base?: ReadonlyMap<string, Uint8Array>;
  /** What kube-proxy would find out by looking at the node. */
  readonly facts?: FactOptions;
  /**
   * The cluster before its last change. In iptables mode `iptables.restore` and `ip6tables.restore` then hold what the
   * partial sync after that change feeds to iptables-restore.
   */
  readonly since?: ClusterObjects;
}

/** A node as kube-proxy leaves it. */
export interface KubeProxyNode {
  /** Files of the node's folder, by name. */
  readonly files: ReadonlyMap<string, string | Uint8Array>;
  /** A line each: what is odd about the objects, what was made up, what the kernel refuses. */
  readonly warnings: readonly string[];
  /** Why the node cannot be emulated; only in nftables mode, whose rules are written and not evaluated. */
  readonly notEmulated?: string;
}

const NFTABLES_NOTE =
  "nftables rules are NOT EMULATED: nftables.nft holds what kube-proxy would load with nft; replaying through this node is " +
  "refused";

interface FamilyState {
  readonly family: Family;
  readonly proxier: Proxier;
  readonly generated: Generated;
  /** Commands of nftables mode. */
  readonly transaction: readonly string[];
}

/** What nftables mode would load; the emulator refuses a node that has it. */
export const NFTABLES_FILE = "nftables.nft";
const RESTORE_FILES: Readonly<Record<Family, string>> = { 4: "iptables.restore", 6: "ip6tables.restore" };
/** What has to be run on the node, in the form of `hookwalk replay --timeline`. */
const TIMELINE_FILE = "timeline.txt";

/**
 * What kube-proxy writes into a node for these objects: the node's folder, as `hookwalk collect` would have saved it after
 * a full sync.
 *
 * @throws ObjectError when the node is not known; ConfigError when a file of `base` cannot be read.
 */
export function kubeProxyNode(objects: ClusterObjects, options: KubeProxyOptions = {}): KubeProxyNode {
  const configuration = options.configuration ?? DEFAULT_CONFIGURATION;
  const mode = options.mode ?? configuration.mode ?? "iptables";
  const base = options.base && new BaseNode(options.base);
  const name = options.node ?? configuration.hostname;
  const found = factsOf(objects, name, { ...base?.facts(), ...options.facts });
  const facts = { ...found.facts, conntrackLiberal: found.facts.conntrackLiberal || configuration.conntrackLiberal };
  const states = familiesOf(objects, facts).map((family): FamilyState => {
    const proxier = proxierOf(objects, { configuration, facts }, family);
    const transaction = mode === "nftables" ? generateNftables(proxier) : [];
    return { family, proxier, generated: mode === "nftables" ? NOTHING : generate(proxier, mode), transaction };
  });
  const objectWarnings = [
    ...configuration.warnings,
    ...[...objects.warnings, ...found.warnings, ...checkObjects(objects)].map((warning) => ({
      ...warning,
      at: warning.at ?? objects.origins.get(warning.object)?.place(warning.field),
    })),
  ].map(objectMessage);
  const refused = states.flatMap(({ generated }) => generated.notes);
  const madeUp = base ? [] : ["no base node: interfaces, routes and neighbours are those of a made-up plain node"];
  const files = new FolderMaker(mode, configuration, states, base).make();
  if (options.since && mode === "iptables") addPartialSyncs(files, options.since, states);
  return {
    files,
    warnings: [...objectWarnings, ...madeUp, ...refused, ...timeoutNote(mode, configuration)],
    notEmulated: mode === "nftables" ? NFTABLES_NOTE : undefined,
  };
}

function addPartialSyncs(
  files: Map<string, string | Uint8Array>,
  before: ClusterObjects,
  states: readonly FamilyState[],
): void {
  for (const { family, proxier } of states) {
    const sync = new IptablesSync();
    sync.next(proxierOf(before, proxier, family));
    files.set(RESTORE_FILES[family], sync.next(proxier).text);
  }
}

function timeoutCommand(
  mode: ProxyMode,
  { ipvsTimeouts: { tcp, tcpFin, udp } }: ProxyConfiguration,
): string | undefined {
  return mode === "ipvs" && tcp + tcpFin + udp > 0 ? `ipvsadm --set ${tcp} ${tcpFin} ${udp}` : undefined;
}

/** A node folder has no file for what `ipvsadm --set` sets. */
function timeoutNote(mode: ProxyMode, configuration: ProxyConfiguration): string[] {
  const command = timeoutCommand(mode, configuration);
  if (command === undefined) return [];
  return [`\`${command}' is no file of a node: it stands in ${TIMELINE_FILE}, for hookwalk replay --timeline`];
}

class FolderMaker {
  readonly #mode: ProxyMode;
  readonly #configuration: ProxyConfiguration;
  readonly #states: readonly FamilyState[];
  readonly #base: BaseNode | undefined;

  constructor(
    mode: ProxyMode,
    configuration: ProxyConfiguration,
    states: readonly FamilyState[],
    base: BaseNode | undefined,
  ) {
    this.#mode = mode;
    this.#configuration = configuration;
    this.#states = states;
    this.#base = base;
  }

  make(): Map<string, string | Uint8Array> {
    const files = new Map<string, string | Uint8Array>(this.#base?.files ?? []);
    this.#addDevices(files);
    for (const { family, generated } of this.#states) {
      files.set(RULE_FILES[family], mergeRules(this.#base?.ruleset(family), generated, family));
    }
    this.#addIpvs(files);
    this.#addNftables(files);
    this.#addTimeline(files);
    files.set("sysctl.txt", this.#sysctls());
    return files;
  }

  #addDevices(files: Map<string, string | Uint8Array>): void {
    const facts = this.#states[0]?.proxier.facts;
    const bound = this.#states.flatMap(({ generated }) => generated.boundAddresses);
    const proxiers = this.#states.map(({ proxier }) => proxier);
    const devices = this.#base?.devices() ?? (facts ? plainDevices(facts) : []);
    const index = 1 + Math.max(0, ...devices.map(({ ifindex }) => ifindex));
    const hasDummy = this.#mode === "ipvs";
    files.set("addr.json", lines(hasDummy ? [...devices, dummyDevice(index, bound)] : devices));
    const routes = this.#base ? this.#base.routes(devices) : plainRoutes(devices, proxiers);
    if (routes) files.set("route.json", lines([...routes, ...dummyRoutes(bound)]));
    if (!this.#base) files.set("neigh.json", lines(plainNeighbours(proxiers)));
  }

  #addIpvs(files: Map<string, string | Uint8Array>): void {
    const sets = [...(this.#base?.otherSets() ?? []), ...this.#states.flatMap(({ generated }) => generated.sets)];
    if (sets.length > 0) files.set("ipset.save", printIpsetSave(sets));
    else files.delete("ipset.save");
    const kept = this.#base?.services().filter((service) => this.#isExcluded(service)) ?? [];
    const services = [...kept, ...this.#states.flatMap(({ generated }) => generated.services)];
    files.delete("ip_vs.txt");
    if (this.#mode === "ipvs" || services.length > 0) files.set("ipvsadm.save", printIpvsadmSave(services));
    else files.delete("ipvsadm.save");
  }

  #addNftables(files: Map<string, string | Uint8Array>): void {
    const commands = this.#states.flatMap(({ transaction }) => transaction);
    if (commands.length > 0) files.set(NFTABLES_FILE, `${commands.join("\n")}\n`);
    else files.delete(NFTABLES_FILE);
    const others = this.#base?.otherNftTables();
    if (others !== undefined) files.set("nft.ruleset", others);
  }

  /** `ipvsadm --set`: a zero leaves the kernel's timeout as it is. */
  #addTimeline(files: Map<string, string | Uint8Array>): void {
    const command = timeoutCommand(this.#mode, this.#configuration);
    if (command !== undefined) files.set(TIMELINE_FILE, `0 ${command}\n`);
  }

  /** Virtual services that kube-proxy does not touch. */
  #isExcluded({ key }: IpvsService): boolean {
    if (key.fwmark !== undefined) return true;
    const address = formatAddress(key.address);
    return this.#configuration.excludeCIDRs.some((network) => contains(network, address));
  }

  #sysctls(): string {
    const base = this.#base?.sysctls();
    const sysctls = new Map([...(base ?? PLAIN_SYSCTLS), ...conntrackSysctls(this.#configuration, base !== undefined)]);
    for (const { generated } of this.#states) for (const [name, value] of generated.sysctls) sysctls.set(name, value);
    return [...sysctls].map(([name, value]) => `${name} = ${value}\n`).join("");
  }
}

/** A JSON array with one entry a line. */
function lines(entries: readonly unknown[]): string {
  return `[${entries.map((entry) => JSON.stringify(entry)).join(",\n ")}]\n`;
}
