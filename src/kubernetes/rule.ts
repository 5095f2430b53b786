import { maskOf } from "../config/address.ts";
import { printMatch } from "../config/iptables/print.ts";
import { quote } from "../config/iptables/values.ts";
import type { Family, Prefix } from "../model/address.ts";
import type { ConntrackState, Match, SetDirection } from "../model/match.ts";
import { bytesOf, familyOfText, type Network } from "./addresses.ts";
import type { Detector } from "./proxier.ts";
import type { Protocol } from "./service.ts";

/**
 * Rules in the making, as text: kube-proxy writes hundreds of thousands of them. Each part is printed by the printer of
 * iptables-save, so that a rule comes out as the kernel would give it back.
 */

const PROTOCOL_NUMBERS = { TCP: 6, UDP: 17, SCTP: 132 } as const;

export function protocolNumber(protocol: Protocol): number {
  return PROTOCOL_NUMBERS[protocol];
}

/** Part of a rule by where iptables-save puts it, each text with the blank before it. */
export interface Part {
  readonly source?: string;
  readonly destination?: string;
  readonly inInterface?: string;
  readonly protocol?: string;
  /** Matches stand in the order of the parts. */
  readonly matches?: string;
}

/** The rule without `-A CHAIN`; `target` is what follows `-j`. */
export function ruleText(target: string | undefined, parts: readonly Part[]): string {
  let source = "";
  let destination = "";
  let inInterface = "";
  let protocol = "";
  let matches = "";
  for (const part of parts) {
    if (part.source !== undefined) source = part.source;
    if (part.destination !== undefined) destination = part.destination;
    if (part.inInterface !== undefined) inInterface = part.inInterface;
    if (part.protocol !== undefined) protocol = part.protocol;
    if (part.matches !== undefined) matches += part.matches;
  }
  return `${source}${destination}${inInterface}${protocol}${matches}${target === undefined ? "" : ` -j ${target}`}`;
}

export function match(of: Match): Part {
  // Matches of kube-proxy print alike in both families.
  return { matches: printMatch(of, 4) };
}

export function comment(text: string): Part {
  return { matches: ` -m comment --comment ${quote(text)}` };
}

export function source(address: string): Part {
  return { source: ` -s ${hostText(address)}` };
}

/** A /0 network tests nothing; iptables does not keep it. */
export function sourceNetwork({ text, prefixLength }: Network, invert = false): Part {
  if (prefixLength === 0 && !invert) return {};
  return { source: `${not(invert)} -s ${text}` };
}

export function destination(address: string): Part {
  return { destination: ` -d ${hostText(address)}` };
}

export function destinationNetwork({ text }: Network, invert = false): Part {
  return { destination: `${not(invert)} -d ${text}` };
}

function hostText(address: string): string {
  return familyOfText(address) === 4 ? `${address}/32` : `${address}/128`;
}

function not(invert: boolean): string {
  return invert ? " !" : "";
}

export function hostPrefix(address: string): Prefix {
  const bytes = bytesOf(address);
  return { address: bytes, mask: maskOf(bytes.length === 4 ? 4 : 6, bytes.length * 8) };
}

/** `-m tcp -p tcp [--dport PORT]`. */
export function protocol(name: Protocol, port?: number): Part {
  const word = name.toLowerCase();
  return { protocol: ` -p ${word}`, matches: port === undefined ? ` -m ${word}` : ` -m ${word} --dport ${port}` };
}

/** `-p tcp`, without the match of the same name. */
export function protocolOnly(name: Protocol): Part {
  return { protocol: ` -p ${name.toLowerCase()}` };
}

export function states(...value: readonly ConntrackState[]): Part {
  return match({ kind: "conntrack", state: { value, invert: false } });
}

export function notInState(...value: readonly ConntrackState[]): Part {
  return match({ kind: "conntrack", state: { value, invert: true } });
}

/** `-m addrtype --SIDE-type LOCAL`. */
export function local(side: "source" | "destination", invert = false): Part {
  return match({ kind: "addrtype", [side]: { value: ["LOCAL"], invert } });
}

export function mark(bits: number, invert = false): Part {
  return match({ kind: "mark", invert, value: bits, mask: bits });
}

export function inSet(set: string, directions: string): Part {
  return match({
    kind: "set",
    invert: false,
    set,
    directions: directions.split(",") as SetDirection[],
    returnNomatch: false,
    keepCounters: false,
    keepSubcounters: false,
  });
}

/** Traffic that is (or, `invert`, is not) of pods. */
export function detected(detector: Detector, invert: boolean): Part {
  if (detector.kind === "source") return sourceNetwork(detector.network, invert);
  return { inInterface: `${not(invert)} -i ${detector.name}` };
}

/** iptables-save writes two blanks before the name. */
export function nfacct(name: string): Part {
  return { matches: ` -m nfacct --nfacct-name  ${name}` };
}

/** The target that sets the bits of `mask` away, then turns those of `value`. */
export function markTarget(value: number, mask: number): string {
  return `MARK --set-xmark 0x${value.toString(16)}/0x${mask.toString(16)}`;
}

/** kube-proxy's refusal: port unreachable. */
export function reject(family: Family): string {
  return `REJECT --reject-with ${family === 4 ? "icmp" : "icmp6"}-port-unreachable`;
}

/** A chain of kube-proxy. */
export interface TextChain {
  readonly name: string;
  /** Its rules, a line each: `-A CHAIN ...`; no line end after the last. */
  readonly text: string;
}

export interface TextTable {
  readonly name: "filter" | "nat";
  readonly chains: readonly TextChain[];
}

/**
 * A table in the making. The fixed chains are named first; all others belong to the service port under way, and are closed
 * with it: joined texts of a hundred thousand chains are far less to keep than their pieces.
 */
export class TableBuilder {
  readonly #name: TextTable["name"];
  readonly #fixed: ReadonlyMap<string, string[]>;
  readonly #open = new Map<string, string[]>();
  readonly #closed: TextChain[] = [];

  constructor(name: TextTable["name"], fixed: readonly string[]) {
    this.#name = name;
    this.#fixed = new Map(fixed.map((chain) => [chain, []]));
  }

  /** @param target what follows `-j`; undefined for a rule without one. */
  add(chain: string, target: string | undefined, ...parts: readonly Part[]): void {
    this.#rulesOf(chain).push(`-A ${chain}${ruleText(target, parts)}`);
  }

  /** Ends the chains of a service port. @returns their names. */
  close(): string[] {
    const names = [...this.#open.keys()];
    for (const [name, rules] of this.#open) this.#closed.push({ name, text: rules.join("\n") });
    this.#open.clear();
    return names;
  }

  build(): TextTable {
    const fixed = [...this.#fixed].map(([name, rules]) => ({ name, text: rules.join("\n") }));
    return { name: this.#name, chains: [...fixed, ...this.#closed] };
  }

  #rulesOf(chain: string): string[] {
    const rules = this.#fixed.get(chain) ?? this.#open.get(chain);
    if (rules) return rules;
    const made: string[] = [];
    this.#open.set(chain, made);
    return made;
  }
}
