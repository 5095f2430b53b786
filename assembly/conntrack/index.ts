import { CtInfo } from "../abi/conntrack";
import { Hook, Verdict } from "../abi/netfilter";
import { Packet } from "../packet/packet";

/** Finds or makes the packet's entry (nf_conntrack_in), at priority -200 of PREROUTING and OUTPUT. */
export function track(_packet: Packet, _hook: Hook): Verdict {
  return Verdict.Accept;
}

/** Puts a new entry into the table (nf_confirm), last in INPUT and POSTROUTING. */
export function confirm(_packet: Packet, _hook: Hook): Verdict {
  return Verdict.Accept;
}

/** Gives back the packet's reference; an unconfirmed entry without references is freed. Safe without entry. */
export function detach(packet: Packet): void {
  packet.ct = 0;
  packet.ctinfo = <u8>CtInfo.Established;
}

/** Gives back the reference and marks the packet UNTRACKED (NOTRACK, ip_vs_notrack). */
export function untrack(packet: Packet): void {
  detach(packet);
  packet.ctinfo = <u8>CtInfo.Untracked;
}

/** A packet that the kernel makes about another one belongs to the same connection (nf_conntrack_attach). */
export function attach(_made: Packet, _about: Packet): void {}

/** Lets entries expire whose time has come, a bounded number a call; called once a packet. */
export function expireEntries(): void {}
