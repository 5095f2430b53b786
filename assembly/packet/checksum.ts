import { load16, store16 } from "./bytes";

/**
 * Internet checksums (RFC 1071) and their incremental change (RFC 1624). Sums are kept as the kernel keeps them: 32-bit
 * one's complement sums of 16-bit words in network byte order, folded at the end.
 */

/** Adds `length` bytes at `at` to a running sum; an odd last byte is padded with zero. */
export function sumBytes(at: usize, length: u32, sum: u32 = 0): u32 {
  let total: u64 = sum;
  let end = at + (length & ~3);
  let p = at;
  // Four bytes at a time: one's complement addition does not care how words are grouped, and swapping the folded
  // result equals swapping every word.
  let raw: u64 = 0;
  for (; p < end; p += 4) raw += load<u32>(p);
  if (length & 2) {
    raw += load<u16>(p);
    p += 2;
  }
  if (length & 1) raw += load<u8>(p);
  raw = (raw & 0xffffffff) + (raw >> 32);
  raw = (raw & 0xffffffff) + (raw >> 32);
  raw = (raw & 0xffff) + (raw >> 16);
  raw = (raw & 0xffff) + (raw >> 16);
  total += bswap<u16>(<u16>raw);
  total = (total & 0xffffffff) + (total >> 32);
  return <u32>total;
}

/** Folds a running sum to 16 bits without complementing it. */
export function fold(sum: u32): u32 {
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}

/** The checksum of a running sum. */
export function finish(sum: u32): u32 {
  return ~fold(sum) & 0xffff;
}

/** The pseudo-header's sum: addresses in the packet, protocol, length of the transport part. */
export function sumPseudoHeader(source: usize, destination: usize, family: u32, protocol: u32, length: u32): u32 {
  const size: u32 = family == 4 ? 4 : 16;
  let sum = sumBytes(source, size);
  sum = sumBytes(destination, size, sum);
  return fold(sum) + protocol + (length >> 16) + (length & 0xffff);
}

/**
 * Changes the checksum at `at` as if one 16-bit word had changed: ~(~old + ~from + to), the kernel's
 * csum_replace2 (include/net/checksum.h). An originally wrong checksum stays wrong by the same amount.
 */
export function replaceWord(at: usize, from: u32, to: u32): void {
  const old = load16(at);
  store16(at, finish((~old & 0xffff) + (~from & 0xffff) + to));
}

/** The same for `length` bytes (even, up to 16) that were `from` and are `to`. */
export function replaceBytes(at: usize, from: usize, to: usize, length: u32): void {
  let sum: u32 = ~load16(at) & 0xffff;
  for (let i: u32 = 0; i < length; i += 2) sum += (~load16(from + i) & 0xffff) + load16(to + i);
  store16(at, finish(sum));
}
