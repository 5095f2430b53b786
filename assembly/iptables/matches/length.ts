import { load16 } from "../../packet/bytes";
import { Packet } from "../../packet/packet";
import { CONSULTED_LENGTH, context } from "../context";

/** -m length (net/netfilter/xt_length.c): IPv4's total length, or the whole IPv6 packet. */
@unmanaged
export class LengthTest {
  from: u32;
  to: u32;
  invert: bool;
}

export function matchesLength(packet: Packet, test: LengthTest): bool {
  context.consulted |= CONSULTED_LENGTH;
  const field = packet.family == 4 ? load16(packet.data + 2) : 0;
  // An aggregate's field may be 0: its length is the packet's (skb_ip_totlen).
  const length = field != 0 ? field : packet.length;
  return (length >= test.from && length <= test.to) != test.invert;
}
