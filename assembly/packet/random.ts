/** Stands in for the kernel's random numbers: xorshift64*, seeded by the host, so that runs can be repeated. */
let state: u64 = 0x9e3779b97f4a7c15;

export function seedRandom(seed: u64): void {
  // Zero is the one state that xorshift never leaves.
  state = seed * 0x9e3779b97f4a7c15 + 0x9e3779b97f4a7c15;
  if (state == 0) state = 1;
}

export function random32(): u32 {
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return <u32>((state * 0x2545f4914f6cdd1d) >> 32);
}

export function random16(): u32 {
  return random32() >> 16;
}

/** A number below `limit`, scaled as the kernel's prandom_u32_max does. */
export function randomBelow(limit: u32): u32 {
  return <u32>((<u64>random32() * limit) >> 32);
}
