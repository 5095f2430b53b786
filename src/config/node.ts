import type { Family, SourcePosition } from "../model/address.ts";
import type { ConntrackEntry, ConntrackExpectation } from "../model/conntrack.ts";
import type { IpSet } from "../model/ipset.ts";
import type { IpvsService } from "../model/ipvs.ts";
import type { Account } from "../model/nfacct.ts";
import { withNeighbourColumns } from "../model/neighbour-columns.ts";
import { type Interface, type LocalProcess, type Node, ROOT_PROCESS, type Route, type Warning } from "../model/node.ts";
import { numberedRules } from "../model/rule-lines.ts";
import type { Ruleset } from "../model/ruleset.ts";
import { parseBonding } from "./bonding.ts";
import { type LabelNames, parseConnlabels } from "./connlabel.ts";
import { parseConntrack } from "./conntrack.ts";
import { checkDevices, checkRoutes, type DeviceChecks } from "./device-checks.ts";
import { ConfigError } from "./error.ts";
import { parseExpectations } from "./expectations.ts";
import { helperWarnings } from "./helper-warnings.ts";
import { parseInterfaces } from "./ip/address.ts";
import { connectedRoutes } from "./ip/connected.ts";
import { parseFdb } from "./ip/fdb.ts";
import { parseMdb } from "./ip/mdb.ts";
import { parseNeighbours, readNeighbours } from "./ip/neighbour.ts";
import { parseRoutes } from "./ip/route.ts";
import { parsePolicyRules } from "./ip/rule.ts";
import { parseIpsetSave } from "./ipset/save.ts";
import { readRuleset } from "./iptables/lines/read-ruleset.ts";
import { checkFtpServices } from "./ipvs/ftp.ts";
import { inEntryOrder, parseIpvsOrder } from "./ipvs/proc.ts";
import { parseIpvsadmSave } from "./ipvs/save.ts";
import { parseModules } from "./modules.ts";
import { parseAccounts } from "./nfacct.ts";
import { checkRuleset } from "./node-checks.ts";
import { parseScenario, type Scenario } from "./scenario.ts";
import { checkSettings, lineOfSetting, parseSysctls } from "./sysctl.ts";

/** How a node's files are read. */
export interface NodeOptions {
  /** Refuse what Linux does not have (`-j IPVS`) with the real tool's words. Default false: a warning. */
  readonly strict?: boolean;
  /** Leave out what is not emulated and list it in `ignored`, instead of refusing the node. Default false. */
  readonly ignoreUnsupported?: boolean;
  /** Whose the packets are that the node itself sends (-m owner, -m cgroup, LOG --log-uid). Default: root's, with a warning. */
  readonly local?: Partial<LocalProcess>;
  /** Kernel version; default: what the node says, else 6.1. */
  readonly kernel?: string;
  /** Timer ticks a second; default: 100 for a scenario, what the node says, else 250. */
  readonly hz?: number;
}

const SCENARIO_HZ = 100;
const DEFAULT_HZ = 250;

/**
 * Reads a node's folder: the files by their names (`addr.json`, `iptables.save`, ...), as `hookwalk collect` or the tools
 * themselves wrote them. What is absent is at the kernel's defaults, and said so in `warnings` where that decides much.
 *
 * @throws ConfigError when a file cannot be read, or says what is not emulated and `ignoreUnsupported` is not set.
 */
export function parseNode(files: ReadonlyMap<string, Uint8Array>, options: NodeOptions = {}): Node {
  return new NodeReader(files, options).read();
}

class NodeReader {
  readonly #files: ReadonlyMap<string, Uint8Array>;
  readonly #options: NodeOptions;
  readonly #decoder = new TextDecoder();
  readonly #used: string[] = [];
  readonly #warnings: Warning[] = [];
  readonly #ignored: Warning[] = [];
  #accounts: readonly Account[] | undefined;
  readonly #labels: LabelNames | undefined;

  constructor(files: ReadonlyMap<string, Uint8Array>, options: NodeOptions) {
    this.#files = files;
    this.#options = options;
    this.#labels = this.#parsed("connlabel.conf", parseConnlabels);
  }

  read(): Node {
    const scenario = this.#parsed("scenario.json", parseScenario);
    const connections = this.#connections();
    const interfaces = this.#interfaces();
    const bondPorts = this.#parsed("bonding.txt", parseBonding);
    checkDevices(interfaces, bondPorts, this.#deviceChecks);
    const sets = this.#parsed("ipset.save", (text, file) => this.#sets(text, file));
    this.#accounts = this.#parsed("nfacct.txt", parseAccounts);
    const facts = this.#kernelFacts(scenario);
    const sysctls = this.#sysctls(scenario, interfaces);
    const neighbours =
      this.#parsed("neigh.json", (text, file) => readNeighbours(text) ?? parseNeighbours(text, file)) ?? [];
    const node: Omit<Node, "files" | "warnings" | "ignored" | "neighbours"> = {
      interfaces,
      routes: this.#routes(interfaces, sysctls),
      rules: this.#parsed("rule.json", parsePolicyRules),
      fdb: this.#parsed("fdb.json", parseFdb),
      groups: this.#parsed("mdb.json", parseMdb),
      bondPorts,
      sysctls,
      ruleset4: this.#ruleset(4, sets),
      ruleset6: this.#ruleset(6, sets),
      sets,
      services: this.#services(),
      accounts: this.#accounts,
      local: { ...ROOT_PROCESS, ...scenario?.local, ...this.#options.local },
      connections,
      expectations: this.#expectations(connections ?? []),
      modules: this.#parsed("modules.txt", parseModules),
      labels: this.#labels,
      events: scenario?.events ?? [],
      end: scenario?.end,
      ...facts,
      offloads: scenario === undefined || scenario.offloads === true,
      isScenario: scenario !== undefined,
    };
    checkRoutes(node.routes, this.#deviceChecks);
    this.#checkKubeProxyNft();
    this.#warnNative();
    this.#warnQuerier(node);
    this.#warnings.push(...helperWarnings(node));
    this.#warnings.push(...checkFtpServices(node.services, node.modules, this.#onUnsupported));
    const read = { ...node, files: this.#used, warnings: this.#warnings, ignored: this.#ignored };
    return Array.isArray(neighbours) ? { ...read, neighbours } : withNeighbourColumns(read, neighbours);
  }

  /** A router that was heard mostly is the one that asks for members, too, and nothing says better. */
  #warnQuerier({ groups }: Pick<Node, "groups">): void {
    for (const bridge of new Set(groups?.routers.map((router) => router.bridge))) {
      const message = `bridge ${bridge}: whether somebody asks for members of groups is not saved; taken for so, since a multicast router was heard`;
      this.#warn("BRIDGE_QUERIER", message, { file: "mdb.json", line: 1, column: 1 });
    }
  }

  #bytes(file: string): Uint8Array | undefined {
    const bytes = this.#files.get(file);
    if (bytes) this.#used.push(file);
    return bytes;
  }

  #text(file: string): string | undefined {
    const bytes = this.#bytes(file);
    return bytes && this.#decoder.decode(bytes);
  }

  #parsed<T>(file: string, parse: (text: string, file: string) => T): T | undefined {
    const text = this.#text(file);
    return text === undefined ? undefined : parse(text, file);
  }

  #warn(code: string, message: string, at?: SourcePosition): void {
    this.#warnings.push({ code, message, at });
  }

  /** What is not emulated ends the reading, or is noted and left out. */
  readonly #onUnsupported = (error: ConfigError): void => {
    if (!this.#options.ignoreUnsupported) throw error;
    this.#ignored.push({ code: error.code, message: error.detail, at: error.at });
  };

  readonly #deviceChecks: DeviceChecks = {
    onUnsupported: this.#onUnsupported,
    onWarning: (warning) => this.#warnings.push(warning),
  };

  #interfaces(): readonly Interface[] {
    const interfaces = this.#parsed("addr.json", parseInterfaces);
    if (interfaces) return interfaces;
    const at = { file: "addr.json", line: 1, column: 1 };
    throw new ConfigError("ERR_MISSING_FILE", at, "not found: a node needs at least what `ip -d -j addr` prints");
  }

  #routes(interfaces: readonly Interface[], sysctls: ReadonlyMap<string, string>): readonly Route[] {
    const forwards = (device: string) => forwardsIpv6(sysctls, device);
    const routes = this.#parsed("route.json", parseRoutes);
    if (!routes) {
      this.#warn("NO_ROUTES", "no route.json: only the routes of the node's own addresses exist, and no default route");
      return connectedRoutes(interfaces, forwards);
    }
    if (routes.some(({ table }) => table === 255)) return routes;
    // `ip -j route` alone shows only table main.
    this.#warn(
      "NO_LOCAL_TABLE",
      "route.json has no table local (`ip -j route show table all`): made from the addresses",
    );
    return [...routes, ...connectedRoutes(interfaces, forwards).filter(({ table }) => table === 255)];
  }

  #sysctls(scenario: Scenario | undefined, interfaces: readonly Interface[]): ReadonlyMap<string, string> {
    const text = this.#text("sysctl.txt") ?? "";
    const settings = parseSysctls(text);
    if (settings.size === 0 && !scenario) {
      this.#warn("NO_SYSCTLS", "no sysctl.txt: the kernel's defaults apply, among them net.ipv4.ip_forward=0");
    }
    const all = new Map([...settings, ...(scenario?.sysctls ?? [])]);
    const at = (name: string) =>
      scenario?.sysctls.has(name)
        ? { file: "scenario.json", line: 1, column: 1 }
        : { file: "sysctl.txt", line: lineOfSetting(text, name), column: 1 };
    if (interfaces.some(({ kind }) => kind === "bridge")) checkSettings(all, at, this.#onUnsupported);
    return all;
  }

  #kernelFacts(scenario: Scenario | undefined): { kernel: string; hz: number } {
    const text = this.#text("kernel.txt") ?? "";
    const release = /^([0-9]+\.[0-9]+\S*)/m.exec(text)?.[1];
    const hz = /^HZ=([0-9]+)/m.exec(text)?.[1];
    return {
      kernel: this.#options.kernel ?? scenario?.kernel ?? release ?? "6.1",
      hz: this.#options.hz ?? (hz ? Number(hz) : scenario ? SCENARIO_HZ : DEFAULT_HZ),
    };
  }

  #sets(text: string, file: string): IpSet[] {
    return parseIpsetSave(text, file, { onUnsupported: this.#onUnsupported });
  }

  #ruleset(family: Family, sets: readonly IpSet[] | undefined): Ruleset | undefined {
    const name = family === 4 ? "iptables" : "ip6tables";
    const found = [`${name}.save`, `${name}-legacy.save`, `${name}-nft.save`]
      .map((file) => this.#rulesetOf(file, family, sets))
      .filter((ruleset) => ruleset !== undefined);
    const filled = found.filter(hasRules);
    if (filled.length > 1) this.#refuseBoth(name);
    return filled[0] ?? found[0];
  }

  #rulesetOf(file: string, family: Family, sets: readonly IpSet[] | undefined): Ruleset | undefined {
    const bytes = this.#bytes(file);
    if (!bytes) return undefined;
    const ruleset = readRuleset(bytes, family, file, { onUnsupported: this.#onUnsupported, labels: this.#labels });
    return checkRuleset(ruleset, {
      sets,
      accounts: this.#accounts,
      knowsOwner: this.#options.local !== undefined,
      strict: this.#options.strict ?? false,
      onUnsupported: this.#onUnsupported,
      onWarning: (warning) => this.#warnings.push(warning),
    });
  }

  #refuseBoth(name: string): void {
    const at = { file: `${name}-nft.save`, line: 1, column: 1 };
    const detail = `rules of both backends (legacy and nft) are loaded; only those of ${name}-legacy.save are emulated`;
    this.#onUnsupported(new ConfigError("ERR_UNSUPPORTED", at, detail));
  }

  #services(): readonly IpvsService[] | undefined {
    const services = this.#parsed("ipvsadm.save", (text, file) =>
      parseIpvsadmSave(text, file, {
        onUnsupported: this.#onUnsupported,
        onWarning: (warning) => this.#warnings.push(warning),
      }),
    );
    const orders = this.#parsed("ip_vs.txt", parseIpvsOrder);
    return services && orders ? inEntryOrder(services, orders) : services;
  }

  #connections(): readonly ConntrackEntry[] | undefined {
    const parsed = this.#parsed("conntrack.txt", parseConntrack) ?? this.#parsed("nf_conntrack.txt", parseConntrack);
    if (parsed) this.#warnings.push(...parsed.warnings);
    return parsed?.entries;
  }

  #expectations(connections: readonly ConntrackEntry[]): readonly ConntrackExpectation[] | undefined {
    const parsed = this.#parsed("expect.txt", (text, file) => parseExpectations(text, file, connections));
    if (parsed) this.#warnings.push(...parsed.warnings);
    else if (this.#text("nf_conntrack_expect.txt")?.trim()) {
      this.#warnings.push({
        code: "EXPECTATION_LEFT_OUT",
        message: "what is expected is left out: /proc does not say by which connection; bring `conntrack -L expect`",
        at: { file: "nf_conntrack_expect.txt", line: 1, column: 1 },
      });
    }
    return parsed?.expectations;
  }

  /** kube-proxy's nftables mode decides about every packet to a Service: without its rules the rest says nothing. */
  #checkKubeProxyNft(): void {
    const refuse = (file: string, line: number) =>
      this.#onUnsupported(
        new ConfigError(
          "ERR_UNSUPPORTED",
          { file, line, column: 1 },
          "kube-proxy runs in nftables mode here, and nftables rules are not emulated",
        ),
      );
    if (this.#files.has("nftables.nft")) refuse("nftables.nft", 1);
    const listing = this.#text("nft.ruleset") ?? "";
    const at = listing.search(/^table ip6? kube-proxy\b/m);
    if (at >= 0) refuse("nft.ruleset", listing.slice(0, at).split("\n").length);
  }

  /** Tables of nft that iptables-nft did not make run beside those that are emulated. */
  #warnNative(): void {
    const text = this.#text("nft.ruleset");
    const native = text?.match(/^table (?!ip6? (filter|nat|mangle|raw|security) )\S+ \S+/gm);
    if (native) {
      const names = native.map((line) => line.slice(6)).join(", ");
      this.#warn("NATIVE_NFT", `native nft tables are not emulated: ${names}`, {
        file: "nft.ruleset",
        line: 1,
        column: 1,
      });
    }
  }
}

function forwardsIpv6(sysctls: ReadonlyMap<string, string>, device: string): boolean {
  const own = sysctls.get(`net.ipv6.conf.${device}.forwarding`) ?? sysctls.get("net.ipv6.conf.all.forwarding");
  return own !== undefined && own !== "0";
}

function hasRules({ tables }: Ruleset): boolean {
  return tables.some((table) => {
    const rules = numberedRules(table);
    if (rules.chainStarts[rules.chainCount]! > 0) return true;
    return table.chains.some(({ policy }) => policy === "DROP");
  });
}
