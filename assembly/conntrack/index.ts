import { CtInfo } from "../abi/conntrack";
import { Verdict } from "../abi/netfilter";
import { Packet } from "../packet/packet";
import { confirmPacket } from "./confirm";
import { Entry } from "./entry";
import { attachEntry, detachEntry, killCounting } from "./lifetime";

export { hashFlow, touchFlow, touchFlowBucket, touchFlowEnd } from "./ahead";
export { expireEntries } from "./lifetime";
export { track } from "./track";

/** Puts a new entry into the table (nf_confirm), last in INPUT and POSTROUTING. */
export function confirm(packet: Packet): Verdict {
  return confirmPacket(packet);
}

/** Gives back the packet's reference; an unconfirmed entry without references is freed. Safe without entry. */
export function detach(packet: Packet): void {
  detachEntry(packet);
}

/** Gives back the reference and marks the packet UNTRACKED (NOTRACK, ip_vs_notrack). */
export function untrack(packet: Packet): void {
  detachEntry(packet);
  packet.ctinfo = <u8>CtInfo.Untracked;
}

/** A packet that the kernel makes about another one belongs to the same connection (nf_conntrack_attach). */
export function attach(made: Packet, about: Packet): void {
  if (about.ct == 0) return;
  attachEntry(made, changetype<Entry>(about.ct), about.isReply ? CtInfo.Related : CtInfo.RelatedReply);
}

/** A copy of a packet shares its connection (skb_clone, __nf_copy). */
export function share(copy: Packet, original: Packet): void {
  copy.ctinfo = original.ctinfo;
  if (original.ct == 0) return;
  const ctinfo: CtInfo = original.ctinfo;
  attachEntry(copy, changetype<Entry>(original.ct), ctinfo);
}

/** Ends the packet's entry, counting the packet (nf_ct_kill_acct). */
export function killEntry(packet: Packet): void {
  if (packet.ct != 0) killCounting(changetype<Entry>(packet.ct), packet);
}
