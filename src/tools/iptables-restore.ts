import { ConfigError } from "../config/error.ts";
import { parseIptablesWords, tableName } from "../config/iptables/command.ts";
import { BUILT_IN_CHAINS, NO_DROP_IN_NAT } from "../config/iptables/rule-checks.ts";
import { checkTable } from "../config/iptables/table-checks.ts";
import { TableEditor } from "../config/iptables/table-editor.ts";
import { splitWords, type Word, WordReader } from "../config/words.ts";
import type { IptablesAction } from "../model/command.ts";
import type { Counters } from "../model/ruleset.ts";
import { type Answer, ToolFailure } from "./answer.ts";
import { actionText, applyAction, chainLines } from "./iptables.ts";
import { isKernelRefusal, isLateRefusal, toolText } from "./iptables-failure.ts";
import { NUMERIC } from "./iptables-list.ts";
import type { IptablesState } from "./iptables-state.ts";
import { checkReferences, type NodeObjects } from "./objects.ts";
import { bytesOf, StringTokens } from "./strtok.ts";

export interface RestoreOptions {
  readonly counters: boolean;
  readonly noflush: boolean;
  readonly test: boolean;
  readonly verbose: boolean;
  /** Only this table of the file. */
  readonly table?: string;
}

/** Bytes that the tool reads of a line at a time. */
const LINE_BYTES = 10239;
/** Words of a line, and bytes of a word, at most. */
const MOST_WORDS = 254;
const WORD_BYTES = 1023;

/** One run of iptables-restore (iptables/iptables-restore.c): a table at a time, each put in place at its COMMIT. */
export class IptablesRestore {
  readonly #state: IptablesState;
  readonly #objects: NodeObjects;
  readonly #options: RestoreOptions;
  readonly #tool: string;
  #table?: TableEditor;
  /** A rule of the table that the kernel will refuse at COMMIT. */
  #isDoomed = false;
  #line = 0;
  #output = "";

  constructor(state: IptablesState, objects: NodeObjects, options: RestoreOptions) {
    this.#state = state;
    this.#objects = objects;
    this.#options = options;
    this.#tool = state.family === 4 ? "iptables-restore" : "ip6tables-restore";
  }

  run(text: string): Answer {
    try {
      for (const line of linesOf(text)) {
        this.#line++;
        this.#run(line);
      }
      if (this.#table) throw new ToolFailure(1, `${this.#tool}: COMMIT expected at line ${this.#line + 1}`);
      return { exit: 0, stdout: this.#output, stderr: "" };
    } catch (error) {
      return { ...this.#failure(error), stdout: this.#output };
    }
  }

  #failure(error: unknown): Answer {
    if (error instanceof ToolFailure) return { exit: error.exit, stdout: "", stderr: `${error.message}\n` };
    if (!(error instanceof ConfigError)) throw error;
    if (isKernelRefusal(error)) return { exit: 1, stdout: "", stderr: `${this.#tool}: line ${this.#line} failed\n` };
    const text = toolText(this.#tool, error.detail);
    const help = `Try \`${this.#tool} -h' or '${this.#tool} --help' for more information.`;
    return { exit: 2, stdout: "", stderr: `${text}\nError occurred at line: ${this.#line}\n${help}\n` };
  }

  #run(line: string): void {
    if (line === "\n" || line.startsWith("#")) return;
    const table = this.#table;
    if (table === undefined && line.startsWith("*")) this.#begin(line);
    else if (table !== undefined && line === "COMMIT\n") this.#commit(table);
    else if (table !== undefined && line.startsWith(":")) this.#declare(table, line);
    else if (table !== undefined) this.#rule(table, line);
    else throw new ToolFailure(1, `${this.#tool}: line ${this.#line} failed`);
  }

  #begin(line: string): void {
    const text = new StringTokens(line.slice(1)).next(" \t\n") ?? "";
    const name = tableName(text);
    if (!name) this.#fail(`${this.#tool}: unable to initialize table '${text}'`);
    this.#isDoomed = false;
    this.#table = this.#state.edit(name);
    if (this.#options.noflush) return;
    const chains = this.#table.table.chains;
    if (this.#options.verbose) {
      const user = chains.filter(({ policy }) => policy === undefined);
      this.#output += chainLines(
        "Flushing",
        chains.map((chain) => chain.name),
      );
      this.#output += chainLines(
        "Deleting",
        user.map((chain) => chain.name),
      );
    }
    const builtIn = chains.filter(({ policy }) => policy !== undefined);
    this.#table = new TableEditor(name, this.#state.family, {
      name,
      chains: builtIn.map((chain) => ({ ...chain, rules: [] })),
    });
  }

  #commit(table: TableEditor): void {
    this.#table = undefined;
    if (this.#options.test) return;
    const isGood = !this.#isDoomed && checkTable(table.table, this.#state.family, this.#state.tables) === undefined;
    if (!isGood) throw new ToolFailure(1, `${this.#tool}: line ${this.#line} failed`);
    if (this.#options.table === undefined || this.#options.table === table.name) this.#state.replace(table);
  }

  #declare(table: TableEditor, line: string): void {
    const tokens = new StringTokens(line.slice(1));
    const name = tokens.next(" \t\n");
    if (name === undefined) this.#fail(`${this.#tool}: line ${this.#line} chain name invalid`);
    if (bytesOf(name) > 28) this.#fail(`Invalid chain name \`${name}' (28 chars max)`);
    const isBuiltIn = BUILT_IN_CHAINS[table.name].includes(name);
    if (isBuiltIn) table.declare(name, undefined, undefined);
    else this.#createChain(table, name);
    const policy = tokens.next(" \t\n");
    if (policy === undefined) this.#fail(`${this.#tool}: line ${this.#line} policy invalid`);
    if (policy === "-") return;
    const counters = this.#options.counters ? this.#policyCounters(name, tokens) : undefined;
    if (policy === "DROP" && table.name === "nat") {
      this.#fail(NO_DROP_IN_NAT);
    }
    const complaint = isBuiltIn ? "Bad policy name" : "Bad built-in chain name";
    if (!isBuiltIn || (policy !== "ACCEPT" && policy !== "DROP")) {
      const text = `Can't set policy \`${policy}' on \`${name}' line ${this.#line}: ${complaint}`;
      throw new ToolFailure(1, `${this.#tool} v1.8.9 (legacy): ${text}`);
    }
    table.declare(name, policy, counters);
  }

  #createChain(table: TableEditor, name: string): void {
    if (this.#options.noflush && table.userChains.has(name)) table.apply({ verb: "flush", chain: name });
    else if (table.userChains.has(name) || ["ACCEPT", "DROP", "RETURN", "QUEUE"].includes(name)) {
      this.#fail(`error creating chain '${name}':File exists`);
    } else {
      table.declare(name, undefined, undefined);
    }
  }

  #policyCounters(chain: string, tokens: StringTokens): Counters {
    const found = /^\[\s*([-+]?[0-9]+):\s*([-+]?[0-9]+)/.exec(tokens.next(" \t\n") ?? "");
    if (!found) return this.#fail(`invalid policy counters for chain '${chain}'`);
    return { packets: longLong(found[1]!), bytes: longLong(found[2]!) };
  }

  #rule(table: TableEditor, line: string): void {
    const action = this.#action(table, line);
    if (!action) return;
    this.#output += actionText(this.#state, table, action, { ...NUMERIC, verbose: this.#options.verbose });
    // Rules of the file itself keep the counters that they come with.
    if (action.verb !== "zero" || this.#options.noflush) applyAction(table, action);
  }

  #action(table: TableEditor, line: string): IptablesAction | undefined {
    const { words, counters } = this.#wordsOf(line);
    try {
      const { action } =
        parseIptablesWords(new WordReader(this.#tool, this.#line, words), {
          family: this.#state.family,
          table: table.name,
          chains: table.userChains,
          counters,
        }) ?? {};
      if (action && "rules" in action)
        for (const rule of action.rules) checkReferences(rule, this.#state.family, this.#objects);
      return action;
    } catch (error) {
      // What only the kernel refuses, the tool learns at COMMIT.
      if (!isLateRefusal(error)) throw error;
      this.#isDoomed = true;
      return undefined;
    }
  }

  #wordsOf(line: string): { words: Word[]; counters?: Counters } {
    const { rest, packets, bytes } = this.#splitCounters(line);
    const words = splitWords(rest.endsWith("\n") ? rest.slice(0, -1) : rest);
    if (words.length > MOST_WORDS) this.#fail("Parser cannot handle more arguments");
    if (words.some(({ text }) => bytesOf(text) >= WORD_BYTES)) this.#fail("Parameter too long!");
    if (packets === undefined || bytes === undefined || !this.#options.counters) return { words };
    const number = (text: string, what: string) =>
      longLong(/^\s*([-+]?[0-9]+)/.exec(text)?.[1] ?? this.#fail(`-c ${what} counter not numeric`));
    return { words, counters: { packets: number(packets, "packet"), bytes: number(bytes, "byte") } };
  }

  /** `[packets:bytes]` before a rule, split as strtok() splits. */
  #splitCounters(line: string): { rest: string; packets?: string; bytes?: string } {
    if (!line.startsWith("[")) return { rest: line };
    const close = line.indexOf("]");
    if (close < 0) this.#fail(`Bad line ${this.#line}: need ]`);
    const tokens = new StringTokens(line.slice(1));
    const packets = tokens.next(":") ?? this.#fail(`Bad line ${this.#line}: need :`);
    const bytes = tokens.next("]") ?? this.#fail(`Bad line ${this.#line}: need ]`);
    return { rest: line.slice(close + 1), packets, bytes };
  }

  #fail(detail: string): never {
    throw new ConfigError("ERR_SYNTAX", { file: this.#tool, line: this.#line, column: 1 }, detail);
  }
}

/** strtoull and sscanf: a minus wraps around, what is too large stays at the greatest number. */
function longLong(text: string): bigint {
  const most = (1n << 64n) - 1n;
  const value = BigInt(text.replace("+", ""));
  if (value > most || value < -most) return most;
  return BigInt.asUintN(64, value);
}

/** As fgets() gives them: with their newline, and no longer than the buffer. */
function* linesOf(text: string): Generator<string> {
  for (const line of text.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
    for (let start = 0; start < line.length; start += LINE_BYTES) yield line.slice(start, start + LINE_BYTES);
  }
}

/** Runs `iptables-restore WORDS`. */
export function runIptablesRestore(
  state: IptablesState,
  objects: NodeObjects,
  words: readonly string[],
  input: string,
): Answer {
  const tool = state.family === 4 ? "iptables-restore" : "ip6tables-restore";
  const options = {
    counters: false,
    noflush: false,
    test: false,
    verbose: false,
    table: undefined as string | undefined,
  };
  let warning = "";
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const [name, value] = word.startsWith("--") ? word.slice(2).split("=") : [word.slice(1)];
    if (!word.startsWith("-")) {
      return { exit: 1, stdout: "", stderr: `Can't open ${word}: No such file or directory\n` };
    }
    if (name === "c" || name === "counters") options.counters = true;
    else if (name === "n" || name === "noflush") options.noflush = true;
    else if (name === "t" || name === "test") options.test = true;
    else if (name === "v" || name === "verbose") options.verbose = true;
    else if (name === "T" || name === "table") options.table = value ?? words[++i];
    else if (name === "M" || name === "modprobe") i += value === undefined ? 1 : 0;
    else if (name === "V" || name === "version") return { exit: 0, stdout: `\n${tool} v1.8.9 (legacy)\n`, stderr: "" };
    else if (name === "h" || name === "help") return { exit: 0, stdout: "", stderr: `Usage: ${tool}\n` };
    else if (["w", "wait", "W", "wait-interval"].includes(name ?? "")) {
      if (name?.startsWith("W") || name === "wait-interval") warning = "Ignoring deprecated --wait-interval option.\n";
      if (value === undefined && /^[0-9]/.test(words[i + 1] ?? "")) i++;
    } else return { exit: 1, stdout: "", stderr: `${tool}: invalid option -- '${name}'\n` };
  }
  const answer = new IptablesRestore(state, objects, options).run(input);
  return { ...answer, stderr: warning + answer.stderr };
}
