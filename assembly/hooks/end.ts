import { Fate, Reason } from "../abi/fate";
import { Verdict } from "../abi/netfilter";
import { detach } from "../conntrack/index";
import { releaseSizes } from "../ip/fragment-sizes";
import { freePacket, Packet } from "../packet/packet";
import { endWalk } from "../trace/output";

/** A hook function or table did not accept: dropped and reported, or somebody else's now. */
export function stop(packet: Packet, verdict: Verdict): void {
  if (verdict == Verdict.Stolen) return;
  end(packet, Reason.Rule);
}

/** Drops the packet for a reason, unless its end has been reported already, and frees it. */
export function end(packet: Packet, reason: Reason): void {
  endWalk(packet, Fate.Dropped, reason);
  finish(packet);
}

export function finish(packet: Packet): void {
  releaseSizes(packet);
  detach(packet);
  freePacket(packet);
}
