import { locateTransport, type Transport } from "./transport.ts";

/** Traces of what a network card would have done to a packet after it was captured, or had done before; flags. */
export enum Offload {
  None = 0,
  /** Its transport checksum is only begun: the sum of the pseudo-header (CHECKSUM_PARTIAL). */
  Partial = 1,
  /** It stands for several segments (GSO, GRO): it is longer than its device's MTU. */
  Aggregate = 2,
  /** Its header does not state its length (the field is 0): with TSO, and for more than 64 KiB (BIG TCP). */
  NoLength = 4,
}

const IPPROTO_IPIP = 4;
const IPPROTO_TCP = 6;
const IPPROTO_UDP = 17;
const IPPROTO_IPV6 = 41;
const IPPROTO_GRE = 47;
const IPPROTO_ESP = 50;
const IPPROTO_SCTP = 132;
const IPPROTO_UDPLITE = 136;
const IPV6_HEADER_BYTES = 40;

const transport: Transport = { offset: 0, protocol: 0 };

/**
 * What an IP packet shows of offloading.
 *
 * @param ip where its header begins in `data`; the captured bytes end at `end`.
 * @param length bytes on the wire from the IP header on.
 * @param mtu of the device where it was captured.
 * @returns `Offload` flags.
 */
export function recognizeOffload(
  data: Uint8Array,
  ip: number,
  end: number,
  family: 4 | 6,
  length: number,
  mtu: number,
): number {
  if (!locateTransport(data, ip, end, family, transport)) return Offload.None;
  const stated = statedLength(data, ip, family);
  // The frame may be longer than the packet: by padding, or by a check sequence.
  const packetLength = stated === 0 ? length : Math.min(stated, length);
  let flags = Offload.None;
  if (packetLength > mtu && canBeAggregate(transport.protocol)) {
    flags |= stated === 0 ? Offload.Aggregate | Offload.NoLength : Offload.Aggregate;
  }
  if (isPartial(data, ip, end, family, stated || length, flags)) flags |= Offload.Partial;
  return flags;
}

/**
 * The same for a packet of the node's own before its device, where datagrams are not fragmented yet: a long one stands for
 * several only where its checksum is left to the card (UDP_SEGMENT).
 */
export function recognizeSentOffload(
  data: Uint8Array,
  ip: number,
  end: number,
  family: 4 | 6,
  length: number,
  mtu: number,
): number {
  const flags = recognizeOffload(data, ip, end, family, length, mtu);
  const isSegmented = transport.protocol === IPPROTO_TCP || (flags & Offload.Partial) !== 0;
  return isSegmented ? flags : flags & ~Offload.Aggregate;
}

/** Protocols for which Linux has segmentation offload, tunnels included. */
function canBeAggregate(protocol: number): boolean {
  switch (protocol) {
    case IPPROTO_TCP:
    case IPPROTO_UDP:
    case IPPROTO_SCTP:
    case IPPROTO_IPIP:
    case IPPROTO_IPV6:
    case IPPROTO_GRE:
    case IPPROTO_ESP:
      return true;
    default:
      return false;
  }
}

/** Length of the packet as its header has it, 0 where it does not say. */
function statedLength(data: Uint8Array, ip: number, family: 4 | 6): number {
  if (family === 4) return read16(data, ip + 2);
  const payload = read16(data, ip + 4);
  return payload === 0 ? 0 : payload + IPV6_HEADER_BYTES;
}

function isPartial(data: Uint8Array, ip: number, end: number, family: 4 | 6, length: number, flags: number): boolean {
  const { offset, protocol } = transport;
  const at = offset + checksumOffset(protocol);
  if (at < offset || at + 2 > end) return false;
  const transportLength = length - (offset - ip);
  const begun = pseudoHeaderSum(data, ip, family, protocol);
  const field = read16(data, at);
  const withoutLength = (flags & Offload.Aggregate) !== 0 && fold(begun) === field;
  if (fold(begun + transportLength) !== field && !withoutLength) return false;
  // By chance the finished checksum may look the same, once in 65,536 packets.
  const isWhole = offset + transportLength <= end;
  return !isWhole || fold(begun + transportLength + sum16(data, offset, offset + transportLength)) !== 0xffff;
}

function checksumOffset(protocol: number): number {
  switch (protocol) {
    case IPPROTO_TCP:
      return 16;
    case IPPROTO_UDP:
    case IPPROTO_UDPLITE:
      return 6;
    default:
      return -1;
  }
}

/** Sum over addresses and protocol, without the length. */
function pseudoHeaderSum(data: Uint8Array, ip: number, family: 4 | 6, protocol: number): number {
  const addresses = family === 4 ? sum16(data, ip + 12, ip + 20) : sum16(data, ip + 8, ip + 40);
  return addresses + protocol;
}

function sum16(data: Uint8Array, start: number, end: number): number {
  let sum = 0;
  let at = start;
  for (; at + 1 < end; at += 2) sum += (data[at] << 8) | data[at + 1];
  return at < end ? sum + (data[at] << 8) : sum;
}

function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x10000);
  return folded;
}

function read16(data: Uint8Array, at: number): number {
  return (data[at] << 8) | data[at + 1];
}
