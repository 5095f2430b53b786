import type { Core } from "../core/core.ts";
import { ConfigLayout } from "../core/layout.generated.ts";
import { setNumber } from "../core/record.ts";
import type { Family } from "../model/address.ts";
import type { Node } from "../model/node.ts";
import type { Ruleset } from "../model/ruleset.ts";
import { DeviceNumbers } from "./devices.ts";
import type { RuleNames } from "./rule-names.ts";
import { trackingNeeds } from "./tracking.ts";

/** How the core runs, beside what the node says. */
export interface RunOptions {
  /** Record every step as an event. Default false. */
  readonly record?: boolean;
  /** Remember walks through tables. Default true; the results are the same. */
  readonly pathCache?: boolean;
  /** Index long chains. Default true; the results are the same. */
  readonly index?: boolean;
  /** Packets that are looked at ahead. Default 64; 1 turns it off; the results are the same. */
  readonly batch?: number;
  /** Verify transport checksums as the kernel does. Default true; false trusts them. */
  readonly verifyChecksums?: boolean;
  /** Start rule counters at what the node's files say. Default false: at zero, as `iptables-restore` without `-c`. */
  readonly keepCounters?: boolean;
}

const DEFAULT_BATCH = 64;

/** A node in the core's memory: what of it can be asked and changed while packets run. */
export class LoadedNode {
  readonly devices: DeviceNumbers;
  readonly #core: Core;
  readonly #rulesets: Record<Family, Ruleset | undefined>;
  readonly #services: Node["services"];

  constructor(core: Core, node: Node, options: RunOptions) {
    this.#core = core;
    this.devices = new DeviceNumbers(node.interfaces);
    this.#rulesets = { 4: node.ruleset4, 6: node.ruleset6 };
    this.#services = node.services;
    this.#writeRunOptions(node, options);
    this.updateTracking();
  }

  ruleset(family: Family): Ruleset | undefined {
    return this.#rulesets[family];
  }

  /** Hooks of conntrack and defragmentation come and go with the rules and services that ask for them. */
  updateTracking(): void {
    const needs4 = trackingNeeds(4, this.#rulesets[4], this.#services);
    const needs6 = trackingNeeds(6, this.#rulesets[6], this.#services);
    this.#set("conntrackActive4", needs4.conntrack);
    this.#set("conntrackActive6", needs6.conntrack);
    this.#set("defragActive4", needs4.defrag);
    this.#set("defragActive6", needs6.defrag);
  }

  /** What the core's numbers of rules and chains stand for. */
  get ruleNames(): RuleNames {
    return { rule: () => undefined, chain: () => undefined };
  }

  /** The node's state as the real tools print it, by the names of the files of results. */
  *stateTexts(): Generator<readonly [file: string, text: string]> {
    yield ["conntrack.txt", ""];
  }

  #writeRunOptions(node: Node, options: RunOptions): void {
    this.#set("record", options.record ?? false);
    this.#set("pathCache", options.pathCache ?? true);
    this.#set("index", options.index ?? true);
    this.#set("batch", options.batch ?? DEFAULT_BATCH);
    this.#set("verifyChecksums", options.verifyChecksums ?? true);
    this.#set("kernelVersion", kernelVersion(node.kernel));
  }

  #set(name: keyof typeof ConfigLayout & string, value: number | boolean): void {
    const view = new DataView(this.#core.memory.buffer);
    const field = ConfigLayout[name];
    if (typeof field === "number") return;
    setNumber(view, this.#core.configAddress(), field, Number(value));
  }
}

/** `6.1.176-amd64` as major << 8 | minor. */
function kernelVersion(text: string): number {
  const [major = 6, minor = 1] = text.split(".").map((part) => Number.parseInt(part, 10));
  return (major << 8) | minor;
}
