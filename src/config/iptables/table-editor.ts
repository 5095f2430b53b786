import type { Family } from "../../model/address.ts";
import type { IptablesAction } from "../../model/command.ts";
import type { Chain, Counters, Rule, Table, TableName } from "../../model/ruleset.ts";
import { printRule } from "./print.ts";
import { BUILT_IN_CHAINS } from "./rule-checks.ts";

interface EditedChain {
  name: string;
  policy?: "ACCEPT" | "DROP";
  counters?: Counters;
  rules: Rule[];
}

/** A table under construction: what the commands of a save file or of an event do to it. */
export class TableEditor {
  readonly name: TableName;
  readonly #family: Family;
  readonly #chains = new Map<string, EditedChain>();
  /** Names of the user chains; a rule may jump to these. */
  readonly userChains = new Set<string>();

  constructor(name: TableName, family: Family, table?: Table) {
    this.name = name;
    this.#family = family;
    for (const chain of BUILT_IN_CHAINS[name]) this.#chains.set(chain, { name: chain, policy: "ACCEPT", rules: [] });
    for (const chain of table?.chains ?? []) {
      this.#chains.set(chain.name, { ...chain, rules: [...chain.rules] });
      if (chain.policy === undefined) this.userChains.add(chain.name);
    }
  }

  get table(): Table {
    return { name: this.name, chains: [...this.#chains.values()] as Chain[] };
  }

  /** A `:CHAIN POLICY [p:b]` line; undefined policy for `-`. */
  declare(name: string, policy: "ACCEPT" | "DROP" | undefined, counters: Counters | undefined): void {
    const chain = this.#chains.get(name) ?? this.#newChain(name);
    if (policy) chain.policy = policy;
    chain.counters = counters;
  }

  /** Appends without a look at the other cases: the one command that save files are made of. */
  append(chain: string, rules: readonly Rule[]): string | undefined {
    const edited = this.#chains.get(chain);
    if (!edited) return NO_CHAIN;
    for (const rule of rules) edited.rules.push(rule);
    return undefined;
  }

  /** Does what a command asks for; answers the kernel's complaint when it cannot. */
  apply(action: IptablesAction): string | undefined {
    switch (action.verb) {
      case "append":
        return this.append(action.chain, action.rules);
      case "insert":
        return this.#insert(action.chain, action.number, action.rules);
      case "replace":
        return this.#splice(action.chain, action.number, action.rules);
      case "delete-number":
        return this.#splice(action.chain, action.number, []);
      case "delete":
        return this.#delete(action.chain, action.rules);
      case "check":
        return this.#find(action.chain, action.rules[0]!) < 0 ? NO_RULE : undefined;
      case "new-chain":
        return this.#create(action.chain);
      case "rename-chain":
        return this.#rename(action.chain, action.newName);
      case "delete-chain":
        return this.#remove(action.chain);
      case "policy":
        return this.#setPolicy(action.chain, action.policy);
      case "flush":
        return this.#each(action.chain, (chain) => {
          chain.rules = [];
        });
      case "zero":
        return this.#zero(action.chain, action.number);
      case "list":
      case "list-rules":
        return undefined;
    }
  }

  #newChain(name: string): EditedChain {
    const chain: EditedChain = { name, rules: [] };
    this.#chains.set(name, chain);
    this.userChains.add(name);
    return chain;
  }

  #insert(name: string, number: number, rules: readonly Rule[]): string | undefined {
    const chain = this.#chains.get(name);
    if (!chain) return NO_CHAIN;
    if (number > chain.rules.length + 1) return "Index of insertion too big.";
    chain.rules.splice(number - 1, 0, ...rules);
    return undefined;
  }

  #splice(name: string, number: number, rules: readonly Rule[]): string | undefined {
    const chain = this.#chains.get(name);
    if (!chain) return NO_CHAIN;
    if (number > chain.rules.length) {
      return rules.length ? "Index of replacement too big." : "Index of deletion too big.";
    }
    chain.rules.splice(number - 1, 1, ...rules);
    return undefined;
  }

  #delete(name: string, rules: readonly Rule[]): string | undefined {
    if (!this.#chains.has(name)) return NO_CHAIN;
    for (const rule of rules) {
      const index = this.#find(name, rule);
      if (index < 0) return NO_RULE;
      this.#chains.get(name)!.rules.splice(index, 1);
    }
    return undefined;
  }

  /** Rules are the same when they print the same. */
  #find(name: string, rule: Rule): number {
    const text = printRule(rule, name, this.#family);
    return this.#chains.get(name)?.rules.findIndex((other) => printRule(other, name, this.#family) === text) ?? -1;
  }

  #create(name: string): string | undefined {
    if (this.#chains.has(name)) return "Chain already exists.";
    this.#newChain(name);
    return undefined;
  }

  #rename(name: string, newName: string): string | undefined {
    const chain = this.#chains.get(name);
    if (!chain || !this.userChains.has(name)) return NO_CHAIN;
    if (this.#chains.has(newName)) return "File exists.";
    this.#remove(name, true);
    this.#chains.set(newName, { ...chain, name: newName });
    this.userChains.add(newName);
    for (const other of this.#chains.values()) other.rules = other.rules.map((rule) => retarget(rule, name, newName));
    return undefined;
  }

  #remove(name: string | undefined, renamed = false): string | undefined {
    if (name === undefined) {
      for (const user of [...this.userChains]) this.#remove(user);
      return undefined;
    }
    const chain = this.#chains.get(name);
    if (!chain || !this.userChains.has(name)) return NO_CHAIN;
    if (!renamed && chain.rules.length) return "Directory not empty.";
    if (!renamed && this.#isReferenced(name)) return "Too many links.";
    this.#chains.delete(name);
    this.userChains.delete(name);
    return undefined;
  }

  #isReferenced(name: string): boolean {
    return [...this.#chains.values()].some((chain) => chain.rules.some((rule) => chainOf(rule) === name));
  }

  #setPolicy(name: string, policy: "ACCEPT" | "DROP"): string | undefined {
    const chain = this.#chains.get(name);
    if (!chain || this.userChains.has(name)) return "Bad built-in chain name.";
    chain.policy = policy;
    return undefined;
  }

  #zero(name: string | undefined, number: number | undefined): string | undefined {
    const none = { packets: 0n, bytes: 0n };
    if (name !== undefined && number !== undefined && number > (this.#chains.get(name)?.rules.length ?? number)) {
      return "Index of counter too big.";
    }
    return this.#each(name, (chain) => {
      if (number === undefined) chain.counters = none;
      chain.rules = chain.rules.map((rule, i) =>
        number === undefined || number === i + 1 ? { ...rule, counters: none } : rule,
      );
    });
  }

  #each(name: string | undefined, change: (chain: EditedChain) => void): string | undefined {
    if (name !== undefined && !this.#chains.has(name)) return NO_CHAIN;
    for (const chain of this.#chains.values()) if (name === undefined || chain.name === name) change(chain);
    return undefined;
  }
}

const NO_CHAIN = "No chain/target/match by that name.";
const NO_RULE = "Bad rule (does a matching rule exist in that chain?).";

function chainOf(rule: Rule): string | undefined {
  const { target } = rule;
  return target && (target.kind === "jump" || target.kind === "goto") ? target.chain : undefined;
}

function retarget(rule: Rule, from: string, to: string): Rule {
  const { target } = rule;
  if (!target || (target.kind !== "jump" && target.kind !== "goto") || target.chain !== from) return rule;
  return { ...rule, target: { ...target, chain: to } };
}
