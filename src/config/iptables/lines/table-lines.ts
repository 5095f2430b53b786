import type { Family } from "../../../model/address.ts";
import { NO_SHAPE, type RuleLines, type RuleShape } from "../../../model/rule-lines.ts";
import type { Counters, Rule, TableName } from "../../../model/ruleset.ts";
import type { LabelNames } from "../../connlabel.ts";
import { parseCommandLine } from "../save-lines.ts";
import { BRACKET } from "./bytes.ts";
import { countersAt } from "./counters.ts";
import type { FileLines } from "./file-lines.ts";
import type { RulesByChain } from "./rule-columns.ts";
import type { TableChains } from "./table-chains.ts";

/** What a table's lines were read into. */
export interface ReadLines {
  readonly lines: FileLines;
  readonly family: Family;
  readonly labels?: LabelNames;
  readonly chains: TableChains;
  readonly shapes: readonly RuleShape[];
  readonly rules: RulesByChain;
  readonly values: Uint32Array;
}

/** A table whose rules stay in the bytes of its file. */
export class TableLines implements RuleLines {
  readonly name: TableName;
  readonly chainCount: number;
  readonly chainStarts: Uint32Array;
  readonly shapes: readonly RuleShape[];
  readonly shapeOf: Uint32Array;
  readonly values: Uint32Array;
  readonly valueStarts: Uint32Array;
  readonly #read: ReadLines;

  constructor(read: ReadLines) {
    this.#read = read;
    this.name = read.chains.table;
    this.chainCount = read.chains.count;
    this.chainStarts = read.rules.chainStarts;
    this.shapes = read.shapes;
    this.shapeOf = read.rules.shapes;
    this.values = read.values;
    this.valueStarts = read.rules.valueStarts;
  }

  chainName(chain: number): string {
    return this.#read.chains.name(chain);
  }

  chainNumber(name: string): number | undefined {
    const chain = this.#read.chains.find(name);
    return chain < 0 ? undefined : chain;
  }

  policy(chain: number): "ACCEPT" | "DROP" | undefined {
    return this.#read.chains.policy(chain);
  }

  chainCounters(chain: number): Counters | undefined {
    return this.#read.chains.counters(chain);
  }

  ruleCounters(number: number): Counters | undefined {
    const { lines, rules } = this.#read;
    if (rules.shapes[number] === NO_SHAPE) return this.rule(number).counters;
    const start = rules.lineStarts[number]!;
    return lines.bytes[start] === BRACKET ? countersAt(lines.bytes, start) : undefined;
  }

  rule(number: number): Rule {
    const { parsed } = this.#read.rules;
    let rule = parsed.get(number);
    if (!rule) {
      rule = this.#parse(number);
      parsed.set(number, rule);
    }
    return rule;
  }

  /** The line was read before, so that it is known to be one rule of a chain. */
  #parse(number: number): Rule {
    const { lines, rules, family, chains, labels } = this.#read;
    const line = lines.line(rules.lineStarts[number]!, rules.lineNumbers[number]!);
    const { command } = parseCommandLine(line, { family, table: this.name, chains, labels });
    return (command!.action as { readonly rules: readonly Rule[] }).rules[0]!;
  }
}
