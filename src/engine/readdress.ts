import type { FlowEnd } from "./conversations.ts";
import { type FlowFields, PROTO_TCP, PROTO_UDP } from "./flow-fields.ts";

const PROTO_ICMP = 1;
const PROTO_ICMPV6 = 58;
const CHECKSUM_AT: Readonly<Record<number, number>> = {
  [PROTO_ICMP]: 2,
  [PROTO_TCP]: 16,
  [PROTO_UDP]: 6,
  33: 6,
  [PROTO_ICMPV6]: 2,
  136: 6,
};
const IPV4_CHECKSUM = 10;
const ADDRESSES_AT = { 4: 12, 6: 8 } as const;
const ECHO_ID_AT = 4;

/** A copy of an IP packet between other ends (an echo's identifier is the port of both), with the checksums that go with them. */
export function readdress(packet: Uint8Array, fields: FlowFields, from: FlowEnd, to: FlowEnd): Uint8Array {
  const { family, protocol, transport, hasPorts } = fields;
  const changed = packet.slice();
  const addresses = concat(from.address, to.address);
  const at = ADDRESSES_AT[family];
  const difference = difference16(packet.subarray(at, at + addresses.length), addresses);
  changed.set(addresses, at);
  if (family === 4) adjust(changed, IPV4_CHECKSUM, difference);
  if (!hasPorts) return changed;
  const isEcho = protocol === PROTO_ICMP || protocol === PROTO_ICMPV6;
  const portsAt = transport + (isEcho ? ECHO_ID_AT : 0);
  const ports = isEcho ? bytesOf(to.port) : concat(bytesOf(from.port), bytesOf(to.port));
  const ofPorts = difference16(packet.subarray(portsAt, portsAt + ports.length), ports);
  changed.set(ports, portsAt);
  const checksum = CHECKSUM_AT[protocol];
  if (checksum === undefined || transport + checksum + 2 > packet.length) return changed;
  const isOff = protocol === PROTO_UDP && word(packet, transport + checksum) === 0;
  // ICMP of IPv4 has no pseudo-header.
  if (isOff) return changed;
  adjust(changed, transport + checksum, ofPorts + (protocol === PROTO_ICMP ? 0 : difference));
  // 0 would say that there is none (RFC 768).
  if (protocol === PROTO_UDP && word(changed, transport + checksum) === 0)
    changed.fill(0xff, transport + 6, transport + 8);
  return changed;
}

const ICMP_BYTES = 8;

/**
 * A copy of an ICMP error whose quoted packet is between other ends, with the checksums that go with them; the error itself goes
 * to the quoted packet's sender.
 *
 * @param quoted fields of the quoted packet.
 */
export function readdressQuoted(
  packet: Uint8Array,
  fields: FlowFields,
  quoted: FlowFields,
  from: FlowEnd,
  to: FlowEnd,
): Uint8Array {
  const at = fields.transport + ICMP_BYTES;
  const isFromReceiver = fields.source.every((byte, i) => byte === quoted.destination[i]);
  const source = isFromReceiver ? to.address : fields.source;
  const outer = readdress(packet, fields, { address: source, port: 0 }, { address: from.address, port: 0 });
  const inner = readdress(packet.subarray(at), quoted, from, to);
  const even = inner.length & ~1;
  const change = difference16(packet.subarray(at, at + even), inner.subarray(0, even));
  outer.set(inner, at);
  adjust(outer, fields.transport + CHECKSUM_AT[PROTO_ICMP]!, change);
  return outer;
}

function bytesOf(port: number): Uint8Array {
  return Uint8Array.of(port >> 8, port & 0xff);
}

/** What is to be added to a checksum (its complement, RFC 1624) when words become others. */
function difference16(before: Uint8Array, after: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < before.length; i += 2) sum += (~word(before, i) & 0xffff) + word(after, i);
  return sum;
}

function adjust(bytes: Uint8Array, at: number, difference: number): void {
  let sum = (~word(bytes, at) & 0xffff) + difference;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  const checksum = ~sum & 0xffff;
  bytes[at] = checksum >> 8;
  bytes[at + 1] = checksum & 0xff;
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
