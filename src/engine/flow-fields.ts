const PROTO_ICMP = 1;
export const PROTO_TCP = 6;
export const PROTO_UDP = 17;
const PROTO_ICMPV6 = 58;
const WITH_PORTS: ReadonlySet<number> = new Set([PROTO_TCP, PROTO_UDP, 33, 132, 136]);
const EXTENSIONS: ReadonlySet<number> = new Set([0, 43, 44, 51, 60]);
const FRAGMENT = 44;
const AUTHENTICATION = 51;
const ECHOES: Readonly<Record<number, readonly number[]>> = { [PROTO_ICMP]: [8, 0], [PROTO_ICMPV6]: [128, 129] };

export const TCP_FIN = 0x01;
export const TCP_SYN = 0x02;
export const TCP_RST = 0x04;
export const TCP_ACK = 0x10;

/** What of a packet tells conversations apart. */
export interface FlowFields {
  readonly family: 4 | 6;
  readonly protocol: number;
  /** Views of the packet. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** 0 where the protocol has no ports; the identifier of an echo is both. */
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Where the transport header begins. */
  readonly transport: number;
  /** Has it ports of its own? Not behind the first fragment, and not when it was cut before them. */
  readonly hasPorts: boolean;
  /** An ICMP message that is no echo: it is about another packet. */
  readonly isIcmpMessage: boolean;
  readonly tcp?: {
    readonly flags: number;
    readonly sequence: number;
    readonly acknowledgement: number;
    /** Sequence numbers that it takes: its data, SYN and FIN. */
    readonly advance: number;
  };
}

/**
 * @param packet an IP packet, perhaps cut.
 * @param length that the packet has uncut.
 * @returns undefined where the bytes do not begin with an IP header.
 */
export function readFlowFields(packet: Uint8Array, length = packet.length): FlowFields | undefined {
  const version = (packet[0] ?? 0) >> 4;
  if (version === 4 && packet.length >= 20) {
    const isLater = (word(packet, 6) & 0x1fff) !== 0;
    const transport = (packet[0]! & 15) * 4;
    const stated = word(packet, 2) || length;
    const addresses = { source: packet.subarray(12, 16), destination: packet.subarray(16, 20) };
    return { family: 4, ...addresses, ...readTransport(packet, packet[9]!, transport, isLater, stated) };
  }
  if (version !== 6 || packet.length < 40) return undefined;
  const { protocol, transport, isLater } = skipExtensions(packet);
  const addresses = { source: packet.subarray(8, 24), destination: packet.subarray(24, 40) };
  return { family: 6, ...addresses, ...readTransport(packet, protocol, transport, isLater, 40 + word(packet, 4)) };
}

function skipExtensions(packet: Uint8Array): { protocol: number; transport: number; isLater: boolean } {
  let protocol = packet[6]!;
  let transport = 40;
  let isLater = false;
  while (EXTENSIONS.has(protocol) && transport + 8 <= packet.length && !isLater) {
    isLater = protocol === FRAGMENT && word(packet, transport + 2) > 7;
    const next = packet[transport + 1]!;
    const size = protocol === FRAGMENT ? 8 : protocol === AUTHENTICATION ? (next + 2) * 4 : (next + 1) * 8;
    protocol = packet[transport]!;
    transport += size;
  }
  return { protocol, transport, isLater };
}

type TransportFields = Omit<FlowFields, "family" | "source" | "destination">;

function readTransport(
  packet: Uint8Array,
  protocol: number,
  transport: number,
  isLater: boolean,
  length: number,
): TransportFields {
  const none = { protocol, transport, sourcePort: 0, destinationPort: 0, hasPorts: false, isIcmpMessage: false };
  if (isLater || transport + 8 > packet.length) return none;
  if (WITH_PORTS.has(protocol)) {
    const ports = { sourcePort: word(packet, transport), destinationPort: word(packet, transport + 2), hasPorts: true };
    return { ...none, ...ports, tcp: protocol === PROTO_TCP ? readTcp(packet, transport, length) : undefined };
  }
  const echoes = ECHOES[protocol];
  if (!echoes) return none;
  if (!echoes.includes(packet[transport]!)) return { ...none, isIcmpMessage: true };
  const id = word(packet, transport + 4);
  return { ...none, sourcePort: id, destinationPort: id, hasPorts: true };
}

function readTcp(packet: Uint8Array, at: number, length: number): FlowFields["tcp"] {
  if (at + 14 > packet.length) return undefined;
  const flags = packet[at + 13]!;
  const data = Math.max(0, length - at - (packet[at + 12]! >> 4) * 4);
  const advance = data + (flags & TCP_SYN ? 1 : 0) + (flags & TCP_FIN ? 1 : 0);
  return { flags, sequence: long(packet, at + 4), acknowledgement: long(packet, at + 8), advance };
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

function long(bytes: Uint8Array, at: number): number {
  return ((word(bytes, at) << 16) | word(bytes, at + 2)) >>> 0;
}
