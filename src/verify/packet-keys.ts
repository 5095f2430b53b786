import { type FlowFields, PROTO_TCP, PROTO_UDP, readFlowFields } from "../engine/flow-fields.ts";

export const ICMP = 1;
export const ICMPV6 = 58;
const ICMP_ERRORS: ReadonlySet<number> = new Set([3, 4, 5, 11, 12]);
const TCP_CHECKSUM = 16;
const UDP_CHECKSUM = 6;
const ICMP_CHECKSUM = 2;
/** Of a packet that an ICMP error quotes: an IPv4 header and the ports. */
const QUOTED_BYTES = 28;

/** How packets are compared. */
export interface Comparing {
  /** The capture holds the beginnings of frames only: headers are compared. */
  readonly isCut: boolean;
  /** Transport checksums were to be completed by a card: they are not compared. */
  readonly isOffloaded: boolean;
  readonly isNodeAddress: (address: Uint8Array) => boolean;
}

/** Texts by which packets are found again. */
export interface PacketKeys {
  /** The same for packets that are the same, but for the identification of ICMP errors, which the kernel chose. */
  readonly exact: string;
  /** The same for packets that are the same but for addresses, ports, TTL, and checksums over them. */
  readonly content: string;
  readonly fields: FlowFields;
}

const decoder = new TextDecoder("latin1");

/** @returns undefined for what is no IP packet. */
export function keysOf(packet: Uint8Array, comparing: Comparing): PacketKeys | undefined {
  const fields = readFlowFields(packet);
  if (!fields) return undefined;
  const kept = comparing.isCut ? packet.subarray(0, headerLength(packet, fields)) : packet;
  const exact = exactBytes(kept.slice(), fields, comparing);
  return { exact: decoder.decode(exact), content: decoder.decode(contentBytes(kept.slice(), fields)), fields };
}

function headerLength(packet: Uint8Array, fields: FlowFields): number {
  const { transport, protocol, hasPorts } = fields;
  if (protocol === PROTO_TCP && hasPorts) return transport + (packet[transport + 12]! >> 4) * 4;
  if (isIcmpError(packet, fields)) return transport + 8 + QUOTED_BYTES;
  return hasPorts || fields.isIcmpMessage ? transport + 8 : transport;
}

function exactBytes(
  bytes: Uint8Array,
  fields: FlowFields,
  { isCut, isOffloaded, isNodeAddress }: Comparing,
): Uint8Array {
  const isError = isIcmpError(bytes, fields);
  if (isError && fields.family === 4 && isNodeAddress(fields.source)) {
    bytes.fill(0, 4, 6);
    bytes.fill(0, 10, 12);
  }
  // A checksum over bytes that were cut off depends on how many there were.
  if (isError && isCut) bytes.fill(0, fields.transport + ICMP_CHECKSUM, fields.transport + ICMP_CHECKSUM + 2);
  if (isOffloaded) clearChecksum(bytes, fields);
  return bytes;
}

function contentBytes(bytes: Uint8Array, fields: FlowFields): Uint8Array {
  const { family, transport, hasPorts, protocol } = fields;
  if (family === 4) {
    bytes.fill(0, 8, 9);
    bytes.fill(0, 10, 20);
  } else {
    bytes.fill(0, 7, 40);
  }
  if (!hasPorts) return bytes;
  if (protocol === ICMP || protocol === ICMPV6) bytes.fill(0, transport + 2, transport + 6);
  else bytes.fill(0, transport, transport + 4);
  clearChecksum(bytes, fields);
  return bytes;
}

function clearChecksum(bytes: Uint8Array, { protocol, transport, hasPorts }: FlowFields): void {
  if (!hasPorts || (protocol !== PROTO_TCP && protocol !== PROTO_UDP)) return;
  const at = transport + (protocol === PROTO_TCP ? TCP_CHECKSUM : UDP_CHECKSUM);
  bytes.fill(0, at, at + 2);
}

export function isIcmpError(packet: Uint8Array, { protocol, transport, isIcmpMessage }: FlowFields): boolean {
  if (!isIcmpMessage) return false;
  return protocol === ICMP ? ICMP_ERRORS.has(packet[transport]!) : packet[transport]! < 128;
}
