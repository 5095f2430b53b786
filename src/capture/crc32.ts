/** Tables for four bytes at a time: `TABLES[256 * n + byte]` is the effect of a byte with n zero bytes behind it. */
const TABLES = makeTables();

/** CRC-32 (RFC 1952 section 8) of bytes behind others whose CRC is `crc` (0 for none). */
export function crc32(bytes: Uint8Array, crc: number): number {
  let value = ~crc;
  let at = 0;
  for (; at + 4 <= bytes.length; at += 4) {
    value ^= bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
    value =
      TABLES[768 + (value & 0xff)] ^
      TABLES[512 + ((value >>> 8) & 0xff)] ^
      TABLES[256 + ((value >>> 16) & 0xff)] ^
      TABLES[value >>> 24];
  }
  for (; at < bytes.length; at++) value = (value >>> 8) ^ TABLES[(value ^ bytes[at]) & 0xff];
  return ~value >>> 0;
}

function makeTables(): Int32Array {
  const tables = new Int32Array(1024);
  for (let byte = 0; byte < 256; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    tables[byte] = value;
  }
  for (let at = 256; at < tables.length; at++) {
    const before = tables[at - 256];
    tables[at] = (before >>> 8) ^ tables[before & 0xff];
  }
  return tables;
}
