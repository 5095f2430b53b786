import { allocate } from "../memory/allocate";

/** CRC-32C (Castagnoli, reflected), the checksum of SCTP (RFC 9260 appendix A). */
const POLYNOMIAL: u32 = 0x82f63b78;
const table = allocate(256 * 4);

for (let i: u32 = 0; i < 256; i++) {
  let value = i;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >> 1) ^ POLYNOMIAL : value >> 1;
  store<u32>(table + (i << 2), value);
}

/** Continues a CRC over `length` bytes; begin with 0xffffffff and complement the end. */
export function crc32c(crc: u32, at: usize, length: u32): u32 {
  for (let i: u32 = 0; i < length; i++) crc = crc32cByte(crc, load<u8>(at + i));
  return crc;
}

/** Continues a CRC over one byte. */
export function crc32cByte(crc: u32, byte: u32): u32 {
  return load<u32>(table + (((crc ^ byte) & 255) << 2)) ^ (crc >> 8);
}
