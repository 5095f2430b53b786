import { STATE_INVALID, STATE_OF_CTINFO, STATE_UNTRACKED } from "../../abi/rule";
import { Packet } from "../../packet/packet";
import { CONSULTED_KEYED, context } from "../context";

/** The packet's state as a `STATE_*` bit (XT_CONNTRACK_STATE_BIT, XT_STATE_BIT). */
export function stateBit(packet: Packet): u32 {
  context.consulted |= CONSULTED_KEYED;
  if (packet.ct != 0) return STATE_OF_CTINFO << (packet.ctinfo % 3);
  return packet.isInvalid ? STATE_INVALID : STATE_UNTRACKED;
}
