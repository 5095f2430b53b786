import { Packet } from "../../packet/packet";
import { CONSULTED_TOS, context } from "../context";

/** -m tos and -m dscp (net/netfilter/xt_dscp.c): both compare bits of TOS or traffic class. */
@unmanaged
export class TosTest {
  mask: u8;
  value: u8;
  invert: bool;
}

export function matchesTos(packet: Packet, test: TosTest): bool {
  context.consulted |= CONSULTED_TOS;
  return ((packet.tos & test.mask) == test.value) != test.invert;
}
