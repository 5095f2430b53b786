import { TableEditor } from "../config/iptables/table-editor.ts";
import type { Family } from "../model/address.ts";
import type { Rule, Table, TableName } from "../model/ruleset.ts";

/** The tables of one family as the tools see them. */
export class IptablesState {
  readonly family: Family;
  /** In the order of their first use. */
  readonly #tables = new Map<TableName, TableEditor>();

  constructor(family: Family) {
    this.family = family;
  }

  /** A table appears when a tool first asks for it. */
  table(name: TableName): TableEditor {
    const found = this.#tables.get(name) ?? new TableEditor(name, this.family);
    this.#tables.set(name, found);
    return found;
  }

  /** A copy to change, which `replace` puts in place. */
  edit(name: TableName): TableEditor {
    return new TableEditor(name, this.family, this.table(name).table);
  }

  replace(table: TableEditor): void {
    this.#tables.set(table.name, table);
  }

  /** As iptables-save lists them: the newest first. */
  get tables(): Table[] {
    return [...this.#tables.values()].reverse().map((editor) => editor.table);
  }

  *rules(): Generator<Rule> {
    for (const table of this.tables) for (const chain of table.chains) yield* chain.rules;
  }
}
