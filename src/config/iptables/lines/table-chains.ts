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
  /** User chains, by their numbers among these: of the last rule, of the last one in another chain, and the last target. */
  #lastOwn = NONE;
  #ownBefore = NONE;
  #lastTarget = NONE;
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

  /** The user chain that a rule jumps to, if the word at `start` is one: mostly the one behind the last that was jumped to. */
  findTarget(start: number): number {
    const next = this.#lastTarget + 1;
    const found = this.#user.isNamed(next, start) ? next : this.#user.find(start);
    if (found < 0) return NONE;
    this.#lastTarget = found;
    return this.#builtIn.length + found;
  }

  /** The user chain that a rule is added to: mostly one of the last two, or the one that was jumped to last. */
  findOwn(start: number): number {
    const last = this.#lastOwn;
    const user = this.#user;
    if (last >= 0 && user.isNamed(last, start)) return this.#builtIn.length + last;
    let found = this.#lastTarget;
    if (found < 0 || !user.isNamed(found, start)) {
      found = this.#ownBefore;
      if (found < 0 || !user.isNamed(found, start)) found = user.isNamed(last + 1, start) ? last + 1 : user.find(start);
    }
    if (found < 0) return NONE;
    this.#ownBefore = last;
    this.#lastOwn = found;
    return this.#builtIn.length + found;
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
