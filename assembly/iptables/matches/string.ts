import { Packet } from "../../packet/packet";
import { CONSULTED_PAYLOAD, context } from "../context";
import { reportMissing } from "../header";

/**
 * -m string (net/netfilter/xt_string.c, skb_find_text): the first occurrence of the pattern from `from` on, counted from
 * the IP header, must end at most `to - from` bytes later. bm and kmp find the same one. The pattern follows the record;
 * with `ignoreCase` it is in upper case.
 */
@unmanaged
export class StringTest {
  from: u32;
  to: u32;
  length: u32;
  ignoreCase: bool;
  invert: bool;
}

const PATTERN: usize = offsetof<StringTest>();
const NOT_FOUND: u32 = 0xffffffff;

export function matchesString(packet: Packet, test: StringTest): bool {
  context.consulted |= CONSULTED_PAYLOAD;
  const found = findPattern(packet, test);
  return (found != NOT_FOUND && found + test.length <= test.to - test.from) != test.invert;
}

/** Where the pattern first occurs, from `from`. */
function findPattern(packet: Packet, test: StringTest): u32 {
  const end = packet.captured;
  const pattern = changetype<usize>(test) + PATTERN;
  for (let at = test.from; at + test.length <= end; at++) {
    if (isAt(packet.data + at, pattern, test)) return at - test.from;
  }
  if (end < packet.length && test.from < packet.length) reportMissing(packet);
  return NOT_FOUND;
}

function isAt(text: usize, pattern: usize, test: StringTest): bool {
  for (let i: u32 = 0; i < test.length; i++) {
    const byte = load<u8>(text + i);
    if ((test.ignoreCase ? upper(byte) : byte) != load<u8>(pattern + i)) return false;
  }
  return true;
}

/** toupper() of lib/ctype.c, whose letters are those of Latin-1. */
function upper(byte: u8): u8 {
  const isLower = (byte >= 0x61 && byte <= 0x7a) || (byte >= 0xdf && byte != 0xf7);
  return isLower ? byte - 32 : byte;
}
