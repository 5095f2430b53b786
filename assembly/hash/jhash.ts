/**
 * Bob Jenkins' lookup3 (public domain) in the forms that the kernel has (include/linux/jhash.h). Kernel hashes are
 * needed where their result shows: NAT's choice of an address, ipset's and IPVS's source hashing.
 */
const JHASH_INITVAL: u32 = 0xdeadbeef;

let a: u32 = 0;
let b: u32 = 0;
let c: u32 = 0;

/** jhash2: `count` 32-bit words at `at`, read in the machine's byte order. */
export function jhash2(at: usize, count: u32, initial: u32): u32 {
  a = b = c = JHASH_INITVAL + (count << 2) + initial;
  let left = count;
  let p = at;
  while (left > 3) {
    a += load<u32>(p);
    b += load<u32>(p, 4);
    c += load<u32>(p, 8);
    mix();
    left -= 3;
    p += 12;
  }
  if (left == 0) return c;
  if (left == 3) c += load<u32>(p, 8);
  if (left >= 2) b += load<u32>(p, 4);
  a += load<u32>(p);
  final();
  return c;
}

/** jhash: any bytes. */
export function jhash(at: usize, length: u32, initial: u32): u32 {
  a = b = c = JHASH_INITVAL + length + initial;
  let left = length;
  let p = at;
  while (left > 12) {
    a += load<u32>(p);
    b += load<u32>(p, 4);
    c += load<u32>(p, 8);
    mix();
    left -= 12;
    p += 12;
  }
  if (left == 0) return c;
  for (let i: u32 = 0; i < left; i++) {
    const byte = (<u32>load<u8>(p + i)) << ((i & 3) << 3);
    if (i < 4) a += byte;
    else if (i < 8) b += byte;
    else c += byte;
  }
  final();
  return c;
}

/** jhash_3words. */
export function jhash3words(first: u32, second: u32, third: u32, initial: u32): u32 {
  const start = initial + JHASH_INITVAL + 12;
  a = first + start;
  b = second + start;
  c = third + start;
  final();
  return c;
}

/** jhash_2words. */
export function jhash2words(first: u32, second: u32, initial: u32): u32 {
  const start = initial + JHASH_INITVAL + 8;
  a = first + start;
  b = second + start;
  c = start;
  final();
  return c;
}

/** jhash_1word. */
export function jhash1word(first: u32, initial: u32): u32 {
  const start = initial + JHASH_INITVAL + 4;
  a = first + start;
  b = start;
  c = start;
  final();
  return c;
}

/** Scales a 32-bit hash to a number below `size` (reciprocal_scale). */
export function reciprocalScale(hash: u32, size: u32): u32 {
  return <u32>((<u64>hash * size) >> 32);
}

function mix(): void {
  a -= c;
  a ^= rotl<u32>(c, 4);
  c += b;
  b -= a;
  b ^= rotl<u32>(a, 6);
  a += c;
  c -= b;
  c ^= rotl<u32>(b, 8);
  b += a;
  a -= c;
  a ^= rotl<u32>(c, 16);
  c += b;
  b -= a;
  b ^= rotl<u32>(a, 19);
  a += c;
  c -= b;
  c ^= rotl<u32>(b, 4);
  b += a;
}

function final(): void {
  c ^= b;
  c -= rotl<u32>(b, 14);
  a ^= c;
  a -= rotl<u32>(c, 11);
  b ^= a;
  b -= rotl<u32>(a, 25);
  c ^= b;
  c -= rotl<u32>(b, 16);
  a ^= c;
  a -= rotl<u32>(c, 4);
  b ^= a;
  b -= rotl<u32>(a, 14);
  c ^= b;
  c -= rotl<u32>(b, 24);
}
