import type { Family, SourcePosition } from "../../model/address.ts";
import type { Counters, Ruleset, TableName } from "../../model/ruleset.ts";
import type { LabelNames } from "../connlabel.ts";
import { ConfigError } from "../error.ts";
import { splitWords, WordReader } from "../words.ts";
import { parseIptablesWords, tableName } from "./command.ts";
import { isVerdict } from "./rule.ts";
import { BUILT_IN_CHAINS, NO_DROP_IN_NAT } from "./rule-checks.ts";
import { TableEditor } from "./table-editor.ts";

export interface RulesetOptions {
  /** Told of every rule that this version cannot read because it uses an unknown extension; the rule is then left out. */
  readonly onUnsupported?: (error: ConfigError) => void;
  /** Names of connection labels. Default: they have none. */
  readonly labels?: LabelNames;
}

const HASH = 35;
const STAR = 42;
const COLON = 58;
const BRACKET = 91;

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
      if (end > start) this.#parseLine(text.slice(start, end), newline < 0);
      start = end + 1;
    }
    if (this.#table) {
      this.#line++;
      this.#fail(1, `COMMIT expected at line ${this.#line}`);
    }
    return { family: this.#family, tables: [...this.#tables.values()].map((editor) => editor.table) };
  }

  #parseLine(line: string, isLast: boolean): void {
    const first = line.charCodeAt(0);
    if (first === HASH) return;
    if (!this.#table) this.#startTable(line);
    else if (first === COLON) this.#declareChain(this.#table, line);
    else if (line === "COMMIT" && !isLast) this.#commit(this.#table);
    else this.#parseOrReport(this.#table, line);
  }

  #parseOrReport(table: TableEditor, line: string): void {
    try {
      this.#parseRule(table, line);
    } catch (error) {
      const report = this.#options.onUnsupported;
      if (!report || !(error instanceof ConfigError) || error.code !== "ERR_UNSUPPORTED") throw error;
      report(error);
    }
  }

  /** A table of the file replaces what was there of it before. */
  #startTable(line: string): void {
    if (line.charCodeAt(0) !== STAR) {
      this.#fail(1, `\`${firstWord(line)}' stands outside of a table; a line *TABLE must come first`);
    }
    const found = /^\*[ \t]*([^ \t]*)/.exec(line)!;
    const name = tableName(found[1]!);
    if (!name) this.#fail(2, `iptables-restore: unable to initialize table '${found[1]!.replace("\r", "\\r")}'`);
    this.#table = new TableEditor(name, this.#family);
  }

  #commit(table: TableEditor): void {
    this.#tables.delete(table.name);
    this.#tables.set(table.name, table);
    this.#table = undefined;
  }

  #declareChain(table: TableEditor, line: string): void {
    const [name = "", policy, counters] = line.slice(1).split(/[ \t]+/);
    if (policy === undefined) this.#fail(2, `policy invalid: chain \`${name}' has none (ACCEPT, DROP or -)`);
    const isBuiltIn = BUILT_IN_CHAINS[table.name].includes(name);
    if (policy !== "-" && policy !== "ACCEPT" && policy !== "DROP")
      this.#fail(name.length + 3, `invalid policy name \`${policy}'`);
    if (!isBuiltIn && policy !== "-") this.#fail(2, `Can't set policy \`${policy}' on \`${name}': no built-in chain`);
    if (name.length > 28) this.#fail(2, `Invalid chain name \`${name}' (28 chars max)`);
    if (isVerdict(name)) this.#fail(2, `error creating chain '${name}': File exists`);
    if (policy === "DROP" && table.name === "nat") {
      this.#fail(name.length + 3, NO_DROP_IN_NAT);
    }
    table.declare(name, policy === "-" ? undefined : policy, this.#chainCounters(name, counters));
  }

  #chainCounters(name: string, text: string | undefined): Counters | undefined {
    if (text === undefined || text === "") return undefined;
    const found = /^\[([0-9]+):([0-9]+)\]$/.exec(text);
    if (!found) return this.#fail(1, `invalid policy counters for chain '${name}': ${text}`);
    return { packets: BigInt(found[1]!), bytes: BigInt(found[2]!) };
  }

  #parseRule(table: TableEditor, line: string): void {
    const { counters, from } = this.#ruleCounters(line);
    const reader = new WordReader(this.#file, this.#line, splitWords(line, from));
    const command = parseIptablesWords(reader, {
      family: this.#family,
      table: table.name,
      chains: table.userChains,
      counters,
      labels: this.#options.labels,
    });
    const complaint = command && table.apply(command.action);
    if (complaint) reader.fail(reader.words[1], `iptables-restore: line ${this.#line} failed: ${complaint}`);
  }

  /** `[12:3456] ` before a rule; the counters of the tools never have a sign. */
  #ruleCounters(line: string): { counters?: Counters; from: number } {
    if (line.charCodeAt(0) !== BRACKET) return { from: 0 };
    const colon = line.indexOf(":");
    const close = line.indexOf("]");
    const packets = line.slice(1, colon);
    const bytes = line.slice(colon + 1, close);
    if (colon < 0 || close < colon || !isDecimal(packets) || !isDecimal(bytes)) {
      this.#fail(1, `Bad line: counters must be [PACKETS:BYTES], not \`${firstWord(line)}'`);
    }
    return { counters: { packets: BigInt(packets), bytes: BigInt(bytes) }, from: close + 1 };
  }

  #fail(column: number, detail: string): never {
    const at: SourcePosition = { file: this.#file, line: this.#line, column };
    throw new ConfigError("ERR_SYNTAX", at, detail);
  }
}

function isDecimal(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c < 48 || c > 57) return false;
  }
  return text.length > 0;
}

function firstWord(line: string): string {
  return line.split(/[ \t]/, 1)[0]!;
}
