import { IPS_DST_NAT, IPS_DST_NAT_DONE, IPS_SRC_NAT, IPS_SRC_NAT_DONE } from "../abi/conntrack";
import { Hook } from "../abi/netfilter";

/** Which part of the tuple a hook changes (enum nf_nat_manip_type). */
export enum Manip {
  Source = 0,
  Destination = 1,
}

/** PREROUTING and OUTPUT change destinations, INPUT and POSTROUTING sources. */
export function manipOf(hook: Hook): Manip {
  return hook == Hook.PostRouting || hook == Hook.Input ? Manip.Source : Manip.Destination;
}

/** Status bit that says whether packets of a direction are rewritten at such a hook. */
export function statusBit(manip: Manip, isReply: bool): u32 {
  return (manip == Manip.Source) != isReply ? IPS_SRC_NAT : IPS_DST_NAT;
}

/** Status bit that says that the binding is decided. */
export function doneBit(manip: Manip): u32 {
  return manip == Manip.Source ? IPS_SRC_NAT_DONE : IPS_DST_NAT_DONE;
}
