import { Tuple } from "./tuple";

/**
 * Hash of a tuple and the zone id it is looked up in: two rounds of multiply and xor-shift, as the kernel's own hash has a
 * random key and shows nowhere but in which entries a full table drops.
 */
const MULTIPLY_1: u64 = 0x9e3779b97f4a7c15;
const MULTIPLY_2: u64 = 0xd6e8feb86659fd93;

/** Of an IPv4 tuple: both addresses, ports, and protocol | zone << 8. @inline */
export function hashTuple4(addresses: u64, ports: u32, rest: u32): u64 {
  return finish(addresses * MULTIPLY_1, ((<u64>rest) << 32) | ports);
}

export function hashTuple(tuple: Tuple, zoneId: u32): u64 {
  const rest = <u32>tuple.protocol | (zoneId << 8);
  if (tuple.family == 4) return hashTuple4(tuple.source0 | (tuple.destination0 << 32), tuple.ports, rest);
  return hashTuple6(changetype<usize>(tuple), tuple.ports, rest);
}

/** Of an IPv6 tuple; source and destination lie at `addresses`. */
export function hashTuple6(addresses: usize, ports: u32, rest: u32): u64 {
  let mixed = load<u64>(addresses) * MULTIPLY_1;
  mixed = (rotl<u64>(mixed, 29) ^ load<u64>(addresses, 8)) * MULTIPLY_2;
  mixed = (rotl<u64>(mixed, 29) ^ load<u64>(addresses, 16)) * MULTIPLY_1;
  mixed = (rotl<u64>(mixed, 29) ^ load<u64>(addresses, 24)) * MULTIPLY_2;
  return finish(mixed, ((<u64>rest) << 32) | ports);
}

/** @inline */
function finish(mixed: u64, last: u64): u64 {
  mixed ^= mixed >> 32;
  mixed = (mixed ^ last) * MULTIPLY_2;
  mixed ^= mixed >> 29;
  mixed *= MULTIPLY_1;
  return mixed ^ (mixed >> 32);
}
