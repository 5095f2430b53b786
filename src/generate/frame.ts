const ETHERNET_BYTES = 14;
const IP_BYTES = { 4: 20, 6: 40 } as const;
const TTL = 64;
const WINDOW = 64240;
const DONT_FRAGMENT = 0x4000;

export const ICMP = 1;
export const TCP = 6;
export const UDP = 17;
const ICMPV6 = 58;

/** Bits of the byte of TCP flags. */
export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;

const TRANSPORT_BYTES: Readonly<Record<number, number>> = { [ICMP]: 8, [TCP]: 20, [UDP]: 8 };
const CHECKSUM_AT: Readonly<Record<number, number>> = { [ICMP]: 2, [TCP]: 16, [UDP]: 6 };

/** What decides an IP packet in Ethernet. Addresses are numbers of 32 bits: of IPv6 the last ones, behind a network of its own. */
export interface FrameFields {
  readonly family: 4 | 6;
  readonly sourceMac: Uint8Array;
  readonly destinationMac: Uint8Array;
  /** ICMP, TCP or UDP. */
  readonly protocol: number;
  readonly source: number;
  readonly destination: number;
  /** Of ICMP: the type, with the code 0. */
  readonly sourcePort: number;
  /** Of ICMP: the identifier. */
  readonly destinationPort: number;
  /** Of ICMP: the sequence number. */
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly flags: number;
  readonly id: number;
  /** Zeros behind the headers. */
  readonly payloadBytes: number;
}

/** Bytes of a frame's headers. */
export function headerBytes(family: 4 | 6, protocol: number): number {
  return ETHERNET_BYTES + IP_BYTES[family] + TRANSPORT_BYTES[protocol]!;
}

/** A frame with right checksums. */
export function buildFrame(fields: FrameFields): Uint8Array {
  const { family, protocol } = fields;
  const bytes = new Uint8Array(headerBytes(family, protocol) + fields.payloadBytes);
  const view = new DataView(bytes.buffer);
  bytes.set(fields.destinationMac);
  bytes.set(fields.sourceMac, 6);
  if (family === 4) writeIpv4(view, fields);
  else writeIpv6(view, fields);

  const transport = ETHERNET_BYTES + IP_BYTES[family];
  writeTransport(view, transport, fields, bytes.length - transport);
  // The payload is zeros: it adds nothing.
  const headers = sum(view, transport, headerBytes(family, protocol));
  const checksum = finish(headers + pseudoHeader(view, fields, bytes.length - transport));
  view.setUint16(transport + CHECKSUM_AT[protocol]!, protocol === UDP && checksum === 0 ? 0xffff : checksum);
  return bytes;
}

/** ICMP has none, ICMPv6 has one. */
function pseudoHeader(view: DataView, { family, protocol }: FrameFields, length: number): number {
  if (family === 6) return sum(view, ETHERNET_BYTES + 8, ETHERNET_BYTES + 40) + numberOf(family, protocol) + length;
  return protocol === ICMP ? 0 : sum(view, ETHERNET_BYTES + 12, ETHERNET_BYTES + 20) + protocol + length;
}

function numberOf(family: 4 | 6, protocol: number): number {
  return family === 6 && protocol === ICMP ? ICMPV6 : protocol;
}

function writeIpv4(view: DataView, fields: FrameFields): void {
  const ip = ETHERNET_BYTES;
  view.setUint16(12, 0x0800);
  view.setUint8(ip, 0x45);
  view.setUint16(ip + 2, view.byteLength - ip);
  view.setUint16(ip + 4, fields.id);
  view.setUint16(ip + 6, DONT_FRAGMENT);
  view.setUint8(ip + 8, TTL);
  view.setUint8(ip + 9, fields.protocol);
  view.setUint32(ip + 12, fields.source);
  view.setUint32(ip + 16, fields.destination);
  view.setUint16(ip + 10, finish(sum(view, ip, ip + IP_BYTES[4])));
}

function writeIpv6(view: DataView, fields: FrameFields): void {
  const ip = ETHERNET_BYTES;
  view.setUint16(12, 0x86dd);
  view.setUint8(ip, 0x60);
  view.setUint16(ip + 4, view.byteLength - ip - IP_BYTES[6]);
  view.setUint8(ip + 6, numberOf(6, fields.protocol));
  view.setUint8(ip + 7, TTL);
  writeAddress6(view, ip + 8, fields.source);
  writeAddress6(view, ip + 24, fields.destination);
}

/** `fd00:X::Y` for 10.X.Y: the hosts of one network are those of the other. */
function writeAddress6(view: DataView, at: number, address: number): void {
  view.setUint16(at, 0xfd00);
  view.setUint16(at + 2, (address >>> 16) & 0xff);
  view.setUint16(at + 14, address & 0xffff);
}

function writeTransport(view: DataView, at: number, fields: FrameFields, length: number): void {
  if (fields.protocol === ICMP) {
    view.setUint8(at, fields.sourcePort);
    view.setUint16(at + 4, fields.destinationPort);
    view.setUint16(at + 6, fields.sequence);
    return;
  }
  view.setUint16(at, fields.sourcePort);
  view.setUint16(at + 2, fields.destinationPort);
  if (fields.protocol === UDP) {
    view.setUint16(at + 4, length);
    return;
  }
  view.setUint32(at + 4, fields.sequence);
  view.setUint32(at + 8, fields.acknowledgement);
  view.setUint8(at + 12, 5 << 4);
  view.setUint8(at + 13, fields.flags);
  view.setUint16(at + 14, WINDOW);
}

function sum(view: DataView, from: number, to: number): number {
  let total = 0;
  for (let at = from; at < to; at += 2) total += view.getUint16(at);
  return total;
}

function finish(total: number): number {
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return ~total & 0xffff;
}
