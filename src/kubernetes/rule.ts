import { maskOf } from "../config/address.ts";
import type { Address, Family } from "../model/address.ts";
import type { AddrtypeMatch, ConntrackState, Match, SetDirection } from "../model/match.ts";
import type { Chain, Rule, Table, TableName } from "../model/ruleset.ts";
import type { Target } from "../model/target.ts";
import { bytesOf, type Network } from "./addresses.ts";
import type { Detector } from "./proxier.ts";
import type { Protocol } from "./service.ts";

/** Rules in the making: a rule is matches in the order in which kube-proxy writes them, and its fields. */

const PROTOCOL_NUMBERS = { TCP: 6, UDP: 17, SCTP: 132 } as const;

const AT = { file: "kube-proxy", line: 1, column: 1 } as const;

export function protocolNumber(protocol: Protocol): number {
  return PROTOCOL_NUMBERS[protocol];
}

/** A part of a rule: fields to set, and matches to append. */
export interface Part extends Partial<Omit<Rule, "at" | "matches" | "target">> {
  readonly matches?: readonly Match[];
}

export function rule(target: Target | undefined, ...parts: readonly Part[]): Rule {
  const matches = parts.flatMap((part) => part.matches ?? []);
  return Object.assign({}, ...parts, { at: AT, matches, target }) as Rule;
}

export function jump(chain: string): Target {
  return { kind: "jump", chain };
}

export function comment(text: string): Part {
  return { matches: [{ kind: "comment", text }] };
}

export function source(address: string, invert = false): Part {
  return { source: { value: hostPrefix(address), invert } };
}

/** A /0 network tests nothing; iptables does not keep it. */
export function sourceNetwork({ prefix, prefixLength }: Network, invert = false): Part {
  if (prefixLength === 0 && !invert) return {};
  return { source: { value: prefix, invert } };
}

export function destination(address: string): Part {
  return { destination: { value: hostPrefix(address), invert: false } };
}

export function destinationNetwork({ prefix }: Network, invert = false): Part {
  return { destination: { value: prefix, invert } };
}

export function hostPrefix(address: string): { address: Address; mask: Uint8Array } {
  const bytes = bytesOf(address);
  const family: Family = bytes.length === 4 ? 4 : 6;
  return { address: bytes, mask: maskOf(family, bytes.length * 8) };
}

/** `-m tcp -p tcp [--dport PORT]`. */
export function protocol(name: Protocol, port?: number): Part {
  const destinationPort = port === undefined ? undefined : { value: { from: port, to: port }, invert: false };
  const kind = name === "TCP" ? "tcp" : name === "UDP" ? "udp" : "sctp";
  return { ...protocolOnly(name), matches: [{ kind, destinationPort }] };
}

/** `-p tcp`, without the match of the same name. */
export function protocolOnly(name: Protocol): Part {
  return { protocol: { value: PROTOCOL_NUMBERS[name], invert: false } };
}

export function states(...value: readonly ConntrackState[]): Part {
  return { matches: [{ kind: "conntrack", state: { value, invert: false } }] };
}

export function notInState(...value: readonly ConntrackState[]): Part {
  return { matches: [{ kind: "conntrack", state: { value, invert: true } }] };
}

/** `-m addrtype --SIDE-type LOCAL`. */
export function local(side: "source" | "destination", invert = false): Part {
  const match: AddrtypeMatch = { kind: "addrtype", [side]: { value: ["LOCAL"], invert } };
  return { matches: [match] };
}

export function mark(bits: number, invert = false): Part {
  return { matches: [{ kind: "mark", invert, value: bits, mask: bits }] };
}

export function inSet(set: string, directions: string): Part {
  return {
    matches: [
      {
        kind: "set",
        invert: false,
        set,
        directions: directions.split(",") as SetDirection[],
        returnNomatch: false,
        keepCounters: false,
        keepSubcounters: false,
      },
    ],
  };
}

/** Traffic that is (or, `invert`, is not) of pods. */
export function detected(detector: Detector, invert: boolean): Part {
  if (detector.kind === "source") return sourceNetwork(detector.network, invert);
  return { inInterface: { value: detector.name, invert } };
}

export function nfacct(name: string): Part {
  return { matches: [{ kind: "verbatim", name: "nfacct", text: ` --nfacct-name ${name}` }] };
}

/** A table in the making: chains appear when they are named or get their first rule. */
export class TableBuilder {
  readonly #name: TableName;
  readonly #chains = new Map<string, Rule[]>();

  constructor(name: TableName) {
    this.#name = name;
  }

  chain(name: string): Rule[] {
    let rules = this.#chains.get(name);
    if (!rules) {
      rules = [];
      this.#chains.set(name, rules);
    }
    return rules;
  }

  add(chain: string, target: Target | undefined, ...parts: readonly Part[]): void {
    this.chain(chain).push(rule(target, ...parts));
  }

  build(): Table {
    return { name: this.#name, chains: [...this.#chains].map(([name, rules]): Chain => ({ name, rules })) };
  }
}
