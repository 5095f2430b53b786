import type { Family, Negatable } from "../../model/address.ts";
import type { Match } from "../../model/match.ts";
import type { TableName } from "../../model/ruleset.ts";
import type { Target } from "../../model/target.ts";
import { type LabelNames, NO_LABEL_NAMES } from "../connlabel.ts";
import type { Word, WordReader } from "../words.ts";

/** What an extension's table says of one option. */
export interface OptionRule {
  readonly name: string;
  /** The one that the tool lists first, and that its messages name. */
  readonly listedName: string;
  readonly arguments: number;
  /** May one argument follow that need not? */
  readonly optional: boolean;
  readonly invertible: boolean;
  readonly repeatable: boolean;
  readonly required: boolean;
}

const LISTED_FIRST = /^(source|destination)-ports?$/;

/** Options by every name they have. */
export type OptionTable = ReadonlyMap<string, OptionRule>;

/**
 * Reads a table such as `!sport,source-port:1 syn:0 *next:0`: names separated by commas, the first is the printed one; the
 * number of arguments (`?`: one or none); `!` before it when the option can be inverted, `*` when it may stand more than
 * once, `+` when it has to be given.
 */
export function optionTable(text: string): OptionTable {
  const table = new Map<string, OptionRule>();
  for (const entry of text.split(" ").filter((part) => part !== "")) {
    const [, flags, names, count] = /^([!*+]*)([^:]+):([012?])$/.exec(entry)!;
    const all = names!.split(",");
    const rule = {
      name: all[0]!,
      listedName: all.find((name) => LISTED_FIRST.test(name)) ?? all[0]!,
      arguments: count === "?" ? 0 : Number(count),
      optional: count === "?",
      invertible: flags!.includes("!"),
      repeatable: flags!.includes("*"),
      required: flags!.includes("+"),
    };
    for (const name of all) table.set(name, rule);
  }
  return table;
}

/** An option as the rule gives it. */
export interface Given {
  readonly name: string;
  /** The name in messages. */
  readonly listedName: string;
  readonly word: Word;
  /** Its arguments, as many as the extension's table says. */
  readonly values: readonly Word[];
  readonly invert: boolean;
}

/** What an extension sees when all words of the rule have been read. */
export class Options {
  readonly reader: WordReader;
  readonly extension: string;
  readonly family: Family;
  /** Protocol of the rule (`-p`), 0 for none. */
  readonly protocol: number;
  /** `! -p`. */
  readonly isProtocolInverted: boolean;
  readonly given: readonly Given[];
  /** Names of connection labels. */
  readonly labels: LabelNames;

  constructor(
    reader: WordReader,
    extension: string,
    family: Family,
    protocol: Negatable<number> | undefined,
    given: readonly Given[],
    labels: LabelNames = NO_LABEL_NAMES,
  ) {
    this.reader = reader;
    this.extension = extension;
    this.family = family;
    this.protocol = protocol?.value ?? 0;
    this.isProtocolInverted = protocol?.invert ?? false;
    this.given = given;
    this.labels = labels;
  }

  /** Last use of an option. */
  get(name: string): Given | undefined {
    for (let i = this.given.length - 1; i >= 0; i--) if (this.given[i]!.name === name) return this.given[i];
    return undefined;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** The given option, or an error in the words of the extension. */
  required(name: string): Given {
    return this.get(name) ?? this.fail(undefined, `option "--${name}" must be specified`);
  }

  /** Refuses two options that exclude each other; `names` in the order of the extension's own table, by which the message goes. */
  exclusive(...names: readonly string[]): void {
    const [first, second] = names.filter((name) => this.has(name));
    if (first === undefined || second === undefined) return;
    this.fail(this.get(second)!.word, `option "--${first}" cannot be used together with "--${second}".`);
  }

  fail(word: Word | undefined, detail: string): never {
    return this.reader.fail(word, `${this.extension}: ${detail}`);
  }
}

/** A match of iptables (`-m NAME`): how its options become the model, and how the model is printed. */
export interface MatchExtension {
  readonly name: string;
  readonly options: OptionTable;
  /** Families that have it; undefined: both. */
  readonly family?: Family;
  /** Protocols one of which the rule must name, not inverted; the kernel refuses it otherwise. */
  readonly protocols?: readonly number[];
  /** IPv6 finds the header by itself and asks for no `-p`. */
  readonly protocolsOnlyIpv4?: boolean;
  /** Hooks where the kernel takes it, a table each; undefined: everywhere. */
  readonly hooks?: HookLimits | ((match: Match) => HookLimits | undefined);
  /** What is said of an option that stands twice, where the extension reads its options by itself. */
  onRepeat?(option: string): string | undefined;
  /** What is said of an option that is inverted and must not be, likewise. */
  onInversion?(option: string): string | undefined;
  parse(options: Options): Match;
  /** Words after `-m NAME`, as iptables-save prints them; each begins with its blank. */
  print(match: Match, family: Family): string;
}

export interface TargetExtension {
  readonly name: string;
  readonly options: OptionTable;
  readonly family?: Family;
  readonly protocols?: readonly number[];
  readonly hooks?: HookLimits | ((target: Target) => HookLimits | undefined);
  onRepeat?(option: string): string | undefined;
  onInversion?(option: string): string | undefined;
  parse(options: Options): Target;
  print(target: Target, family: Family): string;
}

/** Built-in chains by table; a table that is absent takes the extension nowhere. */
export type HookLimits = Partial<Record<TableName, readonly string[]>>;

const HOOK_NAMES: Readonly<Record<string, string>> = {
  PRE: "PREROUTING",
  IN: "INPUT",
  FWD: "FORWARD",
  OUT: "OUTPUT",
  POST: "POSTROUTING",
};

/** Reads `nat: PRE OUT; mangle`, the form of the kernel's table and hook limits; a table alone takes all its hooks, NONE only user chains. */
export function hookLimits(text: string): HookLimits {
  const limits: Partial<Record<TableName, readonly string[]>> = {};
  for (const part of text.split(";")) {
    const [table = "", hooks = "PRE IN FWD OUT POST"] = part.trim().split(": ");
    limits[table as TableName] = hooks === "NONE" ? [] : hooks.split(" ").map((hook) => HOOK_NAMES[hook]!);
  }
  return limits;
}

/** ` ! --name value` or ` --name value`. */
export function option(name: string, value: string | number, invert = false): string {
  return `${invert ? " !" : ""} --${name} ${value}`;
}

/** ` ! --name` or ` --name`. */
export function flag(name: string, invert = false): string {
  return `${invert ? " !" : ""} --${name}`;
}
