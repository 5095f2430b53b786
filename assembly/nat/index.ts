import { Hook, Verdict } from "../abi/netfilter";
import { Packet } from "../packet/packet";
import { NatRange } from "./range";

/** Which part of the tuple a hook changes (enum nf_nat_manip_type). */
export enum Manip {
  Source = 0,
  Destination = 1,
}

/** PREROUTING and OUTPUT change destinations, INPUT and POSTROUTING sources. */
export function manipOf(hook: Hook): Manip {
  return hook == Hook.PostRouting || hook == Hook.Input ? Manip.Source : Manip.Destination;
}

/**
 * First half of a nat hook (nf_nat_inet_fn): must the nat chains of this hook be asked?
 * False also for packets without entry, ICMP errors and connections that have a binding already.
 */
export function needsChains(_packet: Packet, _hook: Hook): bool {
  return false;
}

/** After the chains accepted without a target: the null binding. */
export function bindNull(_packet: Packet, _hook: Hook): Verdict {
  return Verdict.Accept;
}

/** Second half: rewrites the packet as its entry says (nf_nat_packet, nf_nat_icmp_reply_translation). */
export function translate(_packet: Packet, _hook: Hook): Verdict {
  return Verdict.Accept;
}

/** Sets up a binding (nf_nat_setup_info); what a NAT target calls. `Drop` when no unique tuple exists for it. */
export function setupBinding(_packet: Packet, _range: NatRange, _manip: Manip): Verdict {
  return Verdict.Accept;
}

/** Did a destination binding change this packet's address, so that OUTPUT must route again (nf_nat_ipv4_local_fn)? */
export function destinationChanged(_packet: Packet): bool {
  return false;
}
