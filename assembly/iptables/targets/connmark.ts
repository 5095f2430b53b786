import { ConnmarkMode } from "../../abi/rule";
import { ctMark } from "../../conntrack/entry";
import { setCtMark } from "../../conntrack/mark";
import { Packet } from "../../packet/packet";
import { CONSULTED_KEYED, context } from "../context";

/** -j CONNMARK (net/netfilter/xt_connmark.c: connmark_tg_shift). */
@unmanaged
export class ConnmarkAction {
  value: u32;
  /** Masks of the connection's mark and of the packet's. */
  ctMask: u32;
  nfMask: u32;
  /** A `ConnmarkMode`. */
  mode: u8;
  shiftBits: u8;
  shiftRight: bool;
}

export function runConnmark(packet: Packet, action: ConnmarkAction): void {
  context.consulted |= CONSULTED_KEYED;
  const ct = packet.ct;
  if (ct == 0) return;
  const mode: ConnmarkMode = action.mode;
  if (mode == ConnmarkMode.Set) {
    setCtMark(ct, shifted((ctMark(ct) & ~action.ctMask) ^ action.value, action));
  } else if (mode == ConnmarkMode.Save) {
    setCtMark(ct, (ctMark(ct) & ~action.ctMask) ^ shifted(packet.mark & action.nfMask, action));
  } else {
    packet.mark = (packet.mark & ~action.nfMask) ^ shifted(ctMark(ct) & action.ctMask, action);
  }
}

function shifted(mark: u32, action: ConnmarkAction): u32 {
  return action.shiftRight ? mark >> action.shiftBits : mark << action.shiftBits;
}
