import { Packet } from "../../packet/packet";

/** -j MARK (net/netfilter/xt_mark.c: mark_tg). */
@unmanaged
export class MarkAction {
  value: u32;
  mask: u32;
}

export function runMark(packet: Packet, action: MarkAction): void {
  packet.mark = (packet.mark & ~action.mask) ^ action.value;
}
