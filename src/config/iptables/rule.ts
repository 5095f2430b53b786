import type { Family, Negatable, Prefix } from "../../model/address.ts";
import type { Match } from "../../model/match.ts";
import type { Counters, Rule, TableName } from "../../model/ruleset.ts";
import type { Target } from "../../model/target.ts";
import { prefixLengthOf } from "../address.ts";
import type { LabelNames } from "../connlabel.ts";
import type { Word, WordReader } from "../words.ts";
import { type Given, type MatchExtension, type OptionRule, Options, type TargetExtension } from "./extension.ts";
import { findMatch, findProtocolMatch, findTarget } from "./extensions.ts";
import { BUILT_IN_CHAINS, checkRule } from "./rule-checks.ts";
import { parseInterface, parsePrefix, parseProtocol } from "./values.ts";

/** What a rule's words are read against. */
export interface RuleContext {
  readonly family: Family;
  readonly table: TableName;
  /** User chains that exist; undefined: any name that is no extension counts as a chain. */
  readonly chains?: Pick<ReadonlySet<string>, "has">;
  /** Names of connection labels. */
  readonly labels?: LabelNames;
}

interface Loaded<Extension> {
  readonly extension: Extension;
  readonly given: Given[];
}

const ANY = [undefined];
/** The match is found by the name that the rule gives the protocol: this one has others that no match has. */
const MOBILITY = 135;
/** Longest name of an extension. */
const MAX_NAME = 28;

/** Collects the words of one rule, generic options and those of its extensions, and makes rules of them. */
export class RuleBuilder {
  readonly #reader: WordReader;
  readonly #context: RuleContext;
  /** Letters of the options that may stand once. */
  #seen = "";
  /** Looked at when all words have been read, as the tool does: other faults are found first. */
  #sources?: Negatable<Word>;
  #destinations?: Negatable<Word>;
  #in?: Negatable<string>;
  #out?: Negatable<string>;
  #protocol?: Negatable<number>;
  #fragment?: Negatable<true>;
  #counters?: Counters;
  readonly #matches: Loaded<MatchExtension>[] = [];
  #target?: Loaded<TargetExtension>;
  #verdict?: Target;
  /** A chain that is none: the tool says so when there is nothing else to complain of. */
  #missing?: { readonly word: Word; readonly isGoto: boolean };
  /** How many options of extensions begin as the last one that was asked for. */
  abbreviated = 0;
  readonly #isGeneric: (beginning: string) => boolean;
  #protocolMatchLoaded = false;
  #bringsMatch = true;
  /** Rules for the other family are passed over (`-4`, `-6`). */
  otherFamily = false;

  /** @param isGeneric does the long name of a generic option begin so? */
  constructor(reader: WordReader, context: RuleContext, isGeneric: (beginning: string) => boolean = () => false) {
    this.#isGeneric = isGeneric;
    this.#reader = reader;
    this.#context = context;
  }

  /** Takes a generic option by its letter; false when the letter is none. */
  generic(letter: string, word: Word, invert: boolean): boolean {
    switch (letter) {
      case "s":
        this.#sources = { value: this.#once(letter, word), invert };
        return true;
      case "d":
        this.#destinations = { value: this.#once(letter, word), invert };
        return true;
      case "i":
        this.#in = { value: parseInterface(this.#reader, this.#once(letter, word)), invert };
        return true;
      case "o":
        this.#out = { value: parseInterface(this.#reader, this.#once(letter, word)), invert };
        return true;
      case "p":
        this.#setProtocol(this.#once(letter, word), invert);
        return true;
      case "f":
        if (this.#context.family === 6) this.#reader.fail(word, "`-f' is not supported in IPv6, use -m frag instead");
        this.#fragment = { value: true, invert };
        return true;
    }
    return this.#uninvertible(letter, word, invert);
  }

  #uninvertible(letter: string, word: Word, invert: boolean): boolean {
    if (!"jgmc46".includes(letter)) return false;
    if (invert && letter === "m") this.#reader.fail(word, "unexpected ! flag before --match");
    if (invert && !"46".includes(letter))
      this.#reader.fail(word, `cannot have ! before -${letter === "g" ? "j" : letter}`);
    switch (letter) {
      case "j":
        this.#jump(this.#once("j", word));
        break;
      case "g":
        this.#goto(this.#once("j", word));
        break;
      case "m":
        this.#loadMatch(this.#argument(word));
        break;
      case "c":
        this.#setCounters(word);
        break;
      default:
        this.otherFamily ||= Number(letter) !== this.#context.family;
    }
    return true;
  }

  /** Takes a long option of a loaded extension, the newest first; false when no extension knows it. */
  extension(name: string, word: Word, value: Word | undefined, invert: boolean): boolean {
    const found = this.#findOption(name);
    if (found) this.#give(found.loaded, found.rule, word, value, invert);
    return found !== undefined;
  }

  #loadedNewestFirst(): Loaded<MatchExtension | TargetExtension>[] {
    const all: Loaded<MatchExtension | TargetExtension>[] = [...this.#matches];
    if (this.#target) all.push(this.#target);
    return all.reverse();
  }

  #findOption(name: string): { loaded: Loaded<MatchExtension | TargetExtension>; rule: OptionRule } | undefined {
    const target = this.#target?.extension.options.get(name);
    if (target) return { loaded: this.#target!, rule: target };
    for (let i = this.#matches.length - 1; i >= 0; i--) {
      const rule = this.#matches[i]!.extension.options.get(name);
      if (rule) return { loaded: this.#matches[i]!, rule };
    }
    return this.#findAbbreviation(name);
  }

  /** A long option may be cut short while only one begins so. */
  #findAbbreviation(name: string) {
    const found = new Map<OptionRule, Loaded<MatchExtension | TargetExtension>>();
    for (const loaded of this.#loadedNewestFirst()) {
      for (const [full, rule] of loaded.extension.options) {
        if (full.startsWith(name) && !found.has(rule)) found.set(rule, loaded);
      }
    }
    this.abbreviated = found.size;
    if (found.size !== 1 || this.#isGeneric(name)) return undefined;
    const [[rule, loaded]] = found as unknown as [[OptionRule, Loaded<MatchExtension | TargetExtension>]];
    return { loaded, rule };
  }

  #give(
    { extension, given }: Loaded<MatchExtension | TargetExtension>,
    rule: OptionRule,
    word: Word,
    value: Word | undefined,
    invert: boolean,
  ): void {
    const name = rule.listedName;
    const fail = (detail: string) => this.#reader.fail(word, `${extension.name}: option "--${name}" ${detail}`);
    if (!rule.repeatable && given.some((one) => one.name === rule.name)) {
      const detail = extension.onRepeat?.(name);
      if (detail === undefined) fail("can only be used once.");
      else this.#reader.fail(word, detail);
    }
    if (invert && !rule.invertible) {
      const detail = extension.onInversion?.(name);
      if (detail === undefined) fail("cannot be inverted.");
      else this.#reader.fail(word, detail);
    }
    if (value && rule.arguments === 0) this.#reader.fail(word, `unknown option "${word.text}"`);
    const values: Word[] = value && rule.arguments > 0 ? [value] : [];
    while (values.length < rule.arguments) values.push(this.#extensionArgument(rule, word, values.length));
    const next = this.#reader.peek();
    if (rule.optional && next && !/^[-!]/.test(next.text)) values.push(this.#reader.next()!);
    given.push({ name: rule.name, listedName: name, word, values, invert });
  }

  #extensionArgument(rule: OptionRule, option: Word, index: number): Word {
    const next = this.#reader.peek();
    const isMissing = !next || (index === 1 && (next.text.startsWith("-") || next.text.startsWith("!")));
    if (isMissing) {
      const detail = index === 1 ? `--${rule.name} requires two args.` : `option "${option.text}" requires an argument`;
      this.#reader.fail(option, detail);
    }
    return this.#reader.next()!;
  }

  #once(letter: string, word: Word): Word {
    if (this.#seen.includes(letter)) this.#reader.fail(word, `multiple -${letter} flags not allowed`);
    this.#seen += letter;
    return this.#argument(word);
  }

  #argument(word: Word): Word {
    return this.#reader.next() ?? this.#reader.fail(word, `option "${word.text}" requires an argument`, "ERR_SYNTAX");
  }

  #prefixes({ value: word, invert }: Negatable<Word>): Prefix[] {
    const list = word.text.split(",").map((text) => parsePrefix(this.#reader, word, text, this.#context.family));
    if (invert && list.length > 1) {
      this.#reader.fail(word, "! not allowed with multiple source or destination IP addresses");
    }
    return list;
  }

  #setProtocol(word: Word, invert: boolean): void {
    const value = parseProtocol(this.#reader, word);
    if (value === 0 && invert) this.#reader.fail(word, "rule would never match protocol");
    if (value !== 0) this.#protocol = { value, invert };
    this.#bringsMatch = value !== MOBILITY || word.text.toLowerCase() === "mh";
  }

  #setCounters(option: Word): void {
    const packets = this.#once("c", option);
    const comma = packets.text.indexOf(",", 1);
    const bytes = comma < 0 ? this.#optionalArgument() : { ...packets, text: packets.text.slice(comma + 1) };
    if (!bytes) this.#reader.fail(option, "-c requires packet and byte counter", "ERR_SYNTAX");
    const count = (word: Word, what: string): bigint => {
      const digits =
        /^\s*([+-]?[0-9]+)/.exec(word.text)?.[1] ?? this.#reader.fail(word, `-c ${what} counter not numeric`);
      return BigInt.asUintN(64, BigInt(digits.replace("+", "")));
    };
    this.#counters = { packets: count(packets, "packet"), bytes: count(bytes, "byte") };
  }

  /** The next word, unless it is an option. */
  #optionalArgument(): Word | undefined {
    const next = this.#reader.peek();
    return next && !/^[-!]/.test(next.text) ? this.#reader.next() : undefined;
  }

  #loadMatch(word: Word): void {
    if (word.text.length > MAX_NAME) this.#reader.fail(word, `Invalid match name "${word.text}" (28 chars max)`);
    const extension = findMatch(word.text, this.#context.family);
    if (!extension) {
      const detail = `Couldn't load match \`${word.text}':No such file or directory`;
      this.#reader.fail(word, detail, "ERR_UNSUPPORTED");
    }
    this.#matches.push({ extension, given: [] });
  }

  /** `-p tcp` brings `-m tcp` with the first option that nothing else knows. */
  loadProtocolMatch(): boolean {
    if (this.#protocolMatchLoaded || !this.#protocol || !this.#bringsMatch) return false;
    const extension = findProtocolMatch(this.#protocol.value, this.#context.family);
    if (!extension) return false;
    this.#protocolMatchLoaded = true;
    this.#matches.push({ extension, given: [] });
    return true;
  }

  #jump(word: Word): void {
    const name = word.text;
    if (name === "") this.#reader.fail(word, "Invalid target name (too short)");
    if (name.length > MAX_NAME) this.#reader.fail(word, `Invalid target name \`${name}' (28 chars max)`);
    if (isVerdict(name)) {
      this.#verdict = { kind: name };
      return;
    }
    const { chains, family } = this.#context;
    const extension = chains?.has(name) ? undefined : findTarget(name, family);
    if (extension) {
      this.#target = { extension, given: [] };
      return;
    }
    if (name === "IPVS" && !chains?.has(name)) this.#verdict = { kind: "IPVS" };
    else this.#verdict = { kind: "jump", chain: this.#chain(word) };
  }

  #chain(word: Word): string {
    const { chains } = this.#context;
    this.#checkBuiltIn(word);
    if (chains && !chains.has(word.text)) this.#missing = { word, isGoto: false };
    return word.text;
  }

  #checkBuiltIn(word: Word): void {
    if (!BUILT_IN_CHAINS[this.#context.table].includes(word.text)) return;
    this.#reader.fail(word, `Invalid argument: \`${word.text}' is a built-in chain`);
  }

  #goto(word: Word): void {
    const { chains } = this.#context;
    this.#checkBuiltIn(word);
    if (chains && !chains.has(word.text)) this.#missing = { word, isGoto: true };
    this.#verdict = { kind: "goto", chain: word.text };
  }

  #checkChain(): void {
    if (!this.#missing) return;
    const { word, isGoto } = this.#missing;
    if (isGoto) this.#reader.fail(word, `goto '${word.text}' is not a chain`);
    this.#reader.fail(word, `Couldn't load target \`${word.text}':No such file or directory`, "ERR_UNSUPPORTED");
  }

  /** The rules that the words make: one for every pair of source and destination. */
  build(chain: string, counters?: Counters): Rule[] {
    const place = { family: this.#context.family, table: this.#context.table, chain };
    const matches = this.#matches.map((loaded) => this.#parseMatch(loaded));
    const target = this.#target ? this.#parseTarget(this.#target) : this.#verdict;
    const sources = this.#sources ? this.#prefixes(this.#sources) : ANY;
    const destinations = this.#destinations ? this.#prefixes(this.#destinations) : ANY;
    this.#checkChain();
    const rules: Rule[] = [];
    for (const source of sources) {
      for (const destination of destinations) {
        rules.push({
          at: this.#reader.at(this.#reader.words[0]),
          counters: this.#counters ?? counters,
          source: addressTest(source, this.#sources),
          destination: addressTest(destination, this.#destinations),
          inInterface: this.#in?.value === "+" ? undefined : this.#in,
          outInterface: this.#out?.value === "+" ? undefined : this.#out,
          protocol: this.#protocol,
          fragment: this.#fragment,
          matches,
          target,
        });
      }
    }
    const loaded = this.#matches.map(({ extension }) => extension);
    checkRule(this.#reader, place, rules[0]!, { matches: loaded, target: this.#target?.extension });
    return rules;
  }

  #parseMatch({ extension, given }: Loaded<MatchExtension>): Match {
    return extension.parse(this.#options(extension.name, given));
  }

  #parseTarget({ extension, given }: Loaded<TargetExtension>): Target {
    return extension.parse(this.#options(extension.name, given));
  }

  #options(name: string, given: readonly Given[]): Options {
    return new Options(this.#reader, name, this.#context.family, this.#protocol, given, this.#context.labels);
  }
}

export function isVerdict(name: string): name is "ACCEPT" | "DROP" | "RETURN" | "QUEUE" {
  return name === "ACCEPT" || name === "DROP" || name === "RETURN" || name === "QUEUE";
}

/** /0 tests nothing unless it is inverted. */
function addressTest(value: Prefix | undefined, list: Negatable<unknown> | undefined): Negatable<Prefix> | undefined {
  if (!value || !list || (!list.invert && prefixLengthOf(value.mask) === 0)) return undefined;
  return { value, invert: list.invert };
}
