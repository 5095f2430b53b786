import type { Family } from "../../../model/address.ts";
import type { IptablesAction } from "../../../model/command.ts";
import type { RuleLines } from "../../../model/rule-lines.ts";
import type { Rule, TableName } from "../../../model/ruleset.ts";
import type { LabelNames } from "../../connlabel.ts";
import { ConfigError } from "../../error.ts";
import { parseCommandLine } from "../save-lines.ts";
import { BRACKET, SPACE } from "./bytes.ts";
import { countersAt, endOfCounters } from "./counters.ts";
import type { FileLines } from "./file-lines.ts";
import { HoleReader } from "./hole-reader.ts";
import { LineShapes, UNKNOWN_SHAPE } from "./line-shapes.ts";
import { RuleColumns } from "./rule-columns.ts";
import { TableChains } from "./table-chains.ts";
import { TableLines } from "./table-lines.ts";

export interface TableOptions {
  readonly family: Family;
  readonly table: TableName;
  readonly labels?: LabelNames;
  /** Told of rules with an unknown extension, which are left out. Default: the table is not read. */
  readonly onUnsupported?: (error: ConfigError) => void;
}

/** Instead of the end of a line: the file is not to be read in this way. */
export const GIVE_UP = -1;

/** Reads the lines of one table. */
export class LineReader {
  readonly name: TableName;
  readonly #lines: FileLines;
  readonly #options: TableOptions;
  readonly #chains: TableChains;
  readonly #holes: HoleReader;
  readonly #shapes: LineShapes;
  readonly #rules = new RuleColumns();

  constructor(lines: FileLines, options: TableOptions) {
    this.name = options.table;
    this.#lines = lines;
    this.#options = options;
    this.#chains = new TableChains(lines, this.name);
    this.#holes = new HoleReader(lines.bytes, this.#chains);
    this.#shapes = new LineShapes(lines.bytes, this.#holes);
  }

  /** Reads a `:CHAIN` line. @returns where it ends, or {@link GIVE_UP}. */
  readChain(start: number, number: number): number {
    return this.#chains.declare(start, number);
  }

  /** Reads a rule's line, counters before it included. @returns where it ends, or {@link GIVE_UP}. */
  readRule(start: number, number: number): number {
    const at = this.#startOfWords(start);
    const firstValue = this.#holes.values.length;
    const shape = at < 0 ? UNKNOWN_SHAPE : this.#shapes.find(at);
    if (shape === UNKNOWN_SHAPE) return this.#readUnknown(start, at, number);
    const builtIn = this.#shapes.builtInChains[shape]!;
    this.#rules.add(builtIn < 0 ? this.#holes.chain : builtIn, shape, start, number, firstValue);
    return this.#shapes.end;
  }

  /** All that was read. */
  finish(): RuleLines {
    return new TableLines({
      lines: this.#lines,
      family: this.#options.family,
      labels: this.#options.labels,
      chains: this.#chains,
      shapes: this.#shapes.shapes,
      rules: this.#rules.byChain(this.#chains.count),
      values: this.#holes.values.values,
    });
  }

  /** Negative for a line that begins unusually. */
  #startOfWords(start: number): number {
    const { bytes } = this.#lines;
    if (bytes[start] !== BRACKET) return start;
    const end = endOfCounters(bytes, start);
    return end >= 0 && bytes[end] === SPACE ? end + 1 : -1;
  }

  /** Reads a line whose shape is not known, and learns it. */
  #readUnknown(start: number, startOfWords: number, number: number): number {
    const action = this.#parse(start, number);
    if (action === undefined) return this.#lines.endOf(start);
    if (action.verb !== "append") return GIVE_UP;
    const chain = this.#chains.find(action.chain);
    if (chain < 0) return GIVE_UP;
    for (const rule of action.rules) {
      this.#rules.addParsed(rule, chain, start, number, this.#holes.values.length);
    }
    const [rule, ...others] = action.rules;
    if (rule && others.length === 0 && startOfWords >= 0 && this.#hasCountersOfLine(rule, start)) {
      this.#shapes.learn(startOfWords, rule, this.#chains.isBuiltIn(chain) ? chain : -1);
    }
    return this.#lines.endOf(start);
  }

  /** Are the rule's counters those before it, and not set by `-c`? */
  #hasCountersOfLine({ counters }: Rule, start: number): boolean {
    const { bytes } = this.#lines;
    if (bytes[start] !== BRACKET) return counters === undefined;
    const own = countersAt(bytes, start);
    return counters?.packets === own.packets && counters.bytes === own.bytes;
  }

  /** What a line asks for; undefined for one that is left out. */
  #parse(start: number, number: number): IptablesAction | undefined {
    const { family, table, labels, onUnsupported } = this.#options;
    try {
      const context = { family, table, labels, chains: this.#chains };
      return parseCommandLine(this.#lines.line(start, number), context).command?.action;
    } catch (error) {
      if (!onUnsupported || !(error instanceof ConfigError) || error.code !== "ERR_UNSUPPORTED") throw error;
      onUnsupported(error);
      return undefined;
    }
  }
}
