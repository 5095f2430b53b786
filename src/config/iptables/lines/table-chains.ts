import type { Counters, TableName } from "../../../model/ruleset.ts";
import { TARGET_NAMES } from "../extensions.ts";
import { isVerdict } from "../rule.ts";
import { BUILT_IN_CHAINS } from "../rule-checks.ts";
import { parseChainLine } from "../save-lines.ts";
import { BACKSLASH, Column, DASH, NEWLINE, QUOTE, SPACE } from "./bytes.ts";
import { ChainNames } from "./chain-names.ts";
import { countersAt, endOfCounters } from "./counters.ts";
import type { FileLines } from "./file-lines.ts";

interface BuiltInChain {
  policy: "ACCEPT" | "DROP";
  counters?: Counters;
}

const NONE = -1;
const MOST_BYTES_OF_NAME = 28;
/** A chain of such a name gives rules another meaning than they had before it was there. */
const TARGETS: ReadonlySet<string> = new Set([...TARGET_NAMES, "IPVS"]);
/** A longer name is no built-in chain and no target. */
const MOST_BYTES_OF_TARGET = Math.max(...[...TARGETS].map((name) => name.length));

/** The chains of one table while its lines are read: built-in ones in the order of the hooks, then user chains. */
export class TableChains {
  readonly table: TableName;
  readonly #lines: FileLines;
  readonly #builtInNames: readonly string[];
  readonly #builtIn: readonly BuiltInChain[];
  readonly #user: ChainNames;
  #lastUser = NONE;
  /** Where the counters of the user chains stand. */
  readonly #counters = new Column();

  constructor(lines: FileLines, table: TableName) {
    this.table = table;
    this.#lines = lines;
    this.#builtInNames = BUILT_IN_CHAINS[table];
    this.#builtIn = this.#builtInNames.map(() => ({ policy: "ACCEPT" }));
    this.#user = new ChainNames(lines.bytes);
  }

  get count(): number {
    return this.#builtIn.length + this.#user.count;
  }

  /** The user chain that the word at `start` names; negative for another word. */
  findWord(start: number): number {
    const found = this.#user.find(start);
    return found < 0 ? found : this.#builtIn.length + found;
  }

  /** As `findWord`, for the chain that a rule is added to: mostly the one before it was, or the next. */
  findNext(start: number): number {
    const last = this.#lastUser;
    if (last >= 0 && this.#user.isNamed(last, start)) return this.#builtIn.length + last;
    this.#lastUser = this.#user.isNamed(last + 1, start) ? last + 1 : this.#user.find(start);
    return this.#lastUser < 0 ? NONE : this.#builtIn.length + this.#lastUser;
  }

  /** Where the word ends that was looked at last. */
  get endOfWord(): number {
    return this.#user.end;
  }

  /** The chain of a name; negative when there is none. */
  find(name: string): number {
    const builtIn = this.#builtInNames.indexOf(name);
    if (builtIn >= 0) return builtIn;
    const found = this.#user.findName(name);
    return found < 0 ? found : this.#builtIn.length + found;
  }

  /** Is there a user chain of this name? */
  has(name: string): boolean {
    return this.#user.findName(name) >= 0;
  }

  isBuiltIn(chain: number): boolean {
    return chain < this.#builtIn.length;
  }

  name(chain: number): string {
    return this.#builtInNames[chain] ?? this.#user.name(chain - this.#builtIn.length);
  }

  policy(chain: number): "ACCEPT" | "DROP" | undefined {
    return this.#builtIn[chain]?.policy;
  }

  counters(chain: number): Counters | undefined {
    if (this.isBuiltIn(chain)) return this.#builtIn[chain]!.counters;
    return countersAt(this.#lines.bytes, this.#counters.at(chain - this.#builtIn.length));
  }

  /** Reads the `:CHAIN` line at `start`. @returns where it ends; negative for one that is not as iptables-save writes it. */
  declare(start: number, number: number): number {
    const end = this.#declareUser(start + 1);
    return end < 0 ? this.#declareBuiltIn(start, number) : end;
  }

  /** `NAME - [0:0]`, and nothing in the name that a rule would have to quote. */
  #declareUser(start: number): number {
    const { bytes } = this.#lines;
    let at = start;
    while (isPlain(bytes[at]!)) at++;
    if (at - start > MOST_BYTES_OF_NAME) return -1;
    if (bytes[at] !== SPACE || bytes[at + 1] !== DASH || bytes[at + 2] !== SPACE) return -1;
    const countersStart = at + 3;
    const end = endOfCounters(bytes, countersStart);
    if (end < 0 || bytes[end] !== NEWLINE || this.#isTaken(start, at)) return -1;
    const chain = this.#user.add(start);
    if (chain === this.#counters.length) this.#counters.push(countersStart);
    else this.#counters.set(chain, countersStart);
    return end;
  }

  #isTaken(start: number, end: number): boolean {
    if (end - start > MOST_BYTES_OF_TARGET) return false;
    const name = String.fromCharCode(...this.#lines.bytes.subarray(start, end));
    return name === "" || isVerdict(name) || TARGETS.has(name) || this.#builtInNames.includes(name);
  }

  #declareBuiltIn(start: number, number: number): number {
    const { name, policy, counters } = parseChainLine(this.#lines.line(start, number), this.table);
    const chain = this.#builtIn[this.#builtInNames.indexOf(name)];
    if (!chain) return -1;
    if (policy) chain.policy = policy;
    chain.counters = counters;
    return this.#lines.endOf(start);
  }
}

/** A visible ASCII character that needs no quotes. */
function isPlain(byte: number): boolean {
  return byte > SPACE && byte < 127 && byte !== QUOTE && byte !== BACKSLASH;
}
