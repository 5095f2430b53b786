import { Tuple } from "./tuple";

/**
 * Hash of a tuple and the zone id it is looked up in: two rounds of multiply and xor-shift, as the kernel's own hash has a
 * random key and shows nowhere but in which entries a full table drops. The multipliers are the key: who does not know the run's
 * seed cannot make up packets that all fall into one bucket.
 */
const FIRST_1: u64 = 0x9e3779b97f4a7c15;
const FIRST_2: u64 = 0xd6e8feb86659fd93;

let multiplier1 = FIRST_1;
let multiplier2 = FIRST_2;

/** Chooses the multipliers, odd ones; seed 1, that of runs that name none, leaves the first two. The table must be empty. */
export function seedTupleHash(seed: u64): void {
  const mixed = scramble(seed - 1);
  multiplier1 = FIRST_1 ^ (mixed << 1);
  multiplier2 = FIRST_2 ^ (scramble(mixed) << 1);
}

/** Spreads a number over all bits; 0 stays 0. */
function scramble(seed: u64): u64 {
  let mixed = seed * 0xbf58476d1ce4e5b9;
  mixed ^= mixed >> 31;
  mixed *= 0x94d049bb133111eb;
  return mixed ^ (mixed >> 29);
}

/** Of an IPv4 tuple: both addresses, ports, and protocol | zone << 8. @inline */
export function hashTuple4(addresses: u64, ports: u32, rest: u32): u64 {
  return finish(addresses * multiplier1, ((<u64>rest) << 32) | ports);
}

export function hashTuple(tuple: Tuple, zoneId: u32): u64 {
  const rest = <u32>tuple.protocol | (zoneId << 8);
  if (tuple.family == 4) return hashTuple4(tuple.source0 | (tuple.destination0 << 32), tuple.ports, rest);
  return hashTuple6(changetype<usize>(tuple), tuple.ports, rest);
}

/** Of an IPv6 tuple; source and destination lie at `addresses`. */
export function hashTuple6(addresses: usize, ports: u32, rest: u32): u64 {
  let mixed = load<u64>(addresses) * multiplier1;
  mixed = (rotl<u64>(mixed, 29) ^ load<u64>(addresses, 8)) * multiplier2;
  mixed = (rotl<u64>(mixed, 29) ^ load<u64>(addresses, 16)) * multiplier1;
  mixed = (rotl<u64>(mixed, 29) ^ load<u64>(addresses, 24)) * multiplier2;
  return finish(mixed, ((<u64>rest) << 32) | ports);
}

/** @inline */
function finish(mixed: u64, last: u64): u64 {
  mixed ^= mixed >> 32;
  mixed = (mixed ^ last) * multiplier2;
  mixed ^= mixed >> 29;
  mixed *= multiplier1;
  return mixed ^ (mixed >> 32);
}
