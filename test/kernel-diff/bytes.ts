import { parseAddress } from "../../src/config/address.ts";

/** Pieces of packets, and the sums over them. */

export function concat(...pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

export function be16(...values: readonly number[]): Uint8Array {
  return Uint8Array.from(values.flatMap((value) => [(value >> 8) & 255, value & 255]));
}

export function be32(...values: readonly number[]): Uint8Array {
  return Uint8Array.from(
    values.flatMap((value) => [value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255]),
  );
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

export function addressBytes(address: string): Uint8Array {
  const bytes = parseAddress(address);
  if (!bytes) throw new Error(`${address} is no address`);
  return bytes;
}

/** Internet checksum. */
export function checksum(...pieces: readonly Uint8Array[]): number {
  const bytes = concat(...pieces);
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i]! << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

export function pseudoHeader(from: string, to: string, protocol: number, length: number): Uint8Array {
  const source = addressBytes(from);
  const rest = source.length === 4 ? be16(protocol, length) : concat(be32(length), be32(protocol));
  return concat(source, addressBytes(to), rest);
}

export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}

/** The bytes with a 16-bit value at an offset. */
export function patch16(bytes: Uint8Array, offset: number, value: number): Uint8Array {
  const patched = bytes.slice();
  patched.set(be16(value), offset);
  return patched;
}
