import { Hook, Table as TableNumber, Verdict } from "../../../assembly/abi/netfilter.ts";
import { ConfigError } from "../../config/error.ts";
import type { Core } from "../../core/core.ts";
import { ChainLayout, RuleLayout, TableImageLayout } from "../../core/layout.generated.ts";
import { stride } from "../../core/record.ts";
import { linesOf, type NumberedRules, numberedRules } from "../../model/rule-lines.ts";
import type { Counters, Rule, Table, TableName } from "../../model/ruleset.ts";
import type { RuleContext } from "./context.ts";
import { DeviceBitmaps } from "./device-bitmaps.ts";
import { Image } from "./image.ts";
import { type RuleWriter, writeRule } from "./rule.ts";
import { ShapeCopies } from "./shape-copies.ts";

export const CHAIN_BYTES = stride(ChainLayout);
export const RULE_BYTES = stride(RuleLayout);

export const TABLE_NUMBERS: Readonly<Record<TableName, TableNumber>> = {
  raw: TableNumber.Raw,
  mangle: TableNumber.Mangle,
  nat: TableNumber.Nat,
  filter: TableNumber.Filter,
  security: TableNumber.Security,
};

/** Bytes of the matches and the target of most rules. */
const USUAL_RECORDS = 64;

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
export function compileTable(core: Core, table: Table, context: RuleContext, options: TableOptions): CompiledTable {
  const { chainCount, chainStarts } = numberedRules(table);
  const ruleCount = chainStarts[chainCount]!;
  const image = new Image(core, chainCount * CHAIN_BYTES + ruleCount * (RULE_BYTES + USUAL_RECORDS) + 4096);
  try {
    return writeTable(image, table, context, options);
  } catch (error) {
    image.release();
    throw error;
  }
}

function writeTable(image: Image, table: Table, context: RuleContext, options: TableOptions): CompiledTable {
  const rules = numberedRules(table);
  const { chainCount, chainStarts } = rules;
  const ruleCount = chainStarts[chainCount]!;
  const header = image.reserve(TableImageLayout.byteLength);
  const chainsAt = image.reserve(chainCount * CHAIN_BYTES);
  const rulesAt = image.reserve(ruleCount * RULE_BYTES);
  image.point(header, TableImageLayout.chains, chainsAt);
  image.set(header, TableImageLayout.chainCount, chainCount);
  image.point(header, TableImageLayout.rules, rulesAt);
  image.set(header, TableImageLayout.ruleCount, ruleCount);

  const bitmaps = new DeviceBitmaps(image, context.devices);
  const chainAt = (name: string) => {
    const chain = rules.chainNumber(name);
    return chain === undefined ? undefined : chainsAt + chain * CHAIN_BYTES;
  };
  const writer: RuleWriter = { image, bitmaps, chainAt };
  const lines = linesOf(table);
  const copies = lines && new ShapeCopies(lines, image, (chain) => chainsAt + chain * CHAIN_BYTES);
  for (let chain = 0; chain < chainCount; chain++) {
    const at = chainsAt + chain * CHAIN_BYTES;
    writeChain(image, at, rules, chain, {
      id: options.firstChain + chain,
      rulesAt,
      keepCounters: options.keepCounters,
    });
    const hook = rules.policy(chain) === undefined ? undefined : HOOKS[rules.chainName(chain)];
    if (hook !== undefined) image.point(header, HOOK_FIELDS[hook]!, at);
    for (let number = chainStarts[chain]!; number < chainStarts[chain + 1]!; number++) {
      const ruleAt = rulesAt + number * RULE_BYTES;
      image.setUint32(ruleAt + RuleLayout.id.offset, options.firstRule + number);
      if (options.keepCounters) writeCounters(image, ruleAt, RuleLayout, rules.ruleCounters(number));
      if (copies?.write(number, ruleAt)) continue;
      const rule = rules.rule(number);
      context.at = rule.at;
      const addressesBefore = image.addressCount;
      const isWritten = writeOrReport(writer, ruleAt, rule, context, options);
      if (isWritten) copies?.keep(number, ruleAt, addressesBefore);
    }
  }
  return { image, chainsAt, rulesAt, ruleCount };
}

interface ChainPlace {
  readonly id: number;
  /** Where the table's rules begin. */
  readonly rulesAt: number;
  readonly keepCounters: boolean;
}

function writeChain(image: Image, at: number, rules: NumberedRules, chain: number, place: ChainPlace): void {
  const first = rules.chainStarts[chain]!;
  image.point(at, ChainLayout.rules, place.rulesAt + first * RULE_BYTES);
  image.set(at, ChainLayout.ruleCount, rules.chainStarts[chain + 1]! - first);
  image.set(at, ChainLayout.id, place.id);
  image.set(at, ChainLayout.policy, verdictOf(rules.policy(chain)));
  if (place.keepCounters) writeCounters(image, at, ChainLayout, rules.chainCounters(chain));
}

function verdictOf(policy: "ACCEPT" | "DROP" | undefined): Verdict {
  if (policy === undefined) return Verdict.Return;
  return policy === "ACCEPT" ? Verdict.Accept : Verdict.Drop;
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

/** @returns false for a rule that was reported. */
function writeOrReport(
  writer: RuleWriter,
  at: number,
  rule: Rule,
  context: RuleContext,
  options: TableOptions,
): boolean {
  try {
    writeRule(writer, at, rule, context);
    return true;
  } catch (error) {
    if (!options.onUnsupported || !(error instanceof ConfigError) || error.code !== "ERR_UNSUPPORTED") throw error;
    options.onUnsupported(error);
    writer.image.set(at, RuleLayout.matchCount, 0);
    writer.image.set(at, RuleLayout.targetKind, 0);
    writer.image.point(at, RuleLayout.inDevices, writer.bitmaps.none());
    return false;
  }
}
