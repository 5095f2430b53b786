import { formatAddress } from "../config/address.ts";
import { setsOf } from "../config/iptables/match-set.ts";
import { splitShellWords } from "../config/words.ts";
import { type Answer, DONE, refused } from "./answer.ts";
import { IpsetTool } from "./ipset.ts";
import { runIptables } from "./iptables.ts";
import { runIptablesRestore } from "./iptables-restore.ts";
import { runIptablesSave } from "./iptables-save.ts";
import { IptablesState } from "./iptables-state.ts";
import { IpvsadmTool } from "./ipvsadm.ts";
import { startCore } from "./kernel.ts";
import type { NodeObjects } from "./objects.ts";

/** A step of a session: a command line, and what it reads. */
export interface Step {
  readonly argv: readonly string[];
  readonly stdin?: string;
}

/** The tools of a node that begins empty: what each command answers, given those before it. */
export class ToolSession {
  readonly #ipv4 = new IptablesState(4);
  readonly #ipv6 = new IptablesState(6);
  #ipset?: IpsetTool;
  readonly #localAddresses = new Set<string>();
  readonly #ipvsadm = new IpvsadmTool((address) => this.#isLocal(address));
  readonly #estimators = new Set<string>();
  readonly #objects: NodeObjects = {
    findSet: (name) => this.#ipset?.find(name),
    hasEstimator: (name) => this.#estimators.has(name) || this.#madeEstimators().has(name),
    hasAccount: () => false,
  };

  /** Runs a line as a shell would. */
  runLine(line: string): Promise<Answer> {
    return this.run({ argv: splitShellWords(line).map(({ text }) => text) });
  }

  async run({ argv, stdin = "" }: Step): Promise<Answer> {
    const [path = "", ...words] = argv;
    const tool = path.replace(/^.*\//, "");
    const state = tool.startsWith("ip6") ? this.#ipv6 : this.#ipv4;
    switch (tool) {
      case "iptables":
      case "ip6tables":
        return runIptables(state, this.#objects, words);
      case "iptables-restore":
      case "ip6tables-restore":
        return runIptablesRestore(state, this.#objects, words, stdin);
      case "iptables-save":
      case "ip6tables-save":
        return runIptablesSave(state, words);
      case "ipset":
        this.#ipset ??= new IpsetTool(await startCore(), (name) => this.#setReferences(name));
        return this.#ipset.run(words, stdin);
      case "ipvsadm":
        return this.#ipvsadm.run(words, stdin);
      case "ipvsadm-save":
        return this.#ipvsadm.save(words);
      case "ipvsadm-restore":
        return this.#ipvsadm.restore(stdin);
      case "ip":
        return this.#addAddress(words);
    }
    return refused(127, `${path}: command not found\n`);
  }

  /** A rate estimator that exists without any rule. */
  addEstimator(name: string): void {
    this.#estimators.add(name);
  }

  get state4(): IptablesState {
    return this.#ipv4;
  }

  get state6(): IptablesState {
    return this.#ipv6;
  }

  #isLocal(address: Uint8Array): boolean {
    return this.#localAddresses.has(formatAddress(address));
  }

  /** `ip addr add ADDRESS/LENGTH dev NAME`, the one command of ip that sessions need. */
  #addAddress([object = "", verb, prefix = ""]: readonly string[]): Answer {
    if (!object.startsWith("a") || verb !== "add") return refused(1, "only `ip addr add' is understood\n");
    this.#localAddresses.add(prefix.split("/")[0]!);
    return DONE;
  }

  #madeEstimators(): Set<string> {
    const names = new Set<string>();
    for (const state of [this.#ipv4, this.#ipv6]) {
      for (const { target } of state.rules()) if (target?.kind === "RATEEST") names.add(target.name);
    }
    return names;
  }

  /** How many rules refer to a set. */
  #setReferences(name: string): number {
    let count = 0;
    for (const state of [this.#ipv4, this.#ipv6]) {
      for (const rule of state.rules()) for (const set of setsOf(rule)) if (set === name) count++;
    }
    return count;
  }
}
