import { LoadedSets } from "../../src/compile/ipset.ts";
import { LoadedRulesets } from "../../src/compile/ruleset.ts";
import { parseIpsetSave } from "../../src/config/ipset/save.ts";
import { parseRuleset } from "../../src/config/iptables/ruleset.ts";
import { ConfigLayout } from "../../src/core/layout.generated.ts";
import { setNumber } from "../../src/core/record.ts";
import type { Family } from "../../src/model/address.ts";
import { listConntrack } from "../../src/report/conntrack.ts";
import { reportIpsets } from "../../src/report/ipset.ts";
import { reportRuleset } from "../../src/report/iptables.ts";
import { Network, type Output } from "./network.ts";
import { ROUTER_PLAN } from "./tracked.ts";

export interface FirewallOptions {
  readonly index?: boolean;
  readonly pathCache?: boolean;
  readonly conntrack?: boolean;
}

/** A router between eth0 (10.1.0.0/24, fd01::/64) and eth1 (10.2.0.0/24, fd02::/64) with rules. */
export class Firewall {
  readonly network: Network;
  readonly rulesets: LoadedRulesets;
  #sets: LoadedSets | undefined;

  private constructor(network: Network, options: FirewallOptions) {
    this.network = network;
    this.rulesets = new LoadedRulesets(network.core, {
      devices: network.numbers,
      sets: {
        number: (name) => this.#sets?.number(name),
        find: (name) => this.#sets?.find(name),
      },
    });
    const view = new DataView(network.core.memory.buffer);
    const set = (field: { offset: number; type: string }, value: boolean) =>
      setNumber(view, network.core.configAddress(), field, Number(value));
    set(ConfigLayout.index, options.index ?? true);
    set(ConfigLayout.pathCache, options.pathCache ?? true);
    set(ConfigLayout.conntrackActive4, options.conntrack ?? true);
    set(ConfigLayout.conntrackActive6, options.conntrack ?? true);
    set(ConfigLayout.conntrackAcct, true);
    set(ConfigLayout.verifyChecksums, false);
  }

  static async create(options: FirewallOptions = {}): Promise<Firewall> {
    return new Firewall(await Network.create(ROUTER_PLAN), options);
  }

  /** Lines of `ipset save`; the rules that name these sets are loaded after them. */
  loadSets(lines: readonly string[]): void {
    this.#sets = LoadedSets.load(this.network.core, parseIpsetSave(`${lines.join("\n")}\n`, "test.ipset"));
  }

  /** What `ipset save` prints. */
  saveSets(): string {
    return this.#sets ? reportIpsets(this.#sets) : "";
  }

  /** Lines of iptables-save between `*TABLE` and `COMMIT`, by table. */
  load(family: Family, tables: Readonly<Record<string, readonly string[]>>): void {
    const text = Object.entries(tables).map(([table, lines]) => `*${table}\n${lines.join("\n")}\nCOMMIT\n`);
    this.rulesets.load(parseRuleset(text.join(""), family, "test.save"));
  }

  send(packet: Uint8Array, seconds = 0, device = "eth0"): Output[] {
    return this.network.send(device, packet, seconds);
  }

  /** `[packets:bytes]` of the rules of a chain. */
  counters(family: Family, chain = "FORWARD"): string[] {
    const lines = this.save(family).split("\n");
    return lines.filter((line) => line.includes(` -A ${chain}`)).map((line) => line.slice(0, line.indexOf(" ")));
  }

  /** What `iptables-save -c` prints. */
  save(family: Family): string {
    return reportRuleset(this.rulesets, family);
  }

  connections(): string[] {
    return [...listConntrack(this.network.core)].sort();
  }
}
