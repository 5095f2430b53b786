import { isSame, maskAddress, maskOf, parseAddress, parseMac, prefixLengthOf } from "../config/address.ts";
import {
  addressOf,
  type FilteredPacket,
  ICMP,
  ICMPV6,
  type Predicate,
  portOf,
  protocolOf,
  SCTP,
  TCP,
  UDP,
} from "./packet.ts";
import type { TokenReader } from "./reader.ts";

type Side = "src" | "dst";
type Direction = "src" | "dst" | "either" | "both";

/** The words before a value: `tcp src port`. A value that follows `or` without any takes those of the value before. */
export interface Qualifiers {
  readonly protocol?: string;
  readonly direction: Direction;
  readonly type: "host" | "net" | "port" | "portrange" | "proto";
}

/** Protocols by their names; the family where the name says one. */
const PROTOCOLS: Readonly<Record<string, { readonly family?: 4 | 6; readonly number?: number }>> = {
  ip: { family: 4 },
  ip6: { family: 6 },
  tcp: { number: TCP },
  udp: { number: UDP },
  sctp: { number: SCTP },
  icmp: { family: 4, number: ICMP },
  icmp6: { family: 6, number: ICMPV6 },
  igmp: { family: 4, number: 2 },
  gre: { number: 47 },
  esp: { number: 50 },
  ah: { number: 51 },
};
const TYPES = ["host", "net", "port", "portrange", "proto"] as const;
const MOST_PORT = 0xffff;

/** Reads the words before a value; undefined where none stands. */
export function parseQualifiers(reader: TokenReader): Partial<Qualifiers> | undefined {
  const protocol = reader.take(...Object.keys(PROTOCOLS), "ether");
  const direction = parseDirection(reader);
  const type = reader.take(...TYPES) as Qualifiers["type"] | undefined;
  if (protocol === undefined && direction === undefined && type === undefined) return undefined;
  return { protocol, direction, type };
}

function parseDirection(reader: TokenReader): Direction | undefined {
  const first = reader.take("src", "dst") as Side | undefined;
  if (first === undefined) return undefined;
  const [between, second] = [reader.peek(), reader.peek(1)];
  const isPair = (between === "or" || between === "and") && (second === "src" || second === "dst") && second !== first;
  if (!isPair) return first;
  reader.at += 2;
  return between === "or" ? "either" : "both";
}

/** A protocol by itself: `tcp`, `ip6`. */
export function protocolPredicate(name: string): Predicate {
  const { family, number } = PROTOCOLS[name]!;
  return (packet) =>
    packet.family !== 0 &&
    (family === undefined || packet.family === family) &&
    (number === undefined || protocolOf(packet) === number);
}

/** A value with its qualifiers: `src host 10.0.0.1`, `tcp port 80`, `net 10.0.0.0/8`. @throws FilterError */
export function parseValue(reader: TokenReader, qualifiers: Qualifiers): Predicate {
  const { protocol, direction, type } = qualifiers;
  const at = reader.at;
  const text = reader.next(`a ${type}`);
  const test = protocol === "ether" ? macTest(reader, text, at) : testOf(reader, type, text, at);
  const holds = bySide(direction, test);
  if (protocol === undefined || protocol === "ether") return holds;
  const isOfProtocol = protocolPredicate(protocol);
  return (packet) => isOfProtocol(packet, undefined) && holds(packet, undefined);
}

type SideTest = (packet: FilteredPacket, side: Side) => boolean;

function bySide(direction: Direction, test: SideTest): Predicate {
  switch (direction) {
    case "either":
      return (packet) => test(packet, "src") || test(packet, "dst");
    case "both":
      return (packet) => test(packet, "src") && test(packet, "dst");
    default:
      return (packet) => test(packet, direction);
  }
}

function testOf(reader: TokenReader, type: Qualifiers["type"], text: string, at: number): SideTest {
  switch (type) {
    case "host":
      return prefixTest(reader, text, at, false);
    case "net":
      return prefixTest(reader, text, at, true);
    case "port":
    case "portrange":
      return portTest(reader, type, text, at);
    default: {
      const number = /^[0-9]+$/.test(text) ? Number(text) : PROTOCOLS[text]?.number;
      if (number === undefined) reader.fail(`'${text}' is no protocol: expected a number or one of its names`, at);
      return (packet) => protocolOf(packet) === number;
    }
  }
}

function portTest(reader: TokenReader, type: "port" | "portrange", text: string, at: number): SideTest {
  const [first, last, more] = type === "port" ? [text, text] : text.split("-");
  const [low, high] = [Number(first), Number(last)];
  const isRange = more === undefined && /^[0-9]+$/.test(first ?? "") && /^[0-9]+$/.test(last ?? "");
  if (!isRange || low > high || high > MOST_PORT) {
    const expected = type === "port" ? "a port from 0 to 65535" : "FIRST-LAST, as 8000-8080";
    reader.fail(`'${text}' is no ${type}: expected ${expected}`, at);
  }
  return (packet, side) => {
    const port = portOf(packet, side);
    return port !== undefined && port >= low && port <= high;
  };
}

/** An address, or a network: `10.0.0.0/8`, `10.0.0.0 mask 255.0.0.0`, `10.1` (as tcpdump: 10.1.0.0/16). */
function prefixTest(reader: TokenReader, text: string, at: number, isNet: boolean): SideTest {
  const [written, length, more] = text.split("/");
  const parts = written!.split(".");
  const isShort = isNet && /^[0-9.]+$/.test(written!) && parts.length < 4;
  const full = isShort ? [...parts, ...Array(4 - parts.length).fill("0")].join(".") : written!;
  const address = parseAddress(full);
  if (!address || more !== undefined || (!isNet && length !== undefined)) {
    reader.fail(`'${text}' is no ${isNet ? "network" : "address"}; names are not looked up`, at);
  }
  const bits = address.length * 8;
  const given = length ?? maskWord(reader) ?? (isShort ? String(parts.length * 8) : String(bits));
  const prefix = Number(given);
  if (!/^[0-9]+$/.test(given) || prefix > bits) reader.fail(`'${given}' is no prefix length of this family`, at);
  const family = address.length === 4 ? 4 : 6;
  const mask = maskOf(family, prefix);
  const network = maskAddress(address, mask);
  if (isNet && !isSame(network, address)) reader.fail(`${text} has bits set behind its prefix`, at);
  return (packet, side) => packet.family === family && isSame(maskAddress(addressOf(packet, side), mask), network);
}

function maskWord(reader: TokenReader): string | undefined {
  if (reader.take("mask") === undefined) return undefined;
  const at = reader.at;
  const mask = parseAddress(reader.next("a mask"));
  const length = mask && prefixLengthOf(mask);
  return length === undefined ? reader.fail("expected a mask whose ones are all in front", at) : String(length);
}

function macTest(reader: TokenReader, text: string, at: number): SideTest {
  const mac = parseMac(text) ?? reader.fail(`'${text}' is no MAC address`, at);
  return ({ frame, sourceMac, destinationMac }, side) => {
    const start = side === "src" ? sourceMac : destinationMac;
    return start >= 0 && isSame(frame.subarray(start, start + mac.length), mac);
  };
}
