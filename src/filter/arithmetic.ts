import {
  type FilteredPacket,
  ICMP,
  ICMPV6,
  type Predicate,
  protocolOf,
  SCTP,
  TCP,
  transportAt,
  UDP,
} from "./packet.ts";
import type { TokenReader } from "./reader.ts";

/** A number worked out from a packet; undefined where it asks for bytes that the packet does not have. */
type Value = (packet: FilteredPacket) => number | undefined;

/** Names that pcap-filter(7) has for offsets, ICMP types and TCP flags. */
const NAMES: Readonly<Record<string, number>> = {
  icmptype: 0,
  icmpcode: 1,
  icmp6type: 0,
  icmp6code: 1,
  tcpflags: 13,
  "icmp-echoreply": 0,
  "icmp-unreach": 3,
  "icmp-sourcequench": 4,
  "icmp-redirect": 5,
  "icmp-echo": 8,
  "icmp-timxceed": 11,
  "icmp-paramprob": 12,
  "tcp-fin": 1,
  "tcp-syn": 2,
  "tcp-rst": 4,
  "tcp-push": 8,
  "tcp-ack": 16,
  "tcp-urg": 32,
  "tcp-ece": 64,
  "tcp-cwr": 128,
};
const PROTOCOLS: Readonly<Record<string, number>> = { tcp: TCP, udp: UDP, sctp: SCTP, icmp: ICMP, icmp6: ICMPV6 };
const BASES: ReadonlySet<string> = new Set(["ether", "ip", "ip6", ...Object.keys(PROTOCOLS)]);
/** Operators from the loosest to the tightest binding, as in C. */
const LEVELS: readonly Readonly<Record<string, (a: number, b: number) => number>>[] = [
  { "|": (a, b) => a | b },
  { "^": (a, b) => a ^ b },
  { "&": (a, b) => a & b },
  { "<<": (a, b) => a << b, ">>": (a, b) => a >>> b },
  { "+": (a, b) => a + b, "-": (a, b) => a - b },
  { "*": (a, b) => a * b, "/": (a, b) => a / b, "%": (a, b) => a % b },
];
const RELATIONS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  "=": (a, b) => a === b,
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  "<": (a, b) => a < b,
  ">": (a, b) => a > b,
  "<=": (a, b) => a <= b,
  ">=": (a, b) => a >= b,
};

/** Does a comparison of numbers begin here, as `tcp[tcpflags] & tcp-syn != 0` or `len > 100`? */
export function beginsRelation(reader: TokenReader): boolean {
  const [first, second] = [reader.peek(), reader.peek(1)];
  if (first === undefined || reader.isQuoted) return false;
  if (second === "[" && BASES.has(first)) return true;
  const isNumber = first === "len" || numberOf(first) !== undefined;
  return isNumber && second !== undefined && (second in RELATIONS || LEVELS.some((level) => second in level));
}

/** @throws FilterError */
export function parseRelation(reader: TokenReader): Predicate {
  const left = parseLevel(reader, 0);
  const operator = reader.take(...Object.keys(RELATIONS)) ?? reader.failAtNext("a comparison");
  const right = parseLevel(reader, 0);
  const holds = RELATIONS[operator]!;
  return (packet) => {
    const [a, b] = [left(packet), right(packet)];
    return a !== undefined && b !== undefined && holds(a >>> 0, b >>> 0);
  };
}

function parseLevel(reader: TokenReader, level: number): Value {
  const operators = LEVELS[level];
  if (!operators) return parseOperand(reader);
  let left = parseLevel(reader, level + 1);
  for (;;) {
    const operator = reader.take(...Object.keys(operators));
    if (operator === undefined) return left;
    left = combined(operators[operator]!, left, parseLevel(reader, level + 1));
  }
}

/** As BPF works: unsigned 32-bit numbers; division by zero refuses the packet. */
function combined(work: (a: number, b: number) => number, left: Value, right: Value): Value {
  return (packet) => {
    const [a, b] = [left(packet), right(packet)];
    if (a === undefined || b === undefined) return undefined;
    const result = work(a >>> 0, b >>> 0);
    return Number.isFinite(result) ? Math.trunc(result) >>> 0 : undefined;
  };
}

function parseOperand(reader: TokenReader): Value {
  if (reader.take("(")) {
    const inner = parseLevel(reader, 0);
    reader.expect(")");
    return inner;
  }
  const at = reader.at;
  const text = reader.next("a number");
  if (text === "len") return ({ length }) => length;
  const number = numberOf(text);
  if (number !== undefined) return () => number;
  if (BASES.has(text) && reader.take("[")) return parseBytes(reader, text);
  return reader.fail(`'${text}' is no number, and no header with [offset:size]`, at);
}

/** `ip[2:2]`: bytes of a header, most significant first. The size is 1, 2 or 4. */
function parseBytes(reader: TokenReader, base: string): Value {
  const { offset, size } = parseOffset(reader);
  reader.expect("]");
  return (packet) => {
    const start = startOf(packet, base);
    const from = offset(packet);
    if (start === undefined || from === undefined) return undefined;
    if (start + from + size > packet.frame.length) return undefined;
    let value = 0;
    for (let i = 0; i < size; i++) value = value * 256 + packet.frame[start + from + i]!;
    return value;
  };
}

function parseOffset(reader: TokenReader): { offset: Value; size: number } {
  const at = reader.at;
  const [first, size = "1", ...more] = reader.peek()?.split(":") ?? [];
  const number = numberOf(first ?? "");
  if (number === undefined) return { offset: parseLevel(reader, 0), size: 1 };
  if (more.length > 0 || !/^[124]$/.test(size)) reader.fail("a field has 1, 2 or 4 bytes: [offset:size]", at);
  reader.next("an offset");
  return { offset: () => number, size: Number(size) };
}

function startOf(packet: FilteredPacket, base: string): number | undefined {
  if (base === "ether") return packet.destinationMac < 0 ? undefined : packet.destinationMac;
  if (base === "ip" || base === "ip6") return packet.family === (base === "ip" ? 4 : 6) ? packet.ipAt : undefined;
  if (protocolOf(packet) !== PROTOCOLS[base]) return undefined;
  return transportAt(packet);
}

function numberOf(text: string): number | undefined {
  if (/^(?:0x[0-9a-f]+|[0-9]+)$/i.test(text)) return Number(text);
  return Object.hasOwn(NAMES, text) ? NAMES[text] : undefined;
}
