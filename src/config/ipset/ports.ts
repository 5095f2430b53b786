import { PROTOCOL_NAMES, PROTOCOLS, servicePort } from "../iptables/names.ts";
import { wholeNumber } from "../iptables/values.ts";
import type { Word, WordReader } from "../words.ts";

/** The port part of an element: `tcp:80`, `80-90`, `icmp:echo-request`, `gre:0`. */

export interface PortPart {
  readonly protocol: number;
  readonly from: number;
  readonly to: number;
}

const TCP = 6;
/** Protocols that have ports; others take only 0. */
const WITH_PORTS = [6, 17, 132, 136];
const ICMP = 1;
const ICMPV6 = 58;

/** `name=type/code`, the first name of a pair is the printed one (lib/icmp.c and lib/icmpv6.c of ipset name these). */
const ICMP_NAMES = `
echo-reply=0/0 pong=0/0 network-unreachable=3/0 host-unreachable=3/1 protocol-unreachable=3/2 port-unreachable=3/3
fragmentation-needed=3/4 source-route-failed=3/5 network-unknown=3/6 host-unknown=3/7 network-prohibited=3/9
host-prohibited=3/10 TOS-network-unreachable=3/11 TOS-host-unreachable=3/12 communication-prohibited=3/13
host-precedence-violation=3/14 precedence-cutoff=3/15 source-quench=4/0 network-redirect=5/0 host-redirect=5/1
TOS-network-redirect=5/2 TOS-host-redirect=5/3 echo-request=8/0 ping=8/0 router-advertisement=9/0
router-solicitation=10/0 ttl-zero-during-transit=11/0 ttl-zero-during-reassembly=11/1 ip-header-bad=12/0
required-option-missing=12/1 timestamp-request=13/0 timestamp-reply=14/0 address-mask-request=17/0
address-mask-reply=18/0`;

const ICMPV6_NAMES = `
no-route=1/0 communication-prohibited=1/1 address-unreachable=1/3 port-unreachable=1/4 packet-too-big=2/0
ttl-zero-during-transit=3/0 ttl-zero-during-reassembly=3/1 bad-header=4/0 unknown-header-type=4/1 unknown-option=4/2
echo-request=128/0 ping=128/0 echo-reply=129/0 pong=129/0 router-solicitation=133/0 router-advertisement=134/0
neighbour-solicitation=135/0 neigbour-solicitation=135/0 neighbour-advertisement=136/0 neigbour-advertisement=136/0
redirect=137/0`;

/** By protocol; made when they are asked for. */
const codes = new Map<number, ReadonlyMap<string, number>>();

function codesOf(protocol: number): ReadonlyMap<string, number> {
  const known = codes.get(protocol) ?? codesIn(protocol === ICMP ? ICMP_NAMES : ICMPV6_NAMES);
  codes.set(protocol, known);
  return known;
}

function codesIn(text: string): ReadonlyMap<string, number> {
  const codes = new Map<string, number>();
  for (const entry of text.trim().split(/\s+/)) {
    const [name = "", type = 0, code = 0] = entry.split(/[=/]/);
    codes.set(name, (Number(type) << 8) | Number(code));
  }
  return codes;
}

/** Parses `[PROTO:]PORT[-PORT]`; without a protocol it is TCP. */
export function parsePortPart(reader: WordReader, word: Word, text: string): PortPart {
  const colon = text.indexOf(":");
  if (colon < 0) return { protocol: TCP, ...portRange(reader, word, text) };
  const name = text.slice(0, colon);
  const protocol = wholeNumber(name) ?? PROTOCOLS.get(name.toLowerCase()) ?? (name === "icmpv6" ? ICMPV6 : undefined);
  if (protocol === undefined || protocol === 0 || protocol > 255) {
    return reader.fail(word, `Syntax error: cannot parse '${name}' as a protocol`);
  }
  const rest = text.slice(colon + 1);
  if (protocol === ICMP || protocol === ICMPV6) return { protocol, ...icmpCode(reader, word, protocol, rest) };
  if (WITH_PORTS.includes(protocol)) return { protocol, ...portRange(reader, word, rest) };
  if (rest !== "0") reader.fail(word, `Syntax error: protocol ${name} has no ports: only ${name}:0 is allowed`);
  return { protocol, from: 0, to: 0 };
}

/** `80`, `80-90` or service names. */
export function portRange(reader: WordReader, word: Word, text: string): { from: number; to: number } {
  const whole = portOf(text);
  if (whole !== undefined) return { from: whole, to: whole };
  const dash = text.indexOf("-");
  const from = dash < 0 ? undefined : portOf(text.slice(0, dash));
  const to = dash < 0 ? undefined : portOf(text.slice(dash + 1));
  if (from === undefined || to === undefined) {
    return reader.fail(word, `Syntax error: cannot parse '${text}' as a port number or service name`);
  }
  return from <= to ? { from, to } : { from: to, to: from };
}

function portOf(text: string): number | undefined {
  const port = wholeNumber(text) ?? servicePort(text);
  return port !== undefined && port <= 65535 ? port : undefined;
}

function icmpCode(reader: WordReader, word: Word, protocol: number, text: string): { from: number; to: number } {
  const named = codesOf(protocol).get(text);
  if (named !== undefined) return { from: named, to: named };
  const [type, code, more] = text.split("/").map((part) => wholeNumber(part));
  if (type === undefined || code === undefined || more !== undefined || type > 255 || code > 255) {
    return reader.fail(word, `Syntax error: cannot parse '${text}' as an ICMP type: a name or TYPE/CODE`);
  }
  return { from: (type << 8) | code, to: (type << 8) | code };
}

export function printPortPart(protocol: number, port: number): string {
  const name = PROTOCOL_NAMES.get(protocol) ?? String(protocol);
  if (protocol !== ICMP && protocol !== ICMPV6) return `${name}:${port}`;
  for (const [type, code] of codesOf(protocol)) if (code === port) return `${name}:${type}`;
  return `${name}:${port >> 8}/${port & 255}`;
}
