import { formatAddress } from "../config/address.ts";
import { parseInterfaces } from "../config/ip/address.ts";
import { parseIpsetSave } from "../config/ipset/save.ts";
import { parseRuleset } from "../config/iptables/ruleset.ts";
import { parseIpvsadmSave } from "../config/ipvs/save.ts";
import { parseSysctls } from "../config/sysctl.ts";
import type { Family } from "../model/address.ts";
import type { IpSet } from "../model/ipset.ts";
import type { IpvsService } from "../model/ipvs.ts";
import type { Ruleset } from "../model/ruleset.ts";
import type { FactOptions } from "./generate.ts";
import { connected, type DeviceEntry, DUMMY, LOCAL_TABLE, routeEntry } from "./plain-node.ts";

/** A real node's folder, into which kube-proxy's state is merged. */
export class BaseNode {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly #decoder = new TextDecoder();

  /** @throws ConfigError when a file cannot be read. */
  constructor(files: ReadonlyMap<string, Uint8Array>) {
    this.files = files;
  }

  /** What the node's files say that its Node object does not. */
  facts(): FactOptions {
    const sysctls = this.sysctls();
    const release = /^([0-9]+\.[0-9]+\S*)/m.exec(this.#text("kernel.txt") ?? "")?.[1];
    return {
      addresses: parseInterfaces(this.#text("addr.json") ?? "[]", "addr.json")
        .filter(({ name, flags }) => name !== DUMMY && !flags.includes("LOOPBACK"))
        .flatMap(({ addresses }) => addresses.map(({ address }) => formatAddress(address))),
      randomFully: this.#isInRules("--random-fully"),
      countsInvalid: this.#isInRules("ct_state_invalid_dropped_pkts"),
      countsLocalhost: this.#isInRules("localhost_nps_accepted_pkts"),
      conntrackLiberal: (sysctls.get("net.netfilter.nf_conntrack_tcp_be_liberal") ?? "0") !== "0",
      ...(release === undefined ? {} : { kernel: release }),
    };
  }

  /** Devices but kube-ipvs0, as their file has them. */
  devices(): DeviceEntry[] {
    const entries = JSON.parse(this.#text("addr.json") ?? "[]") as DeviceEntry[];
    return entries.filter(({ ifname }) => ifname !== DUMMY);
  }

  /** Routes but those of kube-ipvs0, table local included; undefined where the node has no such file. */
  routes(devices: readonly DeviceEntry[]): unknown[] | undefined {
    const text = this.#text("route.json");
    if (text === undefined) return undefined;
    const routes = JSON.parse(text) as { dev?: string; table?: string | number }[];
    const others = routes.filter(({ dev }) => dev !== DUMMY);
    if (routes.some(({ table }) => table === "local" || Number(table) === LOCAL_TABLE)) return others;
    // `ip -j route` alone shows only table main; with kube-ipvs0's routes in it, table local would look complete.
    return [
      ...others,
      ...connected(devices)
        .filter(({ table }) => table === LOCAL_TABLE)
        .map(routeEntry),
    ];
  }

  ruleset(family: Family): Ruleset | undefined {
    const text = this.#rules(family);
    return text === undefined ? undefined : parseRuleset(text, family, RULE_FILES[family]);
  }

  /** What `nft list ruleset` told, without kube-proxy's own tables. */
  otherNftTables(): string | undefined {
    return this.#text("nft.ruleset")?.replace(/^table ip6? kube-proxy \{\n[\s\S]*?^\}\n/gm, "");
  }

  /** Sets that are not kube-proxy's. */
  otherSets(): IpSet[] {
    return parseIpsetSave(this.#text("ipset.save") ?? "", "ipset.save").filter(({ name }) => !name.startsWith("KUBE-"));
  }

  services(): IpvsService[] {
    return parseIpvsadmSave(this.#text("ipvsadm.save") ?? "", "ipvsadm.save");
  }

  sysctls(): Map<string, string> {
    return parseSysctls(this.#text("sysctl.txt") ?? "");
  }

  #rules(family: Family): string | undefined {
    return this.#text(RULE_FILES[family]);
  }

  /** Does a rule of either family say this? */
  #isInRules(text: string): boolean {
    return ([4, 6] as const).some((family) => this.#rules(family)?.includes(text) === true);
  }

  #text(name: string): string | undefined {
    const bytes = this.files.get(name);
    return bytes && this.#decoder.decode(bytes);
  }
}

export const RULE_FILES: Readonly<Record<Family, string>> = { 4: "iptables.save", 6: "ip6tables.save" };
