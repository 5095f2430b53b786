import { formatAddress } from "../config/address.ts";

/** What of a packet's headers people look at. Numbers are in the order in which they are read aloud. */
export interface Headers {
  readonly family: 4 | 6;
  readonly source: string;
  readonly destination: string;
  /** TCP, UDP, ICMP, ... or the number. */
  readonly protocol: string;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  /** Letters of the TCP flags, as tcpdump prints them: S, S., F., R, P., . */
  readonly flags?: string;
  readonly icmpType?: number;
  readonly icmpCode?: number;
  readonly ttl: number;
  readonly tos: number;
  /** Length that the IP header states. */
  readonly length: number;
}

const PROTOCOLS: Readonly<Record<number, string>> = {
  1: "ICMP",
  4: "IPIP",
  6: "TCP",
  17: "UDP",
  33: "DCCP",
  41: "IPv6",
  47: "GRE",
  58: "ICMPv6",
  132: "SCTP",
  136: "UDPLITE",
};
const WITH_PORTS: ReadonlySet<number> = new Set([6, 17, 33, 132, 136]);
const EXTENSIONS: ReadonlySet<number> = new Set([0, 43, 44, 51, 60]);
const TCP_FLAGS = "FSRP.U";

/** @returns undefined where the bytes do not begin with an IP header. */
export function readHeaders(bytes: Uint8Array): Headers | undefined {
  const version = (bytes[0] ?? 0) >> 4;
  if (version === 4 && bytes.length >= 20) return readIpv4(bytes);
  if (version === 6 && bytes.length >= 40) return readIpv6(bytes);
  return undefined;
}

function readIpv4(bytes: Uint8Array): Headers {
  const isLaterFragment = (word(bytes, 6) & 0x1fff) !== 0;
  return {
    family: 4,
    source: formatAddress(bytes.subarray(12, 16)),
    destination: formatAddress(bytes.subarray(16, 20)),
    ...readTransport(bytes, bytes[9]!, isLaterFragment ? bytes.length : (bytes[0]! & 15) * 4),
    ttl: bytes[8]!,
    tos: bytes[1]!,
    length: word(bytes, 2),
  };
}

function readIpv6(bytes: Uint8Array): Headers {
  let next = bytes[6]!;
  let at = 40;
  while (EXTENSIONS.has(next) && at + 8 <= bytes.length) {
    const isLaterFragment = next === 44 && word(bytes, at + 2) > 7;
    const size = next === 44 ? 8 : next === 51 ? (bytes[at + 1]! + 2) * 4 : (bytes[at + 1]! + 1) * 8;
    next = bytes[at]!;
    at = isLaterFragment ? bytes.length : at + size;
  }
  return {
    family: 6,
    source: formatAddress(bytes.subarray(8, 24)),
    destination: formatAddress(bytes.subarray(24, 40)),
    ...readTransport(bytes, next, at),
    ttl: bytes[7]!,
    tos: (word(bytes, 0) >> 4) & 0xff,
    length: 40 + word(bytes, 4),
  };
}

type Transport = Pick<Headers, "protocol" | "sourcePort" | "destinationPort" | "flags" | "icmpType" | "icmpCode">;

function readTransport(bytes: Uint8Array, number: number, at: number): Transport {
  const protocol = PROTOCOLS[number] ?? String(number);
  if (WITH_PORTS.has(number) && at + 4 <= bytes.length) {
    const flags = number === 6 && at + 14 <= bytes.length ? flagLetters(bytes[at + 13]!) : undefined;
    return { protocol, sourcePort: word(bytes, at), destinationPort: word(bytes, at + 2), flags };
  }
  if ((number === 1 || number === 58) && at + 2 <= bytes.length) {
    return { protocol, icmpType: bytes[at]!, icmpCode: bytes[at + 1]! };
  }
  return { protocol };
}

function flagLetters(flags: number): string {
  return [...TCP_FLAGS].filter((_, bit) => flags & (1 << bit)).join("");
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

/** `TCP 10.0.0.9:40000 > 10.96.0.1:443 [S] length 60 ttl 64`. */
export function headerWords(headers: Headers): string {
  const { protocol, flags, icmpType, icmpCode, length, ttl } = headers;
  const details = [
    flags !== undefined ? ` [${flags || "none"}]` : "",
    icmpType !== undefined ? ` type ${icmpType} code ${icmpCode}` : "",
  ].join("");
  return `${protocol} ${endpoint(headers, "source")} > ${endpoint(headers, "destination")}${details} length ${length} ttl ${ttl}`;
}

/** `10.0.0.9:40000`, `[fd00::1]:443`, or the bare address of protocols without ports. */
export function endpoint(headers: Headers, side: "source" | "destination"): string {
  const port = side === "source" ? headers.sourcePort : headers.destinationPort;
  const address = headers[side];
  if (port === undefined) return address;
  return headers.family === 4 ? `${address}:${port}` : `[${address}]:${port}`;
}

/** A field that differs between two looks at a packet. */
export interface HeaderChange {
  readonly field: string;
  readonly from: string;
  readonly to: string;
}

export function headerChanges(before: Headers, after: Headers): HeaderChange[] {
  const changes: HeaderChange[] = [];
  const compare = (field: string, from: string, to: string) => {
    if (from !== to) changes.push({ field, from, to });
  };
  compare("protocol", before.protocol, after.protocol);
  compare("source", endpoint(before, "source"), endpoint(after, "source"));
  compare("destination", endpoint(before, "destination"), endpoint(after, "destination"));
  compare("ttl", String(before.ttl), String(after.ttl));
  compare("tos", `0x${before.tos.toString(16)}`, `0x${after.tos.toString(16)}`);
  compare("length", String(before.length), String(after.length));
  return changes;
}
