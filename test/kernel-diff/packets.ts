import { addressBytes, be16, be32, checksum, concat, crc32c, patch16, pseudoHeader } from "./bytes.ts";

/** Packets with right checksums, unless a caller asks for a wrong one. */

export const TCP = 6;
export const UDP = 17;
export const SCTP = 132;

export interface Ends {
  readonly from: string;
  readonly to: string;
}

export interface IpFields {
  /** IPv4: identification, fragment offset in bytes, more fragments. */
  readonly id?: number;
  readonly offset?: number;
  readonly more?: boolean;
  /** Time to live, or hop limit. Default 64. */
  readonly ttl?: number;
  /** TOS, or traffic class. Default 0. */
  readonly tos?: number;
  /** IPv6: extension headers, each with its number and what follows its first byte. */
  readonly extensions?: readonly ExtensionHeader[];
  /** IPv4: options, whole words. */
  readonly options?: Uint8Array;
}

export interface ExtensionHeader {
  readonly type: number;
  readonly body: Uint8Array;
}

export function ip({ from, to }: Ends, protocol: number, payload: Uint8Array, fields: IpFields = {}): Uint8Array {
  const source = addressBytes(from);
  const destination = addressBytes(to);
  if (source.length === 16) {
    const extensions = fields.extensions ?? [];
    const numbers = [...extensions.map(({ type }) => type), protocol];
    const chain = extensions.map(({ body }, i) => concat(Uint8Array.of(numbers[i + 1]!), body));
    const behind = concat(...chain, payload);
    const start = be32(0x60000000 | ((fields.tos ?? 0) << 20));
    return concat(
      start,
      be16(behind.length),
      Uint8Array.of(numbers[0]!, fields.ttl ?? 64),
      source,
      destination,
      behind,
    );
  }
  const isFragment = fields.offset !== undefined || fields.more;
  const flags = isFragment ? ((fields.offset ?? 0) / 8) | (fields.more ? 0x2000 : 0) : 0x4000;
  const options = fields.options ?? new Uint8Array(0);
  const words = (20 + options.length) / 4;
  const first = ((0x40 | words) << 8) | (fields.tos ?? 0);
  const length = words * 4 + payload.length;
  const start = be16(first, length, fields.id ?? 1, flags, ((fields.ttl ?? 64) << 8) | protocol, 0);
  const header = concat(start, source, destination, options);
  return concat(patch16(header, 10, checksum(header)), payload);
}

export interface TcpFields {
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Letters of FSRPAUEC. */
  readonly flags: string;
  readonly sequence?: number;
  readonly acknowledge?: number;
  readonly window?: number;
  readonly options?: Uint8Array;
  readonly data?: Uint8Array;
  readonly wrongChecksum?: boolean;
}

export function tcp(ends: Ends, fields: TcpFields): Uint8Array {
  const given = fields.options ?? new Uint8Array(0);
  const options = concat(given, new Uint8Array(-given.length & 3));
  const bits = [...fields.flags].reduce((sum, letter) => sum | (1 << "FSRPAUEC".indexOf(letter)), 0);
  const segment = concat(
    be16(fields.sourcePort, fields.destinationPort),
    be32(fields.sequence ?? 0, fields.acknowledge ?? 0),
    Uint8Array.of((5 + options.length / 4) << 4, bits),
    be16(fields.window ?? 64240, 0, 0),
    options,
    fields.data ?? new Uint8Array(0),
  );
  const sum = checksum(pseudoHeader(ends.from, ends.to, TCP, segment.length), segment);
  return patch16(segment, 16, fields.wrongChecksum ? sum ^ 0x1234 : sum);
}

export interface UdpFields {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly data: Uint8Array;
  /** The length field, where it is not to be the right one. */
  readonly length?: number;
  readonly checksum?: "right" | "wrong" | "none";
}

export function udp(ends: Ends, fields: UdpFields): Uint8Array {
  const { sourcePort, destinationPort, data } = fields;
  const datagram = concat(be16(sourcePort, destinationPort, fields.length ?? 8 + data.length, 0), data);
  if (fields.checksum === "none") return datagram;
  const sum = checksum(pseudoHeader(ends.from, ends.to, UDP, datagram.length), datagram) || 0xffff;
  return patch16(datagram, 6, fields.checksum === "wrong" ? sum ^ 0x1234 || 1 : sum);
}

export function isIpv6(address: string): boolean {
  return address.includes(":");
}

export function icmpProtocol({ from }: Ends): number {
  return isIpv6(from) ? 58 : 1;
}

/** An ICMP or ICMPv6 message, by the family of the addresses; `rest` are the four bytes behind the checksum. */
export function icmp(
  ends: Ends,
  type: number,
  code: number,
  rest: Uint8Array,
  body: Uint8Array,
  wrong = false,
): Uint8Array {
  const message = concat(Uint8Array.of(type, code, 0, 0), rest, body);
  const pseudo = isIpv6(ends.from) ? [pseudoHeader(ends.from, ends.to, 58, message.length)] : [];
  const sum = checksum(...pseudo, message);
  return patch16(message, 2, wrong ? sum ^ 0x1234 : sum);
}

export function echo(ends: Ends, id: number, sequence: number): Uint8Array {
  return icmp(ends, isIpv6(ends.from) ? 128 : 8, 0, be16(id, sequence), Uint8Array.from([1, 2, 3, 4]));
}

export function chunk(type: number, flags = 0, value: Uint8Array = new Uint8Array(0)): Uint8Array {
  const bytes = concat(Uint8Array.of(type, flags), be16(4 + value.length), value);
  return concat(bytes, new Uint8Array(-bytes.length & 3));
}

export function initValue(tag: number): Uint8Array {
  return concat(be32(tag, 1000), be16(1, 1), be32(7));
}

export function sctp(
  sourcePort: number,
  destinationPort: number,
  tag: number,
  chunks: readonly Uint8Array[],
  wrong = false,
): Uint8Array {
  const packet = concat(be16(sourcePort, destinationPort), be32(tag, 0), ...chunks);
  const sum = wrong ? 0x01020304 : crc32c(packet);
  new DataView(packet.buffer).setUint32(8, sum, true);
  return packet;
}

export const DCCP = 33;
/** DCCP packet types (RFC 4340 section 5.1). */
export type DccpType = keyof typeof DCCP_TYPES;

const DCCP_TYPES = { request: 0, response: 1, data: 2, ack: 3, dataack: 4, closereq: 5, close: 6, reset: 7 } as const;
/** Bytes behind the sequence number: an acknowledgement, a service or a reason. */
const DCCP_REST = { request: 4, response: 12, data: 0, ack: 8, dataack: 8, closereq: 8, close: 8, reset: 12 } as const;

/** A DCCP packet with a long sequence number, whose acknowledgement is of `acknowledge`. */
export function dccp(
  ends: Ends,
  [sourcePort, destinationPort]: readonly [number, number],
  type: DccpType,
  sequence: number,
  acknowledge = 0,
): Uint8Array {
  const rest = new Uint8Array(DCCP_REST[type]);
  if (rest.length >= 8) rest.set(be32(0, acknowledge));
  const length = 16 + rest.length;
  const packet = concat(
    be16(sourcePort, destinationPort),
    Uint8Array.of(length / 4, 0, 0, 0, (DCCP_TYPES[type] << 1) | 1, 0),
    be16(0),
    be32(sequence),
    rest,
  );
  return patch16(packet, 6, checksum(pseudoHeader(ends.from, ends.to, DCCP, packet.length), packet));
}
