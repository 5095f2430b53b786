import type { Address, Family } from "../model/address.ts";
import type { ConntrackEntry, ConntrackTuple } from "../model/conntrack.ts";
import type { Warning } from "../model/node.ts";
import { parseAddress } from "./address.ts";
import { ConfigError } from "./error.ts";

/** TCP states of connection tracking; the number is the place. */
export const TCP_STATES: readonly string[] = [
  "NONE",
  "SYN_SENT",
  "SYN_RECV",
  "ESTABLISHED",
  "FIN_WAIT",
  "CLOSE_WAIT",
  "LAST_ACK",
  "TIME_WAIT",
  "CLOSE",
  "SYN_SENT2",
];

/** Names of states as the listing has them, by protocol; the number is the place. */
const STATES: Readonly<Record<number, readonly string[]>> = {
  6: TCP_STATES,
  33: ["NONE", "REQUEST", "RESPOND", "PARTOPEN", "OPEN", "CLOSEREQ", "CLOSING", "TIMEWAIT"],
};
const SCTP = 132;
const EMULATED_HELPERS = new Set(["ftp", "tftp"]);

/** What of a listing decides nothing for packets: references, ids, labels of SELinux. */
const SILENT = new Set(["use", "id", "secctx", "secmark"]);

export interface ParsedConntrack {
  readonly entries: readonly ConntrackEntry[];
  readonly warnings: readonly Warning[];
}

/**
 * Parses a table of connections: what `conntrack -L` (with `-o extended` or without) or /proc/net/nf_conntrack shows.
 * Entries that cannot be taken over, because the listing does not say enough of them, are left out with a warning.
 */
export function parseConntrack(text: string, file: string): ParsedConntrack {
  const entries: ConntrackEntry[] = [];
  const leftOut = new Map<string, { count: number; line: number }>();
  for (const [i, line] of text.split("\n").entries()) {
    if (line.trim() === "" || line.startsWith("conntrack v")) continue;
    const parsed = new EntryLine(line, file, i + 1).parse();
    if (typeof parsed !== "string") entries.push(parsed);
    else leftOut.set(parsed, { line: i + 1, ...leftOut.get(parsed), count: (leftOut.get(parsed)?.count ?? 0) + 1 });
  }
  const warnings = [...leftOut].map(([why, { count, line }]) => ({
    code: "CONNTRACK_LEFT_OUT",
    message: `${count} connections are left out: ${why}`,
    at: { file, line, column: 1 },
  }));
  return { entries, warnings };
}

/** What `-o ktimestamp` adds, in words; delta-time says it in seconds. */
const TIMES = /\[(?:start|stop)=[^\]]*\]/g;

/** One line. Each `key=value` belongs to the tuple whose `src` came last. */
class EntryLine {
  readonly #words: string[];
  readonly #file: string;
  readonly #line: number;

  constructor(line: string, file: string, number: number) {
    this.#words = line.replace(TIMES, "").trim().split(/\s+/);
    this.#file = file;
    this.#line = number;
  }

  #fail(detail: string): never {
    throw new ConfigError("ERR_SYNTAX", { file: this.#file, line: this.#line, column: 1 }, detail);
  }

  /** @returns the entry, or why it is left out. */
  parse(): ConntrackEntry | string {
    if (/^ipv[46]$/.test(this.#words[0]!)) this.#words.splice(0, 2);
    const protocol = this.#number(this.#words[1], "a protocol's number");
    const flags = new Set(this.#words.filter((word) => word.startsWith("[")));
    if (flags.has("[OFFLOAD]") || flags.has("[HW_OFFLOAD]")) return "flow tables (OFFLOAD) are not emulated";
    if (protocol === SCTP) return "the listing does not show the verification tags of SCTP";
    const secondsLeft = this.#number(this.#words[2], "the seconds left");
    const [original, reply, rest] = this.#fields();
    const helper = rest.get("helper");
    if (helper !== undefined && !EMULATED_HELPERS.has(helper)) return `the helper ${helper} is not emulated`;
    const zone = this.#zone(original, reply, rest);
    const first = this.#tuple(original, protocol);
    return {
      family: first.source.length === 4 ? 4 : (6 satisfies Family),
      protocol,
      secondsLeft,
      state: this.#state(protocol),
      original: first,
      reply: this.#tuple(reply, protocol),
      replied: !flags.has("[UNREPLIED]"),
      assured: flags.has("[ASSURED]"),
      mark: this.#number(rest.get("mark") ?? "0", "a mark"),
      ...zone,
      helper,
      labels: rest.get("labels")?.split(","),
      age: rest.has("delta-time") ? this.#number(rest.get("delta-time"), "an age in seconds") : undefined,
      greTimeouts: this.#greTimeouts(rest),
      at: { file: this.#file, line: this.#line, column: 1 },
    };
  }

  #state(protocol: number): number {
    const names = STATES[protocol];
    if (!names) return 0;
    const state = names.indexOf(this.#words[3] ?? "");
    return state >= 0 ? state : this.#fail(`unknown state \`${this.#words[3]}'`);
  }

  /** Fields of the original tuple, of the reply tuple, and of the entry. */
  #fields(): [Map<string, string>, Map<string, string>, Map<string, string>] {
    const tuples: Map<string, string>[] = [];
    const rest = new Map<string, string>();
    for (const word of this.#words.slice(3)) {
      const equals = word.indexOf("=");
      if (equals < 0) continue;
      const key = word.slice(0, equals);
      const value = word.slice(equals + 1).replace(/,$/, "");
      if (key === "src") tuples.push(new Map());
      const isOfTuple = TUPLE_FIELDS.has(key) && tuples.length > 0;
      if (!isOfTuple && !ENTRY_FIELDS.has(key) && !SILENT.has(key)) this.#fail(`unknown field \`${key}'`);
      (isOfTuple ? tuples.at(-1)! : rest).set(key, value);
    }
    if (tuples.length !== 2) this.#fail(`expected two tuples, found ${tuples.length}`);
    return [tuples[0]!, tuples[1]!, rest];
  }

  #greTimeouts(rest: Map<string, string>): ConntrackEntry["greTimeouts"] {
    if (!rest.has("timeout") || !rest.has("stream_timeout")) return undefined;
    return {
      unreplied: this.#number(rest.get("timeout"), "a timeout"),
      stream: this.#number(rest.get("stream_timeout"), "a timeout"),
    };
  }

  #zone(original: Map<string, string>, reply: Map<string, string>, rest: Map<string, string>) {
    const from = original.get("zone-orig");
    const to = reply.get("zone-reply");
    const zoneDirections = from !== undefined ? "original" : to !== undefined ? "reply" : "both";
    return { zone: this.#number(from ?? to ?? rest.get("zone") ?? "0", "a zone"), zoneDirections } as const;
  }

  #tuple(fields: Map<string, string>, protocol: number): ConntrackTuple {
    const number = (name: string) => this.#number(fields.get(name) ?? "0", name);
    const isIcmp = protocol === 1 || protocol === 58;
    const packets = fields.get("packets");
    return {
      source: this.#address(fields.get("src")),
      destination: this.#address(fields.get("dst")),
      sourcePort: isIcmp ? number("id") : number(fields.has("srckey") ? "srckey" : "sport"),
      destinationPort: isIcmp
        ? number("type") * 256 + number("code")
        : number(fields.has("dstkey") ? "dstkey" : "dport"),
      counts: packets === undefined ? undefined : { packets: BigInt(packets), bytes: BigInt(fields.get("bytes") ?? 0) },
    };
  }

  #address(text: string | undefined): Address {
    return parseAddress(text ?? "") ?? this.#fail(`\`${text}' is no address`);
  }

  #number(text: string | undefined, what: string): number {
    const number = text === undefined || text === "" ? Number.NaN : Number(text);
    return Number.isInteger(number) && number >= 0 && number <= 0xffffffff
      ? number
      : this.#fail(`expected ${what}, not \`${text}'`);
  }
}

const TUPLE_FIELDS = new Set(
  "src dst sport dport type code id srckey dstkey packets bytes zone-orig zone-reply".split(" "),
);
const ENTRY_FIELDS = new Set(["mark", "zone", "helper", "labels", "delta-time", "timeout", "stream_timeout"]);
