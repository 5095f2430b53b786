import { ConfigError } from "../config/error.ts";
import { parseIptablesWords, tableOf } from "../config/iptables/command.ts";
import { checkTable } from "../config/iptables/table-checks.ts";
import type { TableEditor } from "../config/iptables/table-editor.ts";
import { WordReader } from "../config/words.ts";
import type { IptablesAction } from "../model/command.ts";
import { type Answer, wrote } from "./answer.ts";
import { dumpTable } from "./iptables-dump.ts";
import { commandFailure } from "./iptables-failure.ts";
import { type ListFormat, listRules, listTable, printVerboseRule } from "./iptables-list.ts";
import type { IptablesState } from "./iptables-state.ts";
import { checkReferences, type NodeObjects } from "./objects.ts";

/** Runs `iptables WORDS` or `ip6tables WORDS`. */
export function runIptables(state: IptablesState, objects: NodeObjects, words: readonly string[]): Answer {
  const tool = state.family === 4 ? "iptables" : "ip6tables";
  if (words.some((word) => word === "-V" || word === "--version")) return wrote(`${tool} v1.8.9 (legacy)\n`);
  try {
    const reader = new WordReader(
      tool,
      1,
      words.map((text, i) => ({ text, column: i + 1 })),
    );
    const name = tableOf(reader);
    const table = state.edit(name);
    const command = parseIptablesWords(reader, { family: state.family, chains: table.userChains });
    if (!command) return wrote("");
    const dump = verbosityOf(words) > 1 ? dumpTable(table.table, state.family) : "";
    return wrote(runAction(state, table, command.action, objects, formatOf(words)) + dump);
  } catch (error) {
    return commandFailure(tool, error);
  }
}

function runAction(
  state: IptablesState,
  table: TableEditor,
  action: IptablesAction,
  objects: NodeObjects,
  format: ListFormat,
): string {
  const text = actionText(state, table, action, format);
  if ("rules" in action) for (const rule of action.rules) checkReferences(rule, state.family, objects);
  applyAction(table, action);
  const complaint = checkTable(table.table, state.family, state.tables);
  if (complaint) fail(complaint.text);
  state.replace(table);
  return text;
}

/** @throws ConfigError with the complaint of what keeps the tables. */
export function applyAction(table: TableEditor, action: IptablesAction): void {
  const complaint = table.apply(action);
  if (complaint) fail(complaint);
  if ((action.verb === "list" || action.verb === "list-rules") && action.zero) {
    table.apply({ verb: "zero", chain: action.chain });
  }
}

/** What the command prints, from the table before it is changed. */
export function actionText(
  state: IptablesState,
  table: TableEditor,
  action: IptablesAction,
  format: ListFormat,
): string {
  switch (action.verb) {
    case "list":
      return listTable(table.table, state.family, action, format) + zeroText(table, action, format);
    case "list-rules":
      return listRules(table.table, state.family, action, format) + zeroText(table, action, format);
    case "append":
    case "delete":
    case "insert":
    case "replace":
    case "check":
      if (!format.verbose) return "";
      return action.rules.map((rule) => printVerboseRule(rule, state.family)).join("");
    case "flush":
      return format.verbose ? chainLines("Flushing", chainNames(table, action.chain)) : "";
    case "delete-chain":
      return format.verbose ? chainLines("Deleting", chainNames(table, action.chain, true)) : "";
    case "zero":
      return action.number === undefined ? zeroText(table, { ...action, zero: true }, format) : "";
    default:
      return "";
  }
}

function zeroText(table: TableEditor, action: { zero: boolean; chain?: string }, format: ListFormat): string {
  return action.zero && format.verbose ? chainLines("Zeroing", chainNames(table, action.chain)) : "";
}

function chainNames(table: TableEditor, chain: string | undefined, onlyUser = false): string[] {
  if (chain !== undefined) return [chain];
  const names = table.table.chains.map(({ name }) => name);
  return onlyUser ? names.filter((name) => table.userChains.has(name)) : names;
}

export function chainLines(what: string, names: readonly string[]): string {
  return names.map((name) => `${what} chain \`${name}'\n`).join("");
}

function fail(detail: string): never {
  throw new ConfigError("ERR_VALUE", { file: "command", line: 1, column: 1 }, detail);
}

/** How often `-v` was given; from twice on, the kernel's table is printed, too. */
function verbosityOf(words: readonly string[]): number {
  const letters = words.filter((word) => /^-[nvxLSZ0-9]+$/.test(word)).join("");
  return letters.split("v").length - 1 + words.filter((word) => word === "--verbose").length;
}

/** Options of listings, whichever word of short letters they stand in. */
function formatOf(words: readonly string[]): ListFormat {
  const has = (letter: string, ...names: readonly string[]) =>
    words.some((word) => names.includes(word) || (/^-[nvxLSZ0-9]+$/.test(word) && word.includes(letter)));
  return {
    numeric: has("n", "--numeric"),
    verbose: has("v", "--verbose"),
    exact: has("x", "--exact"),
    lineNumbers: words.includes("--line-numbers") || words.includes("--line-number"),
  };
}
