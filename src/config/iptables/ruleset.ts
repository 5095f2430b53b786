import type { Family } from "../../model/address.ts";
import type { Ruleset, TableName } from "../../model/ruleset.ts";
import type { LabelNames } from "../connlabel.ts";
import { ConfigError } from "../error.ts";
import { parseChainLine, parseCommandLine, parseTableLine, refuse, type SavedLine } from "./save-lines.ts";
import { TableEditor } from "./table-editor.ts";

export interface RulesetOptions {
  /** Told of every rule that this version cannot read because it uses an unknown extension; the rule is then left out. */
  readonly onUnsupported?: (error: ConfigError) => void;
  /** Names of connection labels. Default: they have none. */
  readonly labels?: LabelNames;
}

const HASH = 35;
const COLON = 58;

/**
 * Parses what iptables-save or ip6tables-save printed, of either backend, with or without counters.
 *
 * @throws ConfigError at the first word that iptables-restore would refuse as well.
 */
export function parseRuleset(text: string, family: Family, file: string, options: RulesetOptions = {}): Ruleset {
  return new RulesetParser(family, file, options).parse(text);
}

class RulesetParser {
  readonly #family: Family;
  readonly #file: string;
  readonly #options: RulesetOptions;
  readonly #tables = new Map<TableName, TableEditor>();
  #table?: TableEditor;
  #line = 0;

  constructor(family: Family, file: string, options: RulesetOptions) {
    this.#family = family;
    this.#file = file;
    this.#options = options;
  }

  parse(text: string): Ruleset {
    for (let start = 0; start < text.length; ) {
      const newline = text.indexOf("\n", start);
      const end = newline < 0 ? text.length : newline;
      this.#line++;
      if (end > start) this.#parseLine(this.#savedLine(text.slice(start, end)), newline < 0);
      start = end + 1;
    }
    if (this.#table) {
      this.#line++;
      refuse(this.#savedLine(""), 1, `COMMIT expected at line ${this.#line}`);
    }
    return { family: this.#family, tables: [...this.#tables.values()].map((editor) => editor.table) };
  }

  #savedLine(text: string): SavedLine {
    return { text, file: this.#file, number: this.#line };
  }

  #parseLine(line: SavedLine, isLast: boolean): void {
    const first = line.text.charCodeAt(0);
    if (first === HASH) return;
    if (!this.#table) this.#table = new TableEditor(parseTableLine(line), this.#family);
    else if (first === COLON) this.#declareChain(this.#table, line);
    else if (line.text === "COMMIT" && !isLast) this.#commit(this.#table);
    else this.#parseOrReport(this.#table, line);
  }

  #parseOrReport(table: TableEditor, line: SavedLine): void {
    try {
      this.#parseRule(table, line);
    } catch (error) {
      const report = this.#options.onUnsupported;
      if (!report || !(error instanceof ConfigError) || error.code !== "ERR_UNSUPPORTED") throw error;
      report(error);
    }
  }

  /** A table of the file replaces what was there of it before. */
  #commit(table: TableEditor): void {
    this.#tables.delete(table.name);
    this.#tables.set(table.name, table);
    this.#table = undefined;
  }

  #declareChain(table: TableEditor, line: SavedLine): void {
    const { name, policy, counters } = parseChainLine(line, table.name);
    table.declare(name, policy, counters);
  }

  #parseRule(table: TableEditor, line: SavedLine): void {
    const context = {
      family: this.#family,
      table: table.name,
      chains: table.userChains,
      labels: this.#options.labels,
    };
    const { command, reader } = parseCommandLine(line, context);
    const complaint = command && table.apply(command.action);
    if (complaint) reader.fail(reader.words[1], `iptables-restore: line ${this.#line} failed: ${complaint}`);
  }
}
