import { allocate } from "../memory/allocate";
import { KernelSet } from "./set";

/**
 * The prefix lengths that a set's networks have, the longest first, for each of an element's networks (struct
 * net_prefixes, ip_set_hash_gen.h). Expired elements count until they are collected.
 *
 * ```text
 * for network n, at n * PREFIX_BLOCK:  | elements of length 0..128 (u32) | lengths + 1 in use (u8), then 0 |
 * ```
 */
const PREFIX_BLOCK: u32 = 664;
const LENGTHS: u32 = 129 * 4;

export function createPrefixes(set: KernelSet): void {
  if (set.netCount != 0) set.prefixes = allocate(PREFIX_BLOCK * set.netCount);
}

export function clearPrefixes(set: KernelSet): void {
  if (set.netCount != 0) memory.fill(set.prefixes, 0, PREFIX_BLOCK * set.netCount);
}

/** Where the lengths of network `n` stand: bytes of length + 1, ended by 0. */
export function prefixLengths(set: KernelSet, n: u32): usize {
  return set.prefixes + n * PREFIX_BLOCK + LENGTHS;
}

/** The longest prefix in use, or the whole address in an empty set (INIT_CIDR). */
export function longestPrefix(set: KernelSet, n: u32): u32 {
  const longest: u32 = load<u8>(prefixLengths(set, n));
  return longest == 0 ? set.addressBits : longest - 1;
}

/** mtype_add_cidr */
export function addPrefix(set: KernelSet, n: u32, prefix: u32): void {
  const count = set.prefixes + n * PREFIX_BLOCK + (prefix << 2);
  store<u32>(count, load<u32>(count) + 1);
  if (load<u32>(count) > 1) return;
  let at = prefixLengths(set, n);
  while (<u32>load<u8>(at) > prefix + 1) at += 1;
  // Shorter lengths and the ending zero move back by one.
  let moved = prefix + 1;
  while (moved != 0) {
    const next: u32 = load<u8>(at);
    store<u8>(at, <u8>moved);
    moved = next;
    at += 1;
  }
}

/** mtype_del_cidr */
export function removePrefix(set: KernelSet, n: u32, prefix: u32): void {
  const count = set.prefixes + n * PREFIX_BLOCK + (prefix << 2);
  store<u32>(count, load<u32>(count) - 1);
  if (load<u32>(count) != 0) return;
  let at = prefixLengths(set, n);
  while (<u32>load<u8>(at) != prefix + 1) at += 1;
  while (load<u8>(at) != 0) {
    store<u8>(at, load<u8>(at, 1));
    at += 1;
  }
}
