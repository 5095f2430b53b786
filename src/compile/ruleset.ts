import type { MatchKind } from "../../assembly/abi/rule.ts";
import type { ConfigError } from "../config/error.ts";
import type { Core } from "../core/core.ts";
import { ChainLayout, MatchLayout, RuleLayout } from "../core/layout.generated.ts";
import { getBigInt, getNumber } from "../core/record.ts";
import type { Family } from "../model/address.ts";
import { type LocalProcess, ROOT_PROCESS } from "../model/node.ts";
import { type NumberedRules, numberedRules } from "../model/rule-lines.ts";
import type { Counters, Rule, RulePlace, Ruleset, Table, TableName } from "../model/ruleset.ts";
import type { DeviceNumbers } from "./devices.ts";
import { NameNumbers, type RuleContext } from "./rules/context.ts";
import { CHAIN_BYTES, compileTable, HOOKS, RULE_BYTES, TABLE_NUMBERS } from "./rules/table.ts";

export interface RulesetsOptions {
  readonly devices: DeviceNumbers;
  /** The sets of the core. Default: there are none. */
  readonly sets?: RuleContext["sets"];
  /** Number of an object of nfacct in the core. Default: there are none. */
  readonly accountNumber?: (name: string) => number;
  /** Whose the node's own packets are. Default: root's. */
  readonly local?: LocalProcess;
  /** Told of every rule that is not emulated; it then matches nothing. Default: such a rule is an error. */
  readonly onUnsupported?: (error: ConfigError) => void;
}

/** What a rule's number in the core stands for. Numbers are never given again, so old paths stay readable. */
export interface RuleName {
  readonly family: Family;
  readonly table: TableName;
  readonly chain: string;
  /** Position in its chain, from 1. */
  readonly number: number;
  readonly rule: Rule;
  /** Does the chain belong to a hook? */
  readonly isBuiltIn: boolean;
  /**
   * Is it a bare ACCEPT, DROP or RETURN? The kernel's TRACE takes such a rule for the end of its chain and calls it
   * `policy` (built-in chains) or `return` (get_chainname_rulenum, net/ipv4/netfilter/ip_tables.c).
   */
  readonly isUnconditional: boolean;
}

export interface ChainName {
  readonly family: Family;
  readonly table: TableName;
  readonly chain: string;
  readonly isBuiltIn: boolean;
  /** Rules that it has; TRACE counts its end (policy or return) as one more. */
  readonly ruleCount: number;
}

/** A table that the core holds. */
interface LoadedTable {
  readonly family: Family;
  readonly table: Table;
  /** Number of its first rule. */
  readonly firstRule: number;
  readonly chainsAt: number;
  readonly rulesAt: number;
}

/** The rulesets of both families as the core holds them: loads them, replaces their tables, reads their counters. */
export class LoadedRulesets {
  readonly #core: Core;
  readonly #options: RulesetsOptions;
  readonly #names = new NameNumbers();
  /** By family and table, in the order in which they were loaded. */
  readonly #tables = new Map<string, LoadedTable>();
  /** First number of each table that was ever loaded, for finding names. */
  readonly #ruleBlocks: NumberBlock[] = [];
  readonly #chainBlocks: NumberBlock[] = [];
  #nextRule = 1;
  #nextChain = 1;

  constructor(core: Core, options: RulesetsOptions) {
    this.#core = core;
    this.#options = options;
  }

  /**
   * Loads all tables of a family; tables of it that were loaded before and are not in `ruleset` go.
   *
   * @param keepCounters start rules and policies at the model's counters (`iptables-restore -c`). Default: at zero.
   * @throws ConfigError for a rule that is not emulated, with its place.
   */
  load(ruleset: Ruleset, keepCounters = false): void {
    const { family, tables } = ruleset;
    const wanted = new Set(tables.map((table) => table.name));
    for (const loaded of [...this.#tables.values()]) {
      if (loaded.family === family && !wanted.has(loaded.table.name)) this.#unload(loaded);
    }
    for (const table of tables) this.replaceTable(family, table, keepCounters);
  }

  /**
   * Puts a table in place of the one of its name, as `iptables` does for every command: all its rules are new and begin
   * with fresh state. Read the old one's counters before (`read`), and put them into the new model.
   */
  replaceTable(family: Family, table: Table, keepCounters = true): void {
    const context = {
      family,
      table: table.name,
      devices: this.#options.devices,
      sets: this.#options.sets,
      accountNumber: this.#options.accountNumber ?? (() => 0),
      local: this.#options.local ?? ROOT_PROCESS,
      names: this.#names,
      at: { file: "", line: 0, column: 0 },
    };
    const compiled = compileTable(this.#core, table, context, {
      firstRule: this.#nextRule,
      firstChain: this.#nextChain,
      keepCounters,
      onUnsupported: this.#options.onUnsupported,
    });
    const image = compiled.image.base;
    this.#core.replaceTable(family, TABLE_NUMBERS[table.name], image);
    const loaded = {
      family,
      table,
      firstRule: this.#nextRule,
      chainsAt: image + compiled.chainsAt,
      rulesAt: image + compiled.rulesAt,
    };
    this.#tables.set(`${family} ${table.name}`, loaded);
    const rules = numberedRules(table);
    this.#ruleBlocks.push({ first: this.#nextRule, family, rules });
    this.#chainBlocks.push({ first: this.#nextChain, family, rules });
    this.#nextRule += compiled.ruleCount;
    this.#nextChain += rules.chainCount;
  }

  /** The tables of a family, with the counters that they were loaded with. */
  tables(family: Family): Table[] {
    return [...this.#tables.values()].filter((each) => each.family === family).map(({ table }) => table);
  }

  /** The ruleset of a family with its present counters; undefined when no table is loaded. */
  read(family: Family): Ruleset | undefined {
    const loaded = [...this.#tables.values()].filter((each) => each.family === family);
    if (loaded.length === 0) return undefined;
    this.#core.foldWalks();
    const view = new DataView(this.#core.memory.buffer);
    return { family, tables: loaded.map((each) => readTable(view, each)) };
  }

  /** What the number of a rule stands for, also after its table was replaced. */
  rule(id: number): RuleName | undefined {
    const block = findBlock(this.#ruleBlocks, id);
    if (!block) return undefined;
    const { chainCount, chainStarts } = block.rules;
    const number = id - block.first;
    if (number >= chainStarts[chainCount]!) return undefined;
    const chain = lastAtMost(chainCount, (i) => chainStarts[i]!, number);
    return nameRule(block, chain, number);
  }

  /** The number of the rule that stands there now; undefined when there is none. */
  ruleAt(family: Family, { table, chain, number }: RulePlace): number | undefined {
    const loaded = this.#tables.get(`${family} ${table}`);
    const rules = loaded && numberedRules(loaded.table);
    const found = rules?.chainNumber(chain);
    if (found === undefined) return undefined;
    const first = rules!.chainStarts[found]!;
    const isThere = number <= rules!.chainStarts[found + 1]! - first;
    return isThere ? loaded!.firstRule + first + number - 1 : undefined;
  }

  /** Where the core has the records of a rule's tests of a kind, in the order of the rule. */
  testsAt(family: Family, place: RulePlace, kind: MatchKind): number[] {
    const loaded = this.#tables.get(`${family} ${place.table}`);
    const id = this.ruleAt(family, place);
    if (!loaded || id === undefined) return [];
    const view = new DataView(this.#core.memory.buffer);
    const rule = loaded.rulesAt + (id - loaded.firstRule) * RULE_BYTES;
    const found: number[] = [];
    let at = getNumber(view, rule, RuleLayout.matches);
    for (let left = getNumber(view, rule, RuleLayout.matchCount); left > 0; left--) {
      if (getNumber(view, at, MatchLayout.kind) === kind) found.push(at + MatchLayout.byteLength);
      at += getNumber(view, at, MatchLayout.size);
    }
    return found;
  }

  /** What the number of a chain stands for. */
  chain(id: number): ChainName | undefined {
    const block = findBlock(this.#chainBlocks, id);
    if (!block || id - block.first >= block.rules.chainCount) return undefined;
    const { family, rules, first } = block;
    const chain = id - first;
    return {
      family,
      table: rules.name,
      chain: rules.chainName(chain),
      isBuiltIn: rules.policy(chain) !== undefined,
      ruleCount: rules.chainStarts[chain + 1]! - rules.chainStarts[chain]!,
    };
  }

  #unload(loaded: LoadedTable): void {
    this.#core.replaceTable(loaded.family, TABLE_NUMBERS[loaded.table.name], 0);
    this.#tables.delete(`${loaded.family} ${loaded.table.name}`);
  }
}

/** Numbers that a table got when it was loaded: from `first` on, in the order of the model. */
interface NumberBlock {
  readonly first: number;
  readonly family: Family;
  readonly rules: NumberedRules;
}

/** The last block that begins at or before `id`. */
function findBlock(blocks: readonly NumberBlock[], id: number): NumberBlock | undefined {
  return blocks[lastAtMost(blocks.length, (i) => blocks[i]!.first, id)];
}

/** Position of the last of some numbers, which do not fall, that is not above `limit`; -1 where all are above. */
function lastAtMost(count: number, numberAt: (position: number) => number, limit: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (numberAt(middle) <= limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function nameRule({ family, rules }: NumberBlock, chain: number, number: number): RuleName {
  const rule = rules.rule(number);
  const name = rules.chainName(chain);
  return {
    family,
    table: rules.name,
    chain: name,
    number: number - rules.chainStarts[chain]! + 1,
    rule,
    isBuiltIn: rules.policy(chain) !== undefined && HOOKS[name] !== undefined,
    isUnconditional: isUnconditional(rule),
  };
}

function isUnconditional(rule: Rule): boolean {
  const kind = rule.target?.kind;
  if (kind !== "ACCEPT" && kind !== "DROP" && kind !== "RETURN" && kind !== "QUEUE") return false;
  if (rule.matches.length > 0 || rule.source || rule.destination || rule.protocol || rule.fragment) return false;
  return !rule.inInterface && !rule.outInterface;
}

function readTable(view: DataView, { table, chainsAt, rulesAt }: LoadedTable): Table {
  let ruleAt = rulesAt;
  const chains = table.chains.map((chain, i) => {
    const rules = chain.rules.map((rule) => {
      const counters = readCounters(view, ruleAt, RuleLayout);
      ruleAt += RULE_BYTES;
      return { ...rule, counters };
    });
    if (chain.policy === undefined) return { ...chain, rules };
    return { ...chain, counters: readCounters(view, chainsAt + i * CHAIN_BYTES, ChainLayout), rules };
  });
  return { name: table.name, chains };
}

function readCounters(view: DataView, at: number, layout: typeof RuleLayout | typeof ChainLayout): Counters {
  return { packets: getBigInt(view, at, layout.packets), bytes: getBigInt(view, at, layout.bytes) };
}
