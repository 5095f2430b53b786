import { load16, store16 } from "./bytes";

/**
 * Internet checksums (RFC 1071) and their incremental change (RFC 1624). Sums are kept as the kernel keeps them: 32-bit
 * one's complement sums of 16-bit words in network byte order, folded at the end.
 */

/** From here on sixteen bytes at a time pay. */
const LONG: u32 = 64;

/** Adds `length` bytes at `at` to a running sum; an odd last byte is padded with zero. */
export function sumBytes(at: usize, length: u32, sum: u32 = 0): u32 {
  // Swapping the folded result equals swapping every word.
  let total: u64 = <u64>sum + bswap<u16>(<u16>foldRaw(sumRaw(at, length)));
  total = (total & 0xffffffff) + (total >> 32);
  return <u32>total;
}

/** Sum of words as they lie in memory, four or sixteen bytes at a time: one's complement addition does not care how they are grouped. */
function sumRaw(at: usize, length: u32): u64 {
  let p = at;
  let raw: u64 = 0;
  let left = length;
  if (left >= LONG) {
    const whole = left & ~15;
    raw = sumLanes(p, whole);
    p += whole;
    left &= 15;
  }
  return raw + sumShort(p, left);
}

/** Of less than {@link LONG} bytes. @inline */
function sumShort(at: usize, length: u32): u64 {
  let p = at;
  let left = length;
  let raw: u64 = 0;
  for (; left >= 8; left -= 8, p += 8) raw += <u64>load<u32>(p) + load<u32>(p, 4);
  return raw + sumRest(p, left);
}

/** Of up to seven bytes. @inline */
function sumRest(at: usize, length: u32): u64 {
  let p = at;
  let raw: u64 = 0;
  if (length & 4) {
    raw = load<u32>(p);
    p += 4;
  }
  if (length & 2) {
    raw += load<u16>(p);
    p += 2;
  }
  if (length & 1) raw += load<u8>(p);
  return raw;
}

/** To 16 bits, as they lie in memory: halves are added in the upper one, with what carries from the lower. @inline */
export function foldRaw(sum: u64): u32 {
  const half = <u32>((sum + rotl<u64>(sum, 32)) >> 32);
  return (half + rotl<u32>(half, 16)) >> 16;
}

/**
 * Is the checksum of a TCP or UDP header right, with the pseudo-header and all that follows?
 *
 * @param addresses both, of `size` bytes; the transport header with what follows, `length` bytes, lies right behind them.
 * @inline
 */
export function isTransportSound(addresses: usize, size: u32, length: u32, protocol: u32): bool {
  const pseudo = (protocol << 8) + bswap<u16>(<u16>length);
  const left = size + length;
  const sum = left < LONG ? sumShort(addresses, left) : sumRaw(addresses, left);
  return foldRaw(sum + pseudo) == 0xffff;
}

/** Sum of the 16-bit words of `length` bytes, a multiple of 16 of at most 64 KiB: four sums beside each other cannot overflow. */
function sumLanes(at: usize, length: u32): u64 {
  let sums = i32x4.splat(0);
  for (const end = at + length; at < end; at += 16) {
    sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_u(v128.load(at)));
  }
  const wide = i64x2.add(i64x2.extend_low_i32x4_u(sums), i64x2.extend_high_i32x4_u(sums));
  return <u64>i64x2.extract_lane(wide, 0) + <u64>i64x2.extract_lane(wide, 1);
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
