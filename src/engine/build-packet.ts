import type { DescribedPacket } from "./described-packet.ts";

const ETHERNET_BYTES = 14;
const NUMBERS = { tcp: 6, udp: 17, icmp: 1 } as const;
const ICMPV6 = 58;
const TTL = 64;
const ECHO_REQUEST = 8;
const ECHO_REQUEST_V6 = 128;
const WINDOW = 64240;
const SEQUENCE = 1000;
/** Where the checksum lies in each transport header. */
const CHECKSUM_AT = { tcp: 16, udp: 6, icmp: 2 } as const;

/** The bytes of a described packet, as an IP packet with right checksums and no payload. */
export function buildPacket(packet: DescribedPacket): Uint8Array {
  const transport = buildTransport(packet);
  const protocol = packet.protocol === "icmp" && packet.family === 6 ? ICMPV6 : NUMBERS[packet.protocol];
  if (packet.protocol !== "icmp" || packet.family === 6) {
    setChecksum(transport, CHECKSUM_AT[packet.protocol], pseudoHeader(packet, protocol, transport.length));
  } else {
    setChecksum(transport, CHECKSUM_AT.icmp, new Uint8Array());
  }
  return packet.family === 4 ? buildIpv4(packet, protocol, transport) : buildIpv6(packet, protocol, transport);
}

/** Puts an Ethernet header before an IP packet. */
export function withEthernet(packet: Uint8Array, destination: Uint8Array, source: Uint8Array): Uint8Array {
  const frame = new Uint8Array(ETHERNET_BYTES + packet.length);
  frame.set(destination);
  frame.set(source, 6);
  frame.set(packet[0]! >> 4 === 4 ? [0x08, 0x00] : [0x86, 0xdd], 12);
  frame.set(packet, ETHERNET_BYTES);
  return frame;
}

function buildTransport({ family, protocol, sourcePort, destinationPort, flags }: DescribedPacket): Uint8Array {
  const bytes = new Uint8Array(protocol === "tcp" ? 20 : 8);
  const view = new DataView(bytes.buffer);
  if (protocol === "icmp") {
    view.setUint8(0, family === 4 ? ECHO_REQUEST : ECHO_REQUEST_V6);
    view.setUint16(4, 1);
    return bytes;
  }
  view.setUint16(0, sourcePort);
  view.setUint16(2, destinationPort);
  if (protocol === "udp") {
    view.setUint16(4, bytes.length);
    return bytes;
  }
  view.setUint32(4, SEQUENCE);
  view.setUint8(12, 5 << 4);
  view.setUint8(13, flags);
  view.setUint16(14, WINDOW);
  return bytes;
}

function buildIpv4({ source, destination }: DescribedPacket, protocol: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(20 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 0x45);
  view.setUint16(2, bytes.length);
  view.setUint16(4, 1);
  view.setUint16(6, 0x4000);
  view.setUint8(8, TTL);
  view.setUint8(9, protocol);
  bytes.set(source, 12);
  bytes.set(destination, 16);
  view.setUint16(10, checksum(bytes.subarray(0, 20)));
  bytes.set(payload, 20);
  return bytes;
}

function buildIpv6({ source, destination }: DescribedPacket, protocol: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(40 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 0x60);
  view.setUint16(4, payload.length);
  view.setUint8(6, protocol);
  view.setUint8(7, TTL);
  bytes.set(source, 8);
  bytes.set(destination, 24);
  bytes.set(payload, 40);
  return bytes;
}

/** What the checksums of TCP, UDP and ICMPv6 cover of the IP header. */
export function pseudoHeader(
  { source, destination }: Pick<DescribedPacket, "source" | "destination">,
  protocol: number,
  length: number,
): Uint8Array {
  const bytes = new Uint8Array(2 * source.length + 8);
  bytes.set(source);
  bytes.set(destination, source.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(2 * source.length, length);
  view.setUint32(2 * source.length + 4, protocol);
  return bytes;
}

function setChecksum(bytes: Uint8Array, at: number, pseudo: Uint8Array): void {
  // UDP has no checksum 0 (RFC 768); in TCP and ICMP the two zeros are the same.
  new DataView(bytes.buffer).setUint16(at, checksum(pseudo, bytes) || 0xffff);
}

/** The Internet checksum (RFC 1071) of parts of even length; the last may have any. */
export function checksum(...parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) for (let i = 0; i < part.length; i += 2) sum += (part[i]! << 8) | part[i + 1]!;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
