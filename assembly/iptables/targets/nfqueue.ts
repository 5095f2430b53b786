import { Reason } from "../../abi/fate";
import { Verdict } from "../../abi/netfilter";
import { Packet } from "../../packet/packet";
import { drop } from "../../trace/output";
import { CONSULTED_EFFECT, context } from "../context";

/** -j NFQUEUE and -j QUEUE (net/netfilter/xt_NFQUEUE.c). */
@unmanaged
export class NfqueueAction {
  bypass: bool;
}

/** Nobody reads the queue: the packet goes on to the next hook function with `--queue-bypass`, and is dropped without. */
export function runNfqueue(packet: Packet, bypass: bool): Verdict {
  context.consulted |= CONSULTED_EFFECT;
  if (bypass) return Verdict.Accept;
  drop(packet, Reason.QueueUnread);
  return Verdict.Drop;
}
