/** Big-endian access to packet bytes, which are neither aligned nor in the machine's byte order. */
export function load16(at: usize): u32 {
  return bswap<u16>(load<u16>(at));
}

export function load32(at: usize): u32 {
  return bswap<u32>(load<u32>(at));
}

export function store16(at: usize, value: u32): void {
  store<u16>(at, bswap<u16>(<u16>value));
}

export function store32(at: usize, value: u32): void {
  store<u32>(at, bswap<u32>(value));
}

/** Are the two 16-byte addresses equal? IPv4 addresses fill the first four bytes; the rest is zero. */
export function sameAddress(a: usize, b: usize): bool {
  return load<u64>(a) == load<u64>(b) && load<u64>(a, 8) == load<u64>(b, 8);
}

/** Copies an address of a packet (4 or 16 bytes) into a 16-byte field. */
export function copyAddress(to: usize, from: usize, family: u32): void {
  if (family == 4) {
    store<u64>(to, <u64>load<u32>(from));
    store<u64>(to, 0, 8);
  } else {
    store<u64>(to, load<u64>(from));
    store<u64>(to, load<u64>(from, 8), 8);
  }
}

/** Writes a 16-byte field into a packet as an address of the family. */
export function storeAddress(to: usize, from: usize, family: u32): void {
  if (family == 4) {
    store<u32>(to, load<u32>(from));
  } else {
    store<u64>(to, load<u64>(from));
    store<u64>(to, load<u64>(from, 8), 8);
  }
}
