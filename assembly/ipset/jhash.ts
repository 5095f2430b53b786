/** jhash2 (include/linux/jhash.h): Bob Jenkins' lookup3 over 32-bit words. With the set's initval it decides the bucket. */
export function jhash2(key: usize, words: u32, initval: u32): u32 {
  let a: u32 = 0xdeadbeef + (words << 2) + initval;
  let b = a;
  let c = a;
  while (words > 3) {
    a += load<u32>(key);
    b += load<u32>(key, 4);
    c += load<u32>(key, 8);
    a = (a - c) ^ rotl<u32>(c, 4);
    c += b;
    b = (b - a) ^ rotl<u32>(a, 6);
    a += c;
    c = (c - b) ^ rotl<u32>(b, 8);
    b += a;
    a = (a - c) ^ rotl<u32>(c, 16);
    c += b;
    b = (b - a) ^ rotl<u32>(a, 19);
    a += c;
    c = (c - b) ^ rotl<u32>(b, 4);
    b += a;
    words -= 3;
    key += 12;
  }
  if (words == 0) return c;
  if (words == 3) c += load<u32>(key, 8);
  if (words >= 2) b += load<u32>(key, 4);
  a += load<u32>(key);
  c = (c ^ b) - rotl<u32>(b, 14);
  a = (a ^ c) - rotl<u32>(c, 11);
  b = (b ^ a) - rotl<u32>(a, 25);
  c = (c ^ b) - rotl<u32>(b, 16);
  a = (a ^ c) - rotl<u32>(c, 4);
  b = (b ^ a) - rotl<u32>(a, 14);
  return (c ^ b) - rotl<u32>(b, 24);
}
