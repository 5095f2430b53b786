import { ctMark } from "../../conntrack/entry";
import { Packet } from "../../packet/packet";
import { CONSULTED_KEYED, context } from "../context";

/** -m mark and -m connmark (net/netfilter/xt_mark.c, xt_connmark.c). */
@unmanaged
export class MarkTest {
  value: u32;
  mask: u32;
  invert: bool;
}

export function matchesMark(packet: Packet, test: MarkTest): bool {
  context.consulted |= CONSULTED_KEYED;
  return ((packet.mark & test.mask) == test.value) != test.invert;
}

/** Without an entry the answer is no, inverted or not. */
export function matchesConnmark(packet: Packet, test: MarkTest): bool {
  context.consulted |= CONSULTED_KEYED;
  if (packet.ct == 0) return false;
  return ((ctMark(packet.ct) & test.mask) == test.value) != test.invert;
}
