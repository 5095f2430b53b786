import { CtInfo, IPS_HELPER, IPS_SEQ_ADJUST } from "../abi/conntrack";
import { Reason } from "../abi/fate";
import { Verdict } from "../abi/netfilter";
import { config } from "../packet/config";
import { Packet } from "../packet/packet";
import { drop } from "../trace/output";
import { confirmPacket } from "./confirm";
import { Entry } from "./entry";
import { deliverEvents } from "./event";
import { help } from "./helper/index";
import { attachEntry, detachEntry, killCounting } from "./lifetime";
import { adjustSequence } from "./seq-adjust";

export { fetchAddresses6, fetchFlow, findFlow, hashFlow, hashPlainFlow } from "./ahead";
export { allAreDone } from "./due";
export { expireExpectations } from "./expectation";
export { beginTracking, NOT_TRACKED, trackDatagram, trackSegment, verifiesInLane } from "./lane";
export {
  addCounts,
  allowLooks,
  allowOneLook,
  countBelow,
  expireAllEntries,
  expireEntries,
  hasten,
  keepAlive,
  mayCountBelow,
} from "./lifetime";
export { isRelieving, relieveAllPressure, relievePressure } from "./pressure";
export { bucketDirectory, bucketLimit, bucketMask, touchBucket } from "./table";
export { resumeTracking, track, trackEstablished } from "./track";
export { hashTuple4 } from "./tuple-hash";

/**
 * Last in INPUT and POSTROUTING (nf_confirm): a helper reads the packet, sequence numbers are shifted, a new entry is put
 * into the table.
 */
export function confirm(packet: Packet): Verdict {
  if (packet.ct == 0) return Verdict.Accept;
  if (changetype<Entry>(packet.ct).status & (IPS_HELPER | IPS_SEQ_ADJUST) && packet.ctinfo != CtInfo.RelatedReply) {
    if (!helpAndAdjust(packet, changetype<Entry>(packet.ct))) {
      drop(packet, Reason.Helper);
      return Verdict.Drop;
    }
  }
  const verdict = confirmPacket(packet);
  if (verdict == Verdict.Accept && config.listensEvents) deliverEvents(changetype<Entry>(packet.ct));
  return verdict;
}

function helpAndAdjust(packet: Packet, entry: Entry): bool {
  if (help(packet, entry) != Verdict.Accept) return false;
  // What comes in from lo was shifted on its way out.
  return !(entry.status & IPS_SEQ_ADJUST) || packet.loopedBack != 0 || adjustSequence(packet, entry);
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
