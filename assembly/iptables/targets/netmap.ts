import { Hook, Verdict } from "../../abi/netfilter";
import { allocate } from "../../memory/allocate";
import { Manip, manipOf, setupBinding } from "../../nat/index";
import { NatRange } from "../../nat/range";
import { copyAddress } from "../../packet/bytes";
import { Packet } from "../../packet/packet";
import { context } from "../context";
import { oneAddress } from "./one-address";

const mapped = allocate(16);

/**
 * -j NETMAP (net/netfilter/xt_NETMAP.c): the network part is replaced, the host part stays. The rule's range runs from
 * the network's first to its last address.
 */
export function runNetmap(packet: Packet, rule: NatRange): Verdict {
  const hook: Hook = context.hook;
  const manip = manipOf(hook);
  copyAddress(mapped, manip == Manip.Destination ? packet.destination : packet.source, packet.family);
  const hostBits0 = rule.min0 ^ rule.max0;
  const hostBits1 = rule.min1 ^ rule.max1;
  store<u64>(mapped, (load<u64>(mapped) & hostBits0) | (rule.min0 & ~hostBits0));
  store<u64>(mapped, (load<u64>(mapped, 8) & hostBits1) | (rule.min1 & ~hostBits1), 8);
  return setupBinding(packet, oneAddress(rule, mapped), manip);
}
