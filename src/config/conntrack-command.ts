import type { Family } from "../model/address.ts";
import type { ConntrackAction, ConntrackCommand, ConntrackFilter, ConntrackStatus } from "../model/command.ts";
import { maskOf, parseAddress } from "./address.ts";
import { TCP_STATES } from "./conntrack.ts";
import { PROTOCOLS } from "./iptables/names.ts";
import type { Word, WordReader } from "./words.ts";

/** Long options and their short forms, each with the form that the parser works with (conntrack-tools 1.4.7). */
const NAMES: ReadonlyMap<string, string> = new Map(
  (
    "-D --delete,-F --flush,-U --update,-L --dump,-C --count,-o --output,-s --orig-src --src,-d --orig-dst --dst,-r --reply-src,-q --reply-dst," +
    "-p --proto,-f --family,-m --mark,-t --timeout,-u --status,-w --zone,--sport --orig-port-src,--dport --orig-port-dst," +
    "--reply-port-src,--reply-port-dst,--state,-n --src-nat,-g --dst-nat,-j --any-nat"
  )
    .split(",")
    .flatMap((names) => names.split(" ").map((name, _, all) => [name, all[0]!] as const)),
);

type Addresses = "originalSource" | "originalDestination" | "replySource" | "replyDestination";
type Ports = `${Addresses}Port`;

const ADDRESSES: Readonly<Record<string, Addresses>> = {
  "-s": "originalSource",
  "-d": "originalDestination",
  "-r": "replySource",
  "-q": "replyDestination",
};
const PORTS: Readonly<Record<string, Ports>> = {
  "--sport": "originalSourcePort",
  "--dport": "originalDestinationPort",
  "--reply-port-src": "replySourcePort",
  "--reply-port-dst": "replyDestinationPort",
};

/**
 * Parses the words after `conntrack`: a deletion, an update or a flush.
 *
 * @throws ConfigError for what conntrack would refuse, and for what is not emulated.
 */
export function parseConntrackWords(reader: WordReader): ConntrackCommand {
  return { tool: "conntrack", action: new ConntrackParser(reader).parse() };
}

/** What `conntrack -L` or `-C` is to show. */
export interface ConntrackListing {
  readonly verb: "list" | "count";
  readonly table: "conntrack" | "expect";
  readonly filter: ConntrackFilter;
  /** Words after `-o`. */
  readonly output: ReadonlySet<string>;
}

const OUTPUT_WORDS = new Set(["extended", "id", "ktimestamp", "labels"]);

/**
 * Parses the words after `conntrack`: a listing.
 *
 * @throws ConfigError for what conntrack would refuse, and for what is not emulated.
 */
export function parseConntrackListing(reader: WordReader): ConntrackListing {
  return new ConntrackParser(reader).parseListing();
}

const VERBS: ReadonlyMap<string, ConntrackAction["verb"] | ConntrackListing["verb"]> = new Map([
  ["-D", "delete"],
  ["-F", "flush"],
  ["-U", "update"],
  ["-L", "list"],
  ["-C", "count"],
]);

class ConntrackParser {
  readonly #reader: WordReader;
  readonly #filter: { -readonly [field in keyof ConntrackFilter]: ConntrackFilter[field] } = {};
  readonly #output = new Set<string>();
  #verb: ConntrackAction["verb"] | ConntrackListing["verb"] | undefined;
  #table: ConntrackListing["table"] = "conntrack";
  #mark: ConntrackFilter["mark"];
  #seconds: number | undefined;
  #status: readonly ConntrackStatus[] = [];

  constructor(reader: WordReader) {
    this.#reader = reader;
  }

  parse(): ConntrackAction {
    for (let word = this.#reader.next(); word; word = this.#reader.next()) this.#option(word);
    const verb = this.#verb;
    if (verb === undefined || verb === "list" || verb === "count") {
      return this.#reader.fail(undefined, "conntrack: only -D, -U and -F change connections", "ERR_UNSUPPORTED");
    }
    if (verb !== "update") return { verb, filter: { ...this.#filter, mark: this.#mark, status: this.#status } };
    const { mark } = this.#filter;
    return {
      verb,
      filter: { ...this.#filter, mark },
      mark: this.#mark,
      seconds: this.#seconds,
      status: this.#status,
    };
  }

  parseListing(): ConntrackListing {
    for (let word = this.#reader.next(); word; word = this.#reader.next()) this.#option(word);
    const verb = this.#verb;
    if (verb !== "list" && verb !== "count") {
      return this.#reader.fail(undefined, "conntrack: only -L and -C list connections", "ERR_UNSUPPORTED");
    }
    const filter = { ...this.#filter, mark: this.#mark, status: this.#status };
    return { verb, table: this.#table, filter, output: this.#output };
  }

  #option(word: Word): void {
    const glued = /^(-[a-zA-Z])(.+)$/.exec(word.text);
    const equals = /^(--[a-z-]+)=(.*)$/.exec(word.text);
    const [, text = word.text, value] = equals ?? (word.text.startsWith("--") ? null : glued) ?? [];
    if (value !== undefined) this.#reader.unread({ text: value, column: word.column });
    const name = NAMES.get(text);
    const verb = VERBS.get(name ?? "");
    if (name === undefined) {
      this.#reader.fail(word, `conntrack: the option ${text} is not emulated`, "ERR_UNSUPPORTED");
    } else if (verb) {
      this.#verb = verb;
      this.#tableAfterVerb();
    } else if (name in ADDRESSES) {
      this.#filter[ADDRESSES[name]!] = this.#prefix(this.#value(word));
    } else if (name in PORTS) {
      this.#filter[PORTS[name]!] = this.#number(this.#value(word));
    } else this.#other(name, word);
  }

  #other(name: string, option: Word): void {
    if (name === "-n" || name === "-g" || name === "-j") {
      this.#filter.nat = name === "-n" ? "source" : name === "-g" ? "destination" : "any";
      return;
    }
    const value = this.#value(option);
    if (name === "-o") this.#outputWords(value);
    else if (name === "-p") this.#filter.protocol = this.#protocol(value);
    else if (name === "-f") this.#filter.family = this.#family(value);
    else if (name === "-w") this.#filter.zone = this.#number(value);
    else if (name === "-t") this.#seconds = this.#number(value);
    else if (name === "-u") this.#status = this.#statusOf(value);
    else if (name === "--state") this.#filter.tcpState = this.#tcpState(value);
    else if (name === "-m") {
      const [mark, mask] = value.text.split("/").map(Number);
      if (Number.isNaN(mark ?? Number.NaN)) this.#reader.fail(value, `conntrack: \`${value.text}' is no mark`);
      this.#mark = { value: mark!, mask: mask ?? 0xffffffff };
    }
  }

  /** `conntrack` or `expect` may stand behind the verb. */
  #tableAfterVerb(): void {
    const word = this.#reader.peek();
    if (word?.text !== "conntrack" && word?.text !== "expect") return;
    this.#reader.next();
    if (word.text === "expect" && this.#verb !== "list" && this.#verb !== "count") {
      this.#reader.fail(word, "conntrack: changing what is expected is not emulated", "ERR_UNSUPPORTED");
    }
    this.#table = word.text;
  }

  #outputWords(word: Word): void {
    for (const name of word.text.split(",")) {
      if (!OUTPUT_WORDS.has(name)) {
        this.#reader.fail(word, `conntrack: the output ${name} is not emulated`, "ERR_UNSUPPORTED");
      }
      this.#output.add(name);
    }
  }

  #value(option: Word): Word {
    const word = this.#reader.next();
    return word ?? this.#reader.fail(option, `conntrack: ${option.text} needs a value`, "ERR_SYNTAX");
  }

  #number(word: Word): number {
    const value = Number(word.text);
    if (!Number.isInteger(value) || value < 0) this.#reader.fail(word, `conntrack: \`${word.text}' is no number`);
    return value;
  }

  #prefix(word: Word): ConntrackFilter["originalSource"] {
    const [host = "", length] = word.text.split("/");
    const address = parseAddress(host);
    if (!address) return this.#reader.fail(word, `conntrack: \`${word.text}' is no address`);
    const family = address.length === 4 ? 4 : 6;
    const mask = length?.includes(".") || length?.includes(":") ? parseAddress(length) : undefined;
    const bits = length === undefined ? address.length * 8 : Number(length);
    return { address, mask: mask ?? maskOf(family, bits) };
  }

  #protocol(word: Word): number {
    const number = /^[0-9]+$/.test(word.text) ? Number(word.text) : PROTOCOLS.get(word.text);
    return number ?? this.#reader.fail(word, `conntrack: unknown protocol \`${word.text}'`);
  }

  #family(word: Word): Family {
    if (word.text === "ipv4" || word.text === "ipv6") return word.text === "ipv4" ? 4 : 6;
    return this.#reader.fail(word, `conntrack: unknown family \`${word.text}'`);
  }

  #statusOf(word: Word): ConntrackStatus[] {
    const names: Readonly<Record<string, ConntrackStatus>> = { ASSURED: "assured", SEEN_REPLY: "replied" };
    return word.text
      .split(",")
      .map(
        (name) =>
          names[name] ?? this.#reader.fail(word, `conntrack: the status ${name} is not emulated`, "ERR_UNSUPPORTED"),
      );
  }

  #tcpState(word: Word): number {
    const state = TCP_STATES.indexOf(word.text);
    return state < 0 ? this.#reader.fail(word, `conntrack: unknown state \`${word.text}'`) : state;
  }
}
