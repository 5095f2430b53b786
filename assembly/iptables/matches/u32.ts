import { U32Operator } from "../../abi/rule";
import { load32 } from "../../packet/bytes";
import { Packet } from "../../packet/packet";
import { CONSULTED_PAYLOAD, context } from "../context";
import { reportMissing } from "../header";

/**
 * -m u32 (net/netfilter/xt_u32.c): tests joined by `&&`, each a start offset, operators, and ranges.
 *
 * ```text
 *  U32Test | start, operators n, ranges m | operator, number  (n times) | from, to  (m times) | next test ...
 * ```
 * All numbers are u32.
 */
@unmanaged
export class U32Test {
  tests: u32;
  invert: bool;
}

const TESTS: usize = (offsetof<U32Test>() + 3) & ~3;

export function matchesU32(packet: Packet, test: U32Test): bool {
  context.consulted |= CONSULTED_PAYLOAD;
  return allHold(packet, test) != test.invert;
}

function allHold(packet: Packet, test: U32Test): bool {
  let at = changetype<usize>(test) + TESTS;
  for (let left = test.tests; left != 0; left--) {
    const operators = load<u32>(at, 4);
    const ranges = load<u32>(at, 8);
    if (!evaluate(packet, load<u32>(at), at + 12, operators)) return false;
    at += 12 + (operators << 3);
    if (!isWithin(value, at, ranges)) return false;
    at += ranges << 3;
  }
  return true;
}

/** What `evaluate` came to. */
let value: u32 = 0;

/** @returns false when a word lies outside of the packet. */
function evaluate(packet: Packet, start: u32, operator: usize, count: u32): bool {
  let base: u32 = 0;
  if (packet.length < 4 || start > packet.length - 4) return false;
  if (!loadWord(packet, start)) return false;
  for (let left = count; left != 0; left--) {
    const kind: U32Operator = load<u32>(operator);
    const number = load<u32>(operator, 4);
    operator += 8;
    if (kind == U32Operator.And) value &= number;
    else if (kind == U32Operator.ShiftLeft) value <<= number;
    else if (kind == U32Operator.ShiftRight) value >>= number;
    else {
      if (base + value < base) return false;
      base += value;
      if (base + 4 < base || packet.length < base + 4 || number > packet.length - base - 4) return false;
      if (!loadWord(packet, base + number)) return false;
    }
  }
  return true;
}

function loadWord(packet: Packet, offset: u32): bool {
  if (offset + 4 > packet.captured) {
    reportMissing(packet);
    return false;
  }
  value = load32(packet.data + offset);
  return true;
}

function isWithin(number: u32, range: usize, count: u32): bool {
  for (let left = count; left != 0; left--) {
    if (number >= load<u32>(range) && number <= load<u32>(range, 4)) return true;
    range += 8;
  }
  return false;
}
