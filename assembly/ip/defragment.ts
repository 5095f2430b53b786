import { Verdict } from "../abi/netfilter";
import { Packet } from "../packet/packet";

/** Who reassembles: queues are kept apart (enum ip_defrag_users). */
export enum DefragUser {
  /** The IP stack, at local delivery. */
  Local = 0,
  ConntrackIn = 1,
  ConntrackOut = 2,
  IpvsIn = 3,
  IpvsOut = 4,
  IpvsForward = 5,
}

/**
 * Keeps a fragment until its datagram is whole (ip_defrag, nf_ct_frag6_gather).
 * @returns Accept: not a fragment, or the packet is now the whole datagram; Stolen: kept, the walk ends; Drop: the queue was
 * given up and the packet with it. After Stolen and Drop the packet is gone.
 */
export function defragment(_packet: Packet, _user: DefragUser): Verdict {
  return Verdict.Accept;
}

/** Fragment queues whose time has come. */
export function expireFragments(): void {}
