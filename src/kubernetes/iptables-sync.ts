import type { Generated } from "./generated.ts";
import { generateIptables } from "./iptables.ts";
import type { ProxiedPort, Proxier } from "./proxier.ts";
import type { TextChain, TextTable } from "./rule.ts";

/** What one sync of iptables mode feeds to `iptables-restore --noflush --counters`. */
export interface RestoreInput {
  readonly kind: "full" | "partial";
  /** Chains that are named are replaced, all others stay as they are. */
  readonly text: string;
  /** nat chains of Services that are written; those that all Services share are written every time. */
  readonly written: readonly string[];
  /** nat chains of Services that are gone. */
  readonly deleted: readonly string[];
}

/**
 * Successive syncs of one kube-proxy in iptables mode, from 1.28 on (pkg/proxy/iptables/proxier.go, syncProxyRules): after
 * the first one, only Services that changed have their chains written. That stale chains of clusters with more than 1000
 * endpoints go with a delay is left out: they go at once.
 *
 * @example
 *   const sync = new IptablesSync();
 *   sync.next(before).text.length; // all chains
 *   sync.next(after).text.length;  // dispatch rules, and the chains of what changed
 */
export class IptablesSync {
  #ports = new Map<string, string>();
  #chains: ReadonlySet<string> = new Set();
  #chainsBefore: ReadonlySet<string> = new Set();
  #zone: string | undefined;
  #isFullDue = true;

  /** What is written when the cluster is as `proxier` says. */
  next(proxier: Proxier): RestoreInput {
    const generated = generateIptables(proxier);
    const ports = fingerprints(proxier.ports);
    const isFull = this.#isFullDue || proxier.facts.zone !== this.#zone;
    const written = [...generated.serviceChains].flatMap(([service, chains]) =>
      isFull || ports.get(service) !== this.#ports.get(service) ? chains : [],
    );
    const present = new Set([...generated.serviceChains.values()].flat());
    const deleted = [...this.#chains].filter((chain) => !present.has(chain));
    this.#ports = ports;
    this.#chainsBefore = this.#chains;
    this.#chains = present;
    this.#zone = proxier.facts.zone;
    this.#isFullDue = false;
    return { kind: isFull ? "full" : "partial", text: restoreText(generated, written, deleted), written, deleted };
  }

  /** iptables-restore has refused what was fed last: nothing of it counts, and the next sync is a full one. */
  failed(): void {
    this.#isFullDue = true;
    this.#chains = this.#chainsBefore;
  }
}

/** By Service, all that its chains depend on. */
function fingerprints(ports: readonly ProxiedPort[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const port of ports) {
    const service = `${port.namespace}/${port.name}`;
    found.set(service, (found.get(service) ?? "") + JSON.stringify(port));
  }
  return found;
}

function restoreText({ tables }: Generated, written: readonly string[], deleted: readonly string[]): string {
  const names = new Set(written);
  const lines: string[] = [];
  for (const table of tables) {
    const gone = table.name === "nat" ? deleted : [];
    const chains = table.chains.filter((chain) => isDispatch(table, chain) || names.has(chain.name));
    lines.push(`*${table.name}`);
    for (const name of [...chains.map(({ name }) => name), ...gone]) lines.push(`:${name} - [0:0]`);
    for (const { text } of chains) if (text !== "") lines.push(text);
    for (const name of gone) lines.push(`-X ${name}`);
    lines.push("COMMIT");
  }
  return `${lines.join("\n")}\n`;
}

/** Chains that all Services share. */
function isDispatch({ name: table }: TextTable, { name }: TextChain): boolean {
  return table === "filter" || !/^KUBE-(?:SVC|SVL|EXT|FW|SEP)-/.test(name);
}
