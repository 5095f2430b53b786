import type { Family } from "../../model/address.ts";
import type { IptablesCommand } from "../../model/command.ts";
import type { Counters, TableName } from "../../model/ruleset.ts";
import type { LabelNames } from "../connlabel.ts";
import { ConfigError } from "../error.ts";
import { splitWords, WordReader } from "../words.ts";
import { parseIptablesWords, tableName } from "./command.ts";
import { isVerdict } from "./rule.ts";
import { BUILT_IN_CHAINS, NO_DROP_IN_NAT } from "./rule-checks.ts";

/** A line of a saved ruleset, and what it is read against. */
export interface SavedLine {
  readonly text: string;
  readonly file: string;
  /** From 1. */
  readonly number: number;
}

/** What the lines of a table are read against. */
export interface LineContext {
  readonly family: Family;
  readonly table: TableName;
  /** Names of the user chains that exist. */
  readonly chains: Pick<ReadonlySet<string>, "has">;
  readonly labels?: LabelNames;
}

/** `:CHAIN POLICY [p:b]`. */
export interface ChainLine {
  readonly name: string;
  /** undefined for `-`. */
  readonly policy?: "ACCEPT" | "DROP";
  readonly counters?: Counters;
}

/** `*TABLE`. */
export function parseTableLine(line: SavedLine): TableName {
  if (line.text[0] !== "*") {
    refuse(line, 1, `\`${firstWord(line.text)}' stands outside of a table; a line *TABLE must come first`);
  }
  const found = /^\*[ \t]*([^ \t]*)/.exec(line.text)![1]!;
  return (
    tableName(found) ?? refuse(line, 2, `iptables-restore: unable to initialize table '${found.replace("\r", "\\r")}'`)
  );
}

export function parseChainLine(line: SavedLine, table: TableName): ChainLine {
  const [name = "", policy, counters] = line.text.slice(1).split(/[ \t]+/);
  if (policy === undefined) refuse(line, 2, `policy invalid: chain \`${name}' has none (ACCEPT, DROP or -)`);
  const isBuiltIn = BUILT_IN_CHAINS[table].includes(name);
  if (policy !== "-" && policy !== "ACCEPT" && policy !== "DROP")
    refuse(line, name.length + 3, `invalid policy name \`${policy}'`);
  if (!isBuiltIn && policy !== "-") refuse(line, 2, `Can't set policy \`${policy}' on \`${name}': no built-in chain`);
  if (name.length > 28) refuse(line, 2, `Invalid chain name \`${name}' (28 chars max)`);
  if (isVerdict(name)) refuse(line, 2, `error creating chain '${name}': File exists`);
  if (policy === "DROP" && table === "nat") refuse(line, name.length + 3, NO_DROP_IN_NAT);
  return { name, policy: policy === "-" ? undefined : policy, counters: chainCounters(line, name, counters) };
}

function chainCounters(line: SavedLine, name: string, text: string | undefined): Counters | undefined {
  if (text === undefined || text === "") return undefined;
  const found = /^\[([0-9]+):([0-9]+)\]$/.exec(text);
  if (!found) return refuse(line, 1, `invalid policy counters for chain '${name}': ${text}`);
  return { packets: BigInt(found[1]!), bytes: BigInt(found[2]!) };
}

/** A rule's line, or another command; undefined for one that is meant for the other family only. */
export function parseCommandLine(
  line: SavedLine,
  { family, table, chains, labels }: LineContext,
): { readonly command: IptablesCommand | undefined; readonly reader: WordReader } {
  const { counters, from } = ruleCounters(line);
  const reader = new WordReader(line.file, line.number, splitWords(line.text, from));
  return { command: parseIptablesWords(reader, { family, table, chains, counters, labels }), reader };
}

const BRACKET = 91;

/** `[12:3456] ` before a rule; the counters of the tools never have a sign. */
function ruleCounters(line: SavedLine): { counters?: Counters; from: number } {
  const { text } = line;
  if (text.charCodeAt(0) !== BRACKET) return { from: 0 };
  const colon = text.indexOf(":");
  const close = text.indexOf("]");
  const packets = text.slice(1, colon);
  const bytes = text.slice(colon + 1, close);
  if (colon < 0 || close < colon || !isDecimal(packets) || !isDecimal(bytes)) {
    refuse(line, 1, `Bad line: counters must be [PACKETS:BYTES], not \`${firstWord(text)}'`);
  }
  return { counters: { packets: BigInt(packets), bytes: BigInt(bytes) }, from: close + 1 };
}

/** @throws ConfigError at a column of the line. */
export function refuse({ file, number }: SavedLine, column: number, detail: string): never {
  throw new ConfigError("ERR_SYNTAX", { file, line: number, column }, detail);
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
