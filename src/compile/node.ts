import type { ConfigError } from "../config/error.ts";
import { editNetwork, type NetworkState } from "../config/ip/edit.ts";
import { setsOf } from "../config/iptables/match-set.ts";
import type { Core } from "../core/core.ts";
import { ConfigLayout } from "../core/layout.generated.ts";
import { getNumber, setNumber } from "../core/record.ts";
import type { ConntrackAction, IpAction } from "../model/command.ts";
import type { Node } from "../model/node.ts";
import type { RulePlace } from "../model/ruleset.ts";
import { LoadedAccounts } from "./accounts.ts";
import { applyConntrack, loadConntrack } from "./conntrack.ts";
import { DeviceNumbers, loadDevices } from "./devices.ts";
import { loadExpectations } from "./expectations.ts";
import { FLUSH, flushesRoutes } from "./flushing-settings.ts";
import { forgetPorts, loadGroups } from "./groups.ts";
import { LoadedSets } from "./ipset.ts";
import { LoadedServices } from "./ipvs.ts";
import { loadFdb } from "./links.ts";
import { endMasqueraded } from "./masquerade.ts";
import { loadNeighbours } from "./neighbours.ts";
import { loadRoutes } from "./routes.ts";
import { LoadedRulesets } from "./ruleset.ts";
import { loadSettings, settingOf } from "./settings.ts";
import { changedSettings } from "./sysctl-change.ts";
import { trackingNeeds } from "./tracking.ts";

/** How the core runs, beside what the node says. */
export interface RunOptions {
  /**
   * Steps that are recorded as events: none, the rules that matched, or everything with the packet's headers as they are
   * at each step. Default `"none"`.
   */
  readonly record?: "none" | "rules" | "all";
  /** Record, too, every evaluation of this rule: which of its conditions failed. Default: of none. */
  readonly watch?: RulePlace;
  /** Remember walks through tables. Default true; the results are the same. */
  readonly pathCache?: boolean;
  /** Index long chains. Default true; the results are the same. */
  readonly index?: boolean;
  /** Packets that are looked at ahead. Default 64; 1 turns it off; the results are the same. */
  readonly batch?: number;
  /** Verify transport checksums as the kernel does. Default true; false trusts them. */
  readonly verifyChecksums?: boolean;
  /** Make events of what happens to connections, as `conntrack -E` shows them. Default false. */
  readonly conntrackEvents?: boolean;
  /** Start rule counters at what the node's files say. Default false: at zero, as `iptables-restore` without `-c`. */
  readonly keepCounters?: boolean;
  /** Told of every rule that is not emulated; it is left out then. Default: such a rule is an error. */
  readonly onUnsupported?: (error: ConfigError) => void;
}

const DEFAULT_BATCH = 64;
const RECORD_LEVELS = { none: 0, rules: 1, all: 2 } as const;

/** A node in the core's memory: what of it can be asked and changed while packets run. */
export class LoadedNode {
  readonly devices: DeviceNumbers;
  readonly rulesets: LoadedRulesets;
  readonly sets: LoadedSets;
  readonly accounts: LoadedAccounts;
  readonly services: LoadedServices;
  /** Names of connection labels. */
  readonly labels: ReadonlyMap<string, number>;
  readonly #core: Core;
  readonly #node: Node;
  readonly #watched: RulePlace | undefined;
  #network: NetworkState;

  /** @throws ConfigError when the node has something that is not emulated. */
  constructor(core: Core, node: Node, options: RunOptions) {
    this.#core = core;
    this.#node = node;
    this.#watched = options.watch;
    this.#network = node;
    this.labels = node.labels ?? new Map();
    this.devices = new DeviceNumbers(node.interfaces);
    loadDevices(core, node, this.devices);
    loadSettings(core, node);
    loadRoutes(core, node, this.devices);
    loadNeighbours(core, node, this.devices);
    loadFdb(core, node, this.devices);
    loadGroups(core, node, this.devices);
    this.#writeRunOptions(options);
    this.sets = LoadedSets.load(core, node.sets ?? []);
    this.accounts = new LoadedAccounts(core, node.accounts);
    this.rulesets = new LoadedRulesets(core, {
      devices: this.devices,
      sets: this.sets,
      accountNumber: (name) => this.accounts.number(name),
      local: node.local,
      onUnsupported: options.onUnsupported,
    });
    for (const ruleset of [node.ruleset4, node.ruleset6]) {
      if (ruleset) this.rulesets.load(ruleset, options.keepCounters);
    }
    this.sets.isReferenced = (name) => this.#hasRuleWith(name);
    this.services = LoadedServices.load(core, node.services ?? [], node.hz);
    this.rulesChanged();
    loadConntrack(core, node.connections ?? [], this.labels);
    loadExpectations(core, node.expectations ?? []);
  }

  /** Changes settings, as `sysctl -w` does. */
  applySettings(settings: ReadonlyMap<string, string>): void {
    const before = this.#network.sysctls;
    this.#network = { ...this.#network, sysctls: changedSettings(before, settings) };
    loadSettings(this.#core, { ...this.#node, ...this.#network });
    if (flushesRoutes(settings, before)) this.#core.flushRoutes();
    if (settings.has(FLUSH)) this.#core.forgetPathMtus();
  }

  /**
   * Changes addresses, links, routes, policy rules or neighbours, as `ip` does.
   *
   * @throws IpRefusal where the kernel would refuse.
   */
  applyNetwork(action: IpAction): void {
    const before = this.#network;
    const after = editNetwork(before, action);
    this.#network = after;
    if (after.interfaces !== before.interfaces) {
      loadDevices(this.#core, after, this.devices);
      endMasqueraded(this.#core, before.interfaces, after.interfaces, this.devices);
      forgetPorts(this.#core, before.interfaces, after.interfaces, this.devices);
    }
    if (after.routes !== before.routes || after.rules !== before.rules) loadRoutes(this.#core, after, this.devices);
    if (after.neighbours !== before.neighbours) loadNeighbours(this.#core, after, this.devices);
  }

  /** Ends or changes connections, as `conntrack` does. */
  applyConntrack(action: ConntrackAction): void {
    applyConntrack(this.#core, action);
  }

  /** Rules or services are others now: hooks that they ask for come and go, and a watched rule has another number. */
  rulesChanged(): void {
    this.#updateTracking();
    this.#updateBackup();
    if (!this.#watched) return;
    this.#set("watchedRule4", this.rulesets.ruleAt(4, this.#watched) ?? 0);
    this.#set("watchedRule6", this.rulesets.ruleAt(6, this.#watched) ?? 0);
  }

  #hasRuleWith(set: string): boolean {
    const tables = ([4, 6] as const).flatMap((family) => this.rulesets.read(family)?.tables ?? []);
    return tables.some(({ chains }) =>
      chains.some(({ rules }) => rules.some((rule) => [...setsOf(rule)].includes(set))),
    );
  }

  /** sysctl backup_only counts while a backup daemon runs. */
  #updateBackup(): void {
    const isBackup = this.services.daemons.some(({ role }) => role === "backup");
    this.#set("vsBackupOnly", isBackup && (settingOf(this.#network.sysctls, "ipv4.vs.backup_only") ?? 0) !== 0);
  }

  /** Conntrack and defragmentation are on while a rule or a service needs them. */
  #updateTracking(): void {
    for (const family of [4, 6] as const) {
      const needs = trackingNeeds(family, this.rulesets.tables(family), this.services.all());
      if (needs.conntrack && !this.#get(`conntrackActive${family}`)) this.#core.resumeTracking(family);
      this.#set(`conntrackActive${family}`, needs.conntrack);
      this.#set(`defragActive${family}`, needs.defrag);
    }
  }

  /** Changes what is recorded. */
  record(level: NonNullable<RunOptions["record"]>): void {
    this.#set("record", RECORD_LEVELS[level]);
  }

  #writeRunOptions(options: RunOptions): void {
    this.record(options.record ?? "none");
    this.#set("pathCache", !options.watch && (options.pathCache ?? true));
    this.#set("index", options.index ?? true);
    this.#set("batch", options.batch ?? DEFAULT_BATCH);
    this.#set("verifyChecksums", options.verifyChecksums ?? true);
    this.#set("listensEvents", options.conntrackEvents ?? false);
  }

  #get(name: Exclude<keyof typeof ConfigLayout, "byteLength">): number {
    const view = new DataView(this.#core.memory.buffer);
    return getNumber(view, this.#core.configAddress(), ConfigLayout[name]);
  }

  #set(name: Exclude<keyof typeof ConfigLayout, "byteLength">, value: number | boolean): void {
    const view = new DataView(this.#core.memory.buffer);
    setNumber(view, this.#core.configAddress(), ConfigLayout[name], Number(value));
  }
}
