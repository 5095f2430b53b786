import { load16, store16 } from "../packet/bytes";
import { fold } from "../packet/checksum";

/**
 * Changes of transport checksums as NAT makes them (inet_proto_csum_replace4 and its kin, net/core/utils.c). The kernel
 * adds in 32 bits with the upper half set, so a sum that comes to nothing is stored as 0, never as 0xffff.
 */
const UPPER_HALF: u32 = 0xffff;

/** `length` bytes (even) that the checksum at `at` covers were `from` and are `to`. */
export function replaceCovered(at: usize, from: usize, to: usize, length: u32): void {
  store16(at, ~fold(difference(from, to, length, (~load16(at) & 0xffff) + UPPER_HALF)) & 0xffff);
}

/** A 16-bit word (in host order) that the checksum covers was `from` and is `to`. */
export function replaceCoveredWord(at: usize, from: u32, to: u32): void {
  store16(at, ~fold((~load16(at) & 0xffff) + UPPER_HALF + (~from & 0xffff) + to) & 0xffff);
}

/** The same for an unfinished checksum: the field holds the plain sum of the pseudo-header. */
export function replaceInPseudoHeader(at: usize, from: usize, to: usize, length: u32): void {
  store16(at, fold(difference(from, to, length, load16(at))));
}

function difference(from: usize, to: usize, length: u32, sum: u32): u32 {
  for (let i: u32 = 0; i < length; i += 2) sum += (~load16(from + i) & 0xffff) + load16(to + i);
  return sum;
}
