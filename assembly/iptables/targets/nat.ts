import { Verdict } from "../../abi/netfilter";
import { Manip, setupBinding } from "../../nat/index";
import { NatRange } from "../../nat/range";
import { Packet } from "../../packet/packet";

/** -j DNAT and -j SNAT (net/netfilter/xt_nat.c). */
export function runDnat(packet: Packet, range: NatRange): Verdict {
  return setupBinding(packet, range, Manip.Destination);
}

export function runSnat(packet: Packet, range: NatRange): Verdict {
  return setupBinding(packet, range, Manip.Source);
}
