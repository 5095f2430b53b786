import { load16, store16 } from "../../packet/bytes";
import { Packet } from "../../packet/packet";

/** -j TOS and -j DSCP (net/netfilter/xt_DSCP.c): new = (old & ~mask) ^ value. */
@unmanaged
export class TosAction {
  mask: u8;
  value: u8;
}

export function runTos(packet: Packet, action: TosAction): void {
  const old = packet.tos;
  const changed = (old & ~(<u32>action.mask)) ^ action.value;
  if (changed == old) return;
  if (packet.family == 4) setTos4(packet.data, old, changed & 0xff);
  else store16(packet.data, (load16(packet.data) & 0xf00f) | ((changed & 0xff) << 4));
}

/** ipv4_change_dsfield() (include/net/dsfield.h) has its own way of carrying, which shows in checksums of 0 and 0xffff. */
function setTos4(header: usize, old: u32, changed: u32): void {
  let check = load16(header + 10) + old;
  if ((check + 1) >> 16) check = (check + 1) & 0xffff;
  check -= changed;
  check += check >> 16;
  store16(header + 10, check);
  store<u8>(header, <u8>changed, 1);
}
