import type { IcmpMatch } from "../../model/match.ts";
import type { Word, WordReader } from "../words.ts";
import { type MatchExtension, option, optionTable } from "./extension.ts";
import { wholeNumber } from "./values.ts";

/** Matches on ICMP types by number or name: the icmp part of ip_tables and ip6_tables. */

/** `name=type` or `name=type/code`, in the order of libipt_icmp, which decides which two names an ambiguity names. */
const ICMP_NAMES = `
any=255 echo-reply=0 pong=0 destination-unreachable=3 network-unreachable=3/0 host-unreachable=3/1
protocol-unreachable=3/2 port-unreachable=3/3 fragmentation-needed=3/4 source-route-failed=3/5 network-unknown=3/6
host-unknown=3/7 network-prohibited=3/9 host-prohibited=3/10 TOS-network-unreachable=3/11 TOS-host-unreachable=3/12
communication-prohibited=3/13 host-precedence-violation=3/14 precedence-cutoff=3/15 source-quench=4 redirect=5
network-redirect=5/0 host-redirect=5/1 TOS-network-redirect=5/2 TOS-host-redirect=5/3 echo-request=8 ping=8
router-advertisement=9 router-solicitation=10 time-exceeded=11 ttl-exceeded=11 ttl-zero-during-transit=11/0
ttl-zero-during-reassembly=11/1 parameter-problem=12 ip-header-bad=12/0 required-option-missing=12/1
timestamp-request=13 timestamp-reply=14 address-mask-request=17 address-mask-reply=18`;

const ICMP6_NAMES = `
destination-unreachable=1 no-route=1/0 communication-prohibited=1/1 beyond-scope=1/2 address-unreachable=1/3
port-unreachable=1/4 failed-policy=1/5 reject-route=1/6 packet-too-big=2 time-exceeded=3 ttl-exceeded=3
ttl-zero-during-transit=3/0 ttl-zero-during-reassembly=3/1 parameter-problem=4 bad-header=4/0 unknown-header-type=4/1
unknown-option=4/2 echo-request=128 ping=128 echo-reply=129 pong=129 router-solicitation=133 router-advertisement=134
neighbour-solicitation=135 neighbor-solicitation=135 neighbour-advertisement=136 neighbor-advertisement=136 redirect=137`;

interface IcmpType {
  readonly type: number;
  readonly from: number;
  readonly to: number;
}

type IcmpNames = ReadonlyMap<string, IcmpType>;

export const icmp = icmpExtension("icmp", "icmp-type", 1, icmpNames(ICMP_NAMES));
export const icmp6 = icmpExtension("icmp6", "icmpv6-type", 58, icmpNames(ICMP6_NAMES));

function icmpNames(text: string): IcmpNames {
  const names = new Map<string, IcmpType>();
  for (const entry of text.trim().split(/\s+/)) {
    const [name = "", number = ""] = entry.split("=");
    const [type, code] = number.split("/");
    names.set(name, { type: Number(type), from: Number(code ?? 0), to: Number(code ?? 255) });
  }
  return names;
}

function icmpExtension(name: "icmp" | "icmp6", optionName: string, protocol: number, names: IcmpNames): MatchExtension {
  const what = name === "icmp" ? "ICMP" : "ICMPv6";
  return {
    name,
    family: name === "icmp" ? 4 : 6,
    protocols: [protocol],
    options: optionTable(`!${optionName}:1`),
    parse(options): IcmpMatch {
      const given = options.required(optionName);
      const { type, from, to } = icmpType(options.reader, given.values[0]!, what, names);
      return { kind: name, invert: given.invert, type, code: { from, to } };
    },
    print(match) {
      const { invert, type, code } = match as IcmpMatch;
      if (name === "icmp" && type === 255) return option(optionName, "any", invert);
      return option(optionName, code.from === 0 && code.to === 255 ? type : `${type}/${code.from}`, invert);
    },
  };
}

/** A name, which may be cut short while it stays unique, or `T`, `T/C` or `T/C:C`. */
function icmpType(reader: WordReader, word: Word, what: string, names: IcmpNames): IcmpType {
  const text = word.text.toLowerCase();
  const begun = [...names.keys()].filter((name) => name.toLowerCase().startsWith(text));
  const exact = begun.find((name) => name.length === text.length);
  if (exact) return names.get(exact)!;
  if (begun.length === 1) return names.get(begun[0]!)!;
  if (begun.length > 1) {
    reader.fail(word, `Ambiguous ${what} type \`${word.text}': \`${begun[0]}' or \`${begun[1]}'?`);
  }
  const slash = text.indexOf("/");
  const type = wholeNumber(slash < 0 ? text : text.slice(0, slash));
  if (type === undefined || type > 255) return reader.fail(word, `Unknown ${what} type \`${word.text}'`);
  if (slash < 0) return { type, from: 0, to: 255 };
  const [from, to = from, more] = text
    .slice(slash + 1)
    .split(":")
    .map((part) => wholeNumber(part) ?? 256);
  if (from === undefined || to === undefined || more !== undefined || from > 255 || to > 255) {
    return reader.fail(word, `Unknown ${what} code \`${word.text}'`);
  }
  return { type, from, to };
}
