import { allocate } from "../memory/allocate";

/** CRC32c (RFC 9260 appendix A) of SCTP packets, byte by byte; the result is stored little-endian. */
const table = makeTable();

export function crc32c(at: usize, length: u32): u32 {
  let crc: u32 = 0xffffffff;
  for (let end = at + length; at < end; at++) {
    crc = load<u32>(table + (((crc ^ load<u8>(at)) & 0xff) << 2)) ^ (crc >> 8);
  }
  return ~crc;
}

function makeTable(): usize {
  const entries = allocate(256 * 4);
  for (let i: u32 = 0; i < 256; i++) {
    let crc = i;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0x82f63b78 : crc >> 1;
    store<u32>(entries + (i << 2), crc);
  }
  return entries;
}
