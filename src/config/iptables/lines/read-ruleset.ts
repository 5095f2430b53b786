import type { Family } from "../../../model/address.ts";
import { tableOfLines } from "../../../model/rule-lines.ts";
import type { Ruleset, TableName } from "../../../model/ruleset.ts";
import { ConfigError } from "../../error.ts";
import { parseRuleset, type RulesetOptions } from "../ruleset.ts";
import { parseTableLine } from "../save-lines.ts";
import { BRACKET, COLON, DASH, HASH, NEWLINE, STAR } from "./bytes.ts";
import { FileLines } from "./file-lines.ts";
import { LineReader } from "./line-reader.ts";

/**
 * Reads what iptables-save or ip6tables-save printed, as `parseRuleset` does, for files of any length: the tables keep
 * their lines, and rules become objects when they are asked for.
 *
 * @throws ConfigError at the first word that iptables-restore would refuse as well.
 */
export function readRuleset(bytes: Uint8Array, family: Family, file: string, options: RulesetOptions = {}): Ruleset {
  const read = new FileReader(bytes, family, file, options).read();
  return read ?? parseRuleset(new TextDecoder().decode(bytes), family, file, options);
}

const COMMIT = new TextEncoder().encode("COMMIT\n");

/** Reads a file line by line, and gives up where something is not as iptables-save writes it, or would be refused. */
class FileReader {
  readonly #lines: FileLines;
  readonly #family: Family;
  readonly #options: RulesetOptions;
  readonly #tables = new Map<TableName, LineReader>();
  readonly #unsupported: ConfigError[] = [];

  constructor(bytes: Uint8Array, family: Family, file: string, options: RulesetOptions) {
    this.#lines = new FileLines(bytes, file);
    this.#family = family;
    this.#options = options;
  }

  /** undefined: the file is for the parser that knows all, and says what is wrong. */
  read(): Ruleset | undefined {
    if (!this.#lines.endsWithNewline) return undefined;
    try {
      if (!this.#readAll()) return undefined;
    } catch (error) {
      if (error instanceof ConfigError) return undefined;
      throw error;
    }
    for (const error of this.#unsupported) this.#options.onUnsupported!(error);
    return { family: this.#family, tables: [...this.#tables.values()].map((table) => tableOfLines(table.finish())) };
  }

  #readAll(): boolean {
    const lines = this.#lines;
    const { bytes } = lines;
    let table: LineReader | undefined;
    for (let number = 1, start = lines.start; start < bytes.length; number++) {
      const first = bytes[start]!;
      let end = -1;
      if (first === NEWLINE) end = start;
      else if (first === HASH) end = lines.endOf(start);
      else if (!table) {
        if (first !== STAR) return false;
        end = lines.endOf(start);
        table = this.#startTable(start, number);
      } else if (first === DASH || first === BRACKET) end = table.readRule(start, number);
      else if (first === COLON) end = table.readChain(start, number);
      else if (lines.isLine(start, COMMIT)) {
        end = start + COMMIT.length - 1;
        this.#commit(table);
        table = undefined;
      }
      if (end < 0) return false;
      start = end + 1;
    }
    return table === undefined;
  }

  #startTable(start: number, number: number): LineReader {
    const name = parseTableLine(this.#lines.line(start, number));
    const { onUnsupported, labels } = this.#options;
    return new LineReader(this.#lines, {
      family: this.#family,
      table: name,
      labels,
      onUnsupported: onUnsupported && ((error) => this.#unsupported.push(error)),
    });
  }

  /** A table of the file replaces what was there of it before. */
  #commit(table: LineReader): void {
    this.#tables.delete(table.name);
    this.#tables.set(table.name, table);
  }
}
