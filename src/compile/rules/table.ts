import { Hook, Table as TableNumber, Verdict } from "../../../assembly/abi/netfilter.ts";
import { ConfigError } from "../../config/error.ts";
import { ChainLayout, RuleLayout, TableImageLayout } from "../../core/layout.generated.ts";
import { stride } from "../../core/record.ts";
import type { Chain, Counters, Rule, Table, TableName } from "../../model/ruleset.ts";
import type { RuleContext } from "./context.ts";
import { DeviceBitmaps } from "./device-bitmaps.ts";
import { Image } from "./image.ts";
import { type RuleWriter, writeRule } from "./rule.ts";

export const CHAIN_BYTES = stride(ChainLayout);
export const RULE_BYTES = stride(RuleLayout);

export const TABLE_NUMBERS: Readonly<Record<TableName, TableNumber>> = {
  raw: TableNumber.Raw,
  mangle: TableNumber.Mangle,
  nat: TableNumber.Nat,
  filter: TableNumber.Filter,
  security: TableNumber.Security,
};

/** Built-in chains by the hook that calls them. */
export const HOOKS: Readonly<Record<string, Hook>> = {
  PREROUTING: Hook.PreRouting,
  INPUT: Hook.Input,
  FORWARD: Hook.Forward,
  OUTPUT: Hook.Output,
  POSTROUTING: Hook.PostRouting,
};

const HOOK_FIELDS = [
  TableImageLayout.preRouting,
  TableImageLayout.input,
  TableImageLayout.forward,
  TableImageLayout.output,
  TableImageLayout.postRouting,
];

export interface TableOptions {
  /** Id of the first rule and of the first chain. */
  readonly firstRule: number;
  readonly firstChain: number;
  /** Start the counters at the model's, not at zero. */
  readonly keepCounters: boolean;
  /** Told of every rule that is not emulated; it then matches nothing. Without this such a rule is an error. */
  readonly onUnsupported?: (error: ConfigError) => void;
}

/** A table in the form in which the core takes it. */
export interface CompiledTable {
  readonly image: Image;
  /** Where the chains and the rules begin in the image; both in the order of the model. */
  readonly chainsAt: number;
  readonly rulesAt: number;
  readonly ruleCount: number;
}

/** @throws ConfigError for a rule that is not emulated. */
export function compileTable(table: Table, context: RuleContext, options: TableOptions): CompiledTable {
  const image = new Image();
  const header = image.reserve(TableImageLayout.byteLength);
  const chainsAt = image.reserve(table.chains.length * CHAIN_BYTES);
  const ruleCount = table.chains.reduce((sum, chain) => sum + chain.rules.length, 0);
  const rulesAt = image.reserve(ruleCount * RULE_BYTES);
  const chainsByName = new Map(table.chains.map((chain, i) => [chain.name, chainsAt + i * CHAIN_BYTES]));
  image.point(header, TableImageLayout.chains, chainsAt);
  image.set(header, TableImageLayout.chainCount, table.chains.length);
  image.point(header, TableImageLayout.rules, rulesAt);
  image.set(header, TableImageLayout.ruleCount, ruleCount);

  const bitmaps = new DeviceBitmaps(image, context.devices);
  const writer: RuleWriter = { image, bitmaps, chainAt: (name) => chainsByName.get(name) };
  let rulesBefore = 0;
  for (const [i, chain] of table.chains.entries()) {
    const at = chainsAt + i * CHAIN_BYTES;
    const firstAt = rulesAt + rulesBefore * RULE_BYTES;
    writeChain(image, at, chain, options.firstChain + i, firstAt, options.keepCounters);
    const hook = chain.policy === undefined ? undefined : HOOKS[chain.name];
    if (hook !== undefined) image.point(header, HOOK_FIELDS[hook]!, at);
    for (const [j, rule] of chain.rules.entries()) {
      const ruleAt = firstAt + j * RULE_BYTES;
      image.set(ruleAt, RuleLayout.id, options.firstRule + rulesBefore + j);
      if (options.keepCounters) writeCounters(image, ruleAt, RuleLayout, rule.counters);
      context.at = rule.at;
      writeOrReport(writer, ruleAt, rule, context, options);
    }
    rulesBefore += chain.rules.length;
  }
  return { image, chainsAt, rulesAt, ruleCount };
}

function writeChain(image: Image, at: number, chain: Chain, id: number, rulesAt: number, keepCounters: boolean): void {
  image.point(at, ChainLayout.rules, rulesAt);
  image.set(at, ChainLayout.ruleCount, chain.rules.length);
  image.set(at, ChainLayout.id, id);
  image.set(at, ChainLayout.policy, policyOf(chain));
  if (keepCounters) writeCounters(image, at, ChainLayout, chain.counters);
}

function policyOf(chain: Chain): Verdict {
  if (chain.policy === undefined) return Verdict.Return;
  return chain.policy === "ACCEPT" ? Verdict.Accept : Verdict.Drop;
}

function writeCounters(
  image: Image,
  at: number,
  layout: typeof RuleLayout | typeof ChainLayout,
  counters: Counters | undefined,
): void {
  if (!counters) return;
  image.set(at, layout.packets, counters.packets);
  image.set(at, layout.bytes, counters.bytes);
}

function writeOrReport(writer: RuleWriter, at: number, rule: Rule, context: RuleContext, options: TableOptions): void {
  try {
    writeRule(writer, at, rule, context);
  } catch (error) {
    if (!options.onUnsupported || !(error instanceof ConfigError) || error.code !== "ERR_UNSUPPORTED") throw error;
    options.onUnsupported(error);
    writer.image.set(at, RuleLayout.matchCount, 0);
    writer.image.set(at, RuleLayout.targetKind, 0);
    writer.image.point(at, RuleLayout.inDevices, writer.bitmaps.none());
  }
}
