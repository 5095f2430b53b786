import type { Family } from "../../model/address.ts";
import type { IptablesAction, IptablesCommand } from "../../model/command.ts";
import type { Counters, Rule, TableName } from "../../model/ruleset.ts";
import type { LabelNames } from "../connlabel.ts";
import type { Word, WordReader } from "../words.ts";
import { findTarget } from "./extensions.ts";
import { isVerdict, RuleBuilder } from "./rule.ts";
import { BUILT_IN_CHAINS, NO_DROP_IN_NAT } from "./rule-checks.ts";
import { wholeNumber } from "./values.ts";

/** Long names of the generic options, each with its letter. */
const LONG_OPTIONS = new Map(
  (
    "append=A insert=I delete=D replace=R check=C new-chain=N delete-chain=X flush=F policy=P rename-chain=E zero=Z " +
    "list=L list-rules=S protocol=p source=s src=s destination=d dst=d in-interface=i out-interface=o jump=j goto=g " +
    "match=m fragments=f set-counters=c table=t ipv4=4 ipv6=6 wait=w wait-interval=W numeric=n verbose=v exact=x " +
    "line-numbers=0 modprobe=M"
  )
    .split(" ")
    .map((entry) => entry.split("=") as [string, string]),
);

const COMMANDS = "AIDRCNXFPEZLS";
/** Letters whose argument may be glued to them (`-ptcp`), and those that take none. */
const WITH_ARGUMENT = "AIDRCNXFPEZLSpsdiojgmtcwW";
/** Options of listings, which no other command takes; `-v` goes with all. */
const IGNORED = "nx0";

const VERBS: Readonly<Record<string, "append" | "delete" | "check" | "insert" | "replace">> = {
  A: "append",
  D: "delete",
  C: "check",
  I: "insert",
  R: "replace",
};

export interface CommandContext {
  readonly family: Family;
  /** Given for the lines of a save file, where `-t` is refused. */
  readonly table?: TableName;
  readonly chains?: Pick<ReadonlySet<string>, "has">;
  /** Counters before the command: `[12:3456] -A …`. */
  readonly counters?: Counters;
  /** Names of connection labels. */
  readonly labels?: LabelNames;
}

/** Parses the words of one command; undefined for a line that is meant for the other family only. */
export function parseIptablesWords(reader: WordReader, context: CommandContext): IptablesCommand | undefined {
  return new CommandParser(reader, context).parse();
}

class CommandParser {
  readonly #reader: WordReader;
  readonly #context: CommandContext;
  readonly #table: TableName;
  readonly #rule: RuleBuilder;
  #letter = "";
  /** `-Z` beside `-L` or `-S`. */
  #zeroes = false;
  #arguments: Word[] = [];
  #invert = false;
  #listOption?: Word;
  #listLetter = "";

  constructor(reader: WordReader, context: CommandContext) {
    this.#reader = reader;
    this.#context = context;
    this.#table = context.table ?? tableOf(reader);
    this.#rule = new RuleBuilder(
      reader,
      {
        family: context.family,
        table: this.#table,
        chains: context.chains,
        labels: context.labels,
      },
      (beginning) => [...LONG_OPTIONS.keys()].some((name) => name.startsWith(beginning)),
    );
  }

  parse(): IptablesCommand | undefined {
    for (let word = this.#reader.next(); word; word = this.#reader.next()) {
      this.#word(word);
      if (this.#rule.otherFamily) return undefined;
    }
    if (this.#letter === "") this.#reader.fail(undefined, "no command specified", "ERR_SYNTAX");
    if (this.#listOption && !"LSZ".includes(this.#letter)) {
      this.#reader.fail(this.#listOption, `Illegal option \`-${this.#listLetter}' with this command`);
    }
    const action = this.#action();
    if (this.#invert) this.#reader.fail(undefined, "nothing appropriate following !", "ERR_SYNTAX");
    return { tool: "iptables", family: this.#context.family, table: this.#table, action };
  }

  #word(word: Word): void {
    const { text } = word;
    if (text === "!") {
      if (this.#invert) this.#reader.fail(word, "multiple consecutive ! not allowed", "ERR_SYNTAX");
      this.#invert = true;
      return;
    }
    if (text.length < 2 || text.charCodeAt(0) !== 45) this.#reader.fail(word, `Bad argument \`${text}'`, "ERR_SYNTAX");
    const invert = this.#invert;
    this.#invert = false;
    if (text.charCodeAt(1) === 45) this.#longOption(word, invert);
    else this.#shortOption(word, text[1]!, invert);
  }

  #longOption(word: Word, invert: boolean): void {
    if (word.text === "--" && this.#reader.peek()) this.#reader.fail(word, "unknown arguments found on commandline");
    this.#rule.abbreviated = 0;
    const equals = word.text.indexOf("=");
    const name = word.text.slice(2, equals < 0 ? undefined : equals);
    const value = equals < 0 ? undefined : { text: word.text.slice(equals + 1), column: word.column + equals + 1 };
    const letter = LONG_OPTIONS.get(name);
    if (letter === undefined && name !== "" && this.#rule.extension(name, word, value, invert)) return;
    const known = letter ?? (this.#rule.abbreviated > 0 ? undefined : abbreviatedOption(name));
    if (known === undefined) this.#protocolOption(name, word, value, invert);
    else this.#givenGeneric(word, known, value, invert);
  }

  #givenGeneric(word: Word, letter: string, value: Word | undefined, invert: boolean): void {
    if (value) this.#glued(word, letter, value);
    this.#generic(word, letter, invert);
  }

  /** What nothing loaded knows may belong to the match that `-p` brings. */
  #protocolOption(name: string, word: Word, value: Word | undefined, invert: boolean): void {
    const isTaken = name !== "" && this.#rule.loadProtocolMatch() && this.#rule.extension(name, word, value, invert);
    if (!isTaken) this.#reader.fail(word, `unknown option "${word.text}"`);
  }

  #shortOption(word: Word, letter: string, invert: boolean): void {
    if (word.text.length > 2) {
      const rest = { text: word.text.slice(2), column: word.column + 2 };
      if (WITH_ARGUMENT.includes(letter)) this.#glued(word, letter, rest);
      else this.#reader.unread({ ...rest, text: `-${rest.text}` });
    }
    this.#generic({ ...word, text: `-${letter}` }, letter, invert);
  }

  /** A value in the same word. Some options then read the whole word as their value (a slip of iptables 1.8.9). */
  #glued(word: Word, letter: string, value: Word): void {
    this.#reader.unread("psdjio".includes(letter) ? word : value);
  }

  #generic(word: Word, letter: string, invert: boolean): void {
    if (COMMANDS.includes(letter)) this.#command(word, letter, invert);
    else if (letter === "t") this.#skipTable(word);
    else if (letter === "w" || letter === "W") this.#skipNumber();
    else if (letter === "M") this.#reader.next();
    else if (invert && (letter === "v" || IGNORED.includes(letter))) {
      this.#reader.fail(word, `cannot have ! before -${letter}`);
    } else if (letter === "v") return;
    else if (IGNORED.includes(letter)) this.#ignored(word, letter);
    else if (!this.#rule.generic(letter, word, invert)) this.#reader.fail(word, `unknown option "${word.text}"`);
  }

  #ignored(word: Word, letter: string): void {
    if (!this.#listOption) this.#listLetter = letter;
    this.#listOption ??= word;
  }

  #skipTable(word: Word): void {
    if (this.#context.table) this.#reader.fail(word, "The -t option cannot be used in iptables-restore.");
    this.#reader.next();
  }

  #skipNumber(): void {
    const next = this.#reader.peek();
    if (next && wholeNumber(next.text) !== undefined) this.#reader.next();
  }

  #command(word: Word, letter: string, invert: boolean): void {
    if (invert) this.#reader.fail(word, "unexpected '!' flag");
    if (letter === "Z" && "LS".includes(this.#letter) && this.#letter !== "") {
      this.#zeroes = true;
      return;
    }
    if (this.#letter !== "") {
      this.#reader.fail(word, `Cannot use -${letter} with -${this.#letter}`, "ERR_SYNTAX");
    }
    this.#letter = letter;
    const [least, most] = argumentCounts(letter);
    for (let i = 0; i < most; i++) {
      const next = this.#reader.peek();
      if (!next || (i >= least && (next.text.startsWith("-") || next.text === "!"))) break;
      if (i >= least && letter !== "Z" && letter !== "P" && i > 0 && wholeNumber(next.text) === undefined) break;
      this.#arguments.push(this.#reader.next()!);
    }
    if (this.#arguments.length < least) {
      this.#reader.fail(word, `option "${word.text}" requires an argument`, "ERR_SYNTAX");
    }
  }

  #action(): IptablesAction {
    const [first, second] = this.#arguments;
    const chain = first?.text;
    if ("ADCIR".includes(this.#letter)) return this.#ruleAction(this.#chainName(first!), second);
    switch (this.#letter) {
      case "N":
        return { verb: "new-chain", chain: this.#newChainName(first!) };
      case "E":
        return { verb: "rename-chain", chain: chain!, newName: this.#chainName(second!) };
      case "P":
        return { verb: "policy", chain: chain!, policy: this.#policy(first!, second!) };
      case "Z":
        return { verb: "zero", chain, number: second && this.#ruleNumber(second) };
      case "L":
      case "S":
        return {
          verb: this.#letter === "L" ? "list" : "list-rules",
          chain,
          number: second && this.#ruleNumber(second),
          zero: this.#zeroes,
        };
      default:
        return { verb: PLAIN_VERBS[this.#letter]!, chain };
    }
  }

  #ruleAction(chain: string, second: Word | undefined): IptablesAction {
    if (this.#letter === "D" && second) return { verb: "delete-number", chain, number: this.#ruleNumber(second) };
    const rules: Rule[] = this.#rule.build(chain, this.#context.counters);
    const verb = VERBS[this.#letter]!;
    if (verb === "insert") return { verb, chain, number: second ? this.#ruleNumber(second) : 1, rules };
    if (verb === "replace") return { verb, chain, number: this.#ruleNumber(second!), rules };
    return { verb, chain, rules };
  }

  #ruleNumber(word: Word): number {
    const number = wholeNumber(word.text);
    if (!number) return this.#reader.fail(word, `Invalid rule number \`${word.text}'`);
    return number;
  }

  #chainName(word: Word): string {
    if (word.text.length > 28) {
      this.#reader.fail(word, `chain name \`${word.text}' too long (must be under 29 chars)`);
    }
    return word.text;
  }

  /** parse_chain() of xshared.c. */
  #newChainName(word: Word): string {
    const name = this.#chainName(word);
    if (/^[-!]/.test(name)) this.#reader.fail(word, `chain name not allowed to start with \`${name[0]}'`);
    if (isVerdict(name) || findTarget(name, this.#context.family)) {
      this.#reader.fail(word, "chain name may not clash with target name");
    }
    if (/\s/.test(name)) this.#reader.fail(word, `Invalid chain name \`${name}'`);
    return name;
  }

  #policy(chain: Word, word: Word): "ACCEPT" | "DROP" {
    if (!BUILT_IN_CHAINS[this.#table].includes(chain.text)) {
      this.#reader.fail(chain, `Bad built-in chain name: ${chain.text} is no built-in chain of table ${this.#table}`);
    }
    if (word.text === "DROP" && this.#table === "nat") this.#reader.fail(word, NO_DROP_IN_NAT);
    if (word.text === "ACCEPT" || word.text === "DROP") return word.text;
    return this.#reader.fail(word, `Bad policy name. Run \`dmesg' for more information: \`${word.text}'`);
  }
}

const PLAIN_VERBS: Readonly<Record<string, "delete-chain" | "flush">> = { X: "delete-chain", F: "flush" };

/** How many words a command takes, at least and at most. */
function argumentCounts(letter: string): readonly [least: number, most: number] {
  if (letter === "A" || letter === "C" || letter === "N") return [1, 1];
  if (letter === "I" || letter === "D") return [1, 2];
  if (letter === "R" || letter === "P" || letter === "E") return [2, 2];
  return letter === "X" || letter === "F" ? [0, 1] : [0, 2];
}

function abbreviatedOption(name: string): string | undefined {
  if (name.length < 2) return undefined;
  const letters = new Set<string>();
  for (const [full, letter] of LONG_OPTIONS) if (full.startsWith(name)) letters.add(letter);
  return letters.size === 1 ? [...letters][0] : undefined;
}

/** The table is needed before the rule can be read: looks ahead for `-t`. */
export function tableOf(reader: WordReader): TableName {
  for (const [i, { text }] of reader.words.entries()) {
    const inline = text.startsWith("--table=") ? text.slice(8) : /^-t.+/.test(text) ? text.slice(2) : undefined;
    if (inline === undefined && text !== "-t" && text !== "--table") continue;
    const word = inline === undefined ? reader.words[i + 1] : { ...reader.words[i]!, text: inline };
    if (!word) return reader.fail(reader.words[i], `option "${text}" requires an argument`, "ERR_SYNTAX");
    return (
      tableName(word.text) ?? reader.fail(word, `can't initialize iptables table \`${word.text}': Table does not exist`)
    );
  }
  return "filter";
}

export function tableName(text: string): TableName | undefined {
  return Object.hasOwn(BUILT_IN_CHAINS, text) ? (text as TableName) : undefined;
}
