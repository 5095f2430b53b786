import { parseAddress } from "../../src/config/address.ts";

/** Packets in the words of their headers. */
export interface Ipv4Fields {
  readonly from: string;
  readonly to: string;
  readonly protocol?: number;
  readonly ttl?: number;
  readonly tos?: number;
  readonly id?: number;
  readonly dontFragment?: boolean;
  readonly more?: boolean;
  /** Bytes from the datagram's start. */
  readonly offset?: number;
  readonly options?: readonly number[];
  readonly payload?: Uint8Array;
}

export function ipv4(fields: Ipv4Fields): Uint8Array {
  const options = Uint8Array.from(fields.options ?? []);
  const payload = fields.payload ?? udp(1000, 2000, new Uint8Array(8));
  const header = 20 + options.length;
  const packet = new Uint8Array(header + payload.length);
  const view = new DataView(packet.buffer);
  view.setUint8(0, 0x40 | (header / 4));
  view.setUint8(1, fields.tos ?? 0);
  view.setUint16(2, packet.length);
  view.setUint16(4, fields.id ?? 7);
  const flags = (fields.dontFragment ? 0x4000 : 0) | (fields.more ? 0x2000 : 0);
  view.setUint16(6, flags | ((fields.offset ?? 0) / 8));
  view.setUint8(8, fields.ttl ?? 64);
  view.setUint8(9, fields.protocol ?? 17);
  packet.set(parseAddress(fields.from)!, 12);
  packet.set(parseAddress(fields.to)!, 16);
  packet.set(options, 20);
  view.setUint16(10, checksum(packet.subarray(0, header)));
  packet.set(payload, header);
  return packet;
}

export interface Ipv6Fields {
  readonly from: string;
  readonly to: string;
  readonly next?: number;
  readonly hopLimit?: number;
  readonly payload?: Uint8Array;
}

export function ipv6(fields: Ipv6Fields): Uint8Array {
  const payload = fields.payload ?? udp(1000, 2000, new Uint8Array(8));
  const packet = new Uint8Array(40 + payload.length);
  const view = new DataView(packet.buffer);
  view.setUint32(0, 0x60000000);
  view.setUint16(4, payload.length);
  view.setUint8(6, fields.next ?? 17);
  view.setUint8(7, fields.hopLimit ?? 64);
  packet.set(parseAddress(fields.from)!, 8);
  packet.set(parseAddress(fields.to)!, 24);
  packet.set(payload, 40);
  return packet;
}

/** A fragment header and a piece of payload. */
export function fragmentHeader(next: number, id: number, offset: number, more: boolean, piece: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + piece.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, next);
  view.setUint16(2, offset | (more ? 1 : 0));
  view.setUint32(4, id);
  bytes.set(piece, 8);
  return bytes;
}

export function udp(from: number, to: number, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, from);
  view.setUint16(2, to);
  view.setUint16(4, bytes.length);
  bytes.set(data, 8);
  return bytes;
}

/** Internet checksum by plain addition. */
export function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i]! << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

/** A message that counts up, so that misplaced pieces show. */
export function counting(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
}

export interface TcpFields {
  readonly from: number;
  readonly to: number;
  /** Bits of the flag byte; 0x02 is SYN. */
  readonly flags?: number;
  readonly sequence?: number;
  readonly acknowledge?: number;
  /** Options, padded to a multiple of four by the caller. */
  readonly options?: readonly number[];
  readonly data?: Uint8Array;
}

/** A TCP segment without a checksum. */
export function tcp(fields: TcpFields): Uint8Array {
  const options = Uint8Array.from(fields.options ?? []);
  const data = fields.data ?? new Uint8Array(0);
  const bytes = new Uint8Array(20 + options.length + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, fields.from);
  view.setUint16(2, fields.to);
  view.setUint32(4, fields.sequence ?? 1000);
  view.setUint32(8, fields.acknowledge ?? 0);
  view.setUint8(12, ((20 + options.length) / 4) << 4);
  view.setUint8(13, fields.flags ?? 0x02);
  view.setUint16(14, 64240);
  bytes.set(options, 20);
  bytes.set(data, 20 + options.length);
  return bytes;
}
