import { CtInfo, Direction } from "../abi/conntrack";
import { Reason } from "../abi/fate";
import { Hook, Verdict } from "../abi/netfilter";
import { Entry, tupleAddress } from "../conntrack/entry";
import { killCounting } from "../conntrack/lifetime";
import { Packet } from "../packet/packet";
import { drop } from "../trace/output";
import { bind, bindToItself } from "./binding";
import { doneBit, Manip, manipOf, statusBit } from "./manip";
import { leavesElsewhere } from "./masquerade";
import { NatRange } from "./range";
import { isRelatedIcmp, rewriteIcmpError, rewritePacket } from "./rewrite";

export { Manip, manipOf } from "./manip";

/**
 * First half of a nat hook (nf_nat_inet_fn): must the nat chains of this hook be asked?
 * False also for packets without entry, ICMP errors and connections that have a binding already.
 */
export function needsChains(packet: Packet, hook: Hook): bool {
  if (packet.ct == 0 || packet.ctinfo == CtInfo.Established || packet.ctinfo == CtInfo.EstablishedReply) return false;
  if (isRelatedIcmp(packet)) return false;
  return (changetype<Entry>(packet.ct).status & doneBit(manipOf(hook))) == 0;
}

/** After the chains accepted without a target: the null binding. */
export function bindNull(packet: Packet, hook: Hook): Verdict {
  const entry = changetype<Entry>(packet.ct);
  const manip = manipOf(hook);
  return entry.status & doneBit(manip) ? Verdict.Accept : bindToItself(entry, manip);
}

/** Second half: rewrites the packet as its entry says (nf_nat_packet, nf_nat_icmp_reply_translation). */
export function translate(packet: Packet, hook: Hook): Verdict {
  if (packet.ct == 0) return Verdict.Accept;
  const entry = changetype<Entry>(packet.ct);
  const manip = manipOf(hook);
  if (isRelatedIcmp(packet)) {
    return rewriteIcmpError(packet, entry, manip) ? Verdict.Accept : refuse(packet, Reason.NatIcmp);
  }
  if (hook == Hook.PostRouting && !packet.isReply && leavesElsewhere(entry, packet.outDevice)) {
    killCounting(entry, packet);
    return refuse(packet, Reason.Masquerade);
  }
  if (!(entry.status & statusBit(manip, packet.isReply))) return Verdict.Accept;
  return rewritePacket(packet, entry, manip) ? Verdict.Accept : refuse(packet, Reason.NatFailed);
}

/** Sets up a binding (nf_nat_setup_info); what a NAT target calls. `Drop` when the connection has one already. */
export function setupBinding(packet: Packet, range: NatRange, manip: Manip): Verdict {
  return bind(changetype<Entry>(packet.ct), range, manip);
}

/** Did a destination binding change this packet's address, so that OUTPUT must route again (nf_nat_ipv4_local_fn)? */
export function destinationChanged(packet: Packet): bool {
  if (packet.ct == 0) return false;
  const direction = packet.isReply ? Direction.Reply : Direction.Original;
  const other = packet.isReply ? Direction.Original : Direction.Reply;
  const goes = tupleAddress(packet.ct, direction, 1);
  const answers = tupleAddress(packet.ct, other, 0);
  if (packet.family == 4) return load<u32>(goes) != load<u32>(answers);
  return load<u64>(goes) != load<u64>(answers) || load<u64>(goes, 8) != load<u64>(answers, 8);
}

function refuse(packet: Packet, reason: Reason): Verdict {
  drop(packet, reason);
  return Verdict.Drop;
}
