import { CtInfo } from "../../abi/conntrack";
import { newTemplate } from "../../conntrack/entry";
import { untrack } from "../../conntrack/index";
import { Packet } from "../../packet/packet";

/** -j CT and -j NOTRACK (net/netfilter/xt_CT.c). */
@unmanaged
export class CtAction {
  /** Made when the rule is loaded; 0 for --notrack. */
  template: usize;
  zone: u32;
  /** Bit 0: original direction, bit 1: reply direction. */
  zoneDirections: u32;
  zoneFromMark: bool;
  notrack: bool;
  /** A `Helper`. */
  helper: u8;
  /** Events that the rule chooses, a bit for each `CtEvent`; 0: no choice. */
  events: u16;
}

export function beginCt(action: CtAction): void {
  if (action.notrack) return;
  action.template = newTemplate(action.zone, action.zoneDirections, action.zoneFromMark, action.helper, action.events);
}

/** Packets that have an entry, a template or are untracked already stay as they are (xt_ct_target). */
export function runCt(packet: Packet, action: CtAction): void {
  if (packet.ct != 0 || packet.template != 0 || packet.ctinfo == <u8>CtInfo.Untracked) return;
  if (action.notrack) untrack(packet);
  else packet.template = action.template;
}
