/**
 * hsiphash() of a 32-bit value on a 64-bit kernel (lib/siphash.c): SipHash-1-3 of its four bytes, the low half of the
 * result. Both words of the key are the same here.
 */
export function hsiphash32(value: u32, key: u64): u32 {
  const last = ((<u64>4) << 56) | value;
  v0 = 0x736f6d6570736575 ^ key;
  v1 = 0x646f72616e646f6d ^ key;
  v2 = 0x6c7967656e657261 ^ key;
  v3 = 0x7465646279746573 ^ key ^ last;
  round();
  v0 ^= last;
  v2 ^= 0xff;
  round();
  round();
  round();
  return <u32>(v0 ^ v1 ^ v2 ^ v3);
}

let v0: u64 = 0;
let v1: u64 = 0;
let v2: u64 = 0;
let v3: u64 = 0;

function round(): void {
  v0 += v1;
  v1 = rotl<u64>(v1, 13) ^ v0;
  v0 = rotl<u64>(v0, 32);
  v2 += v3;
  v3 = rotl<u64>(v3, 16) ^ v2;
  v0 += v3;
  v3 = rotl<u64>(v3, 21) ^ v0;
  v2 += v1;
  v1 = rotl<u64>(v1, 17) ^ v2;
  v2 = rotl<u64>(v2, 32);
}
