import { Hook, Verdict } from "../../abi/netfilter";
import { allocate } from "../../memory/allocate";
import { Manip, setupBinding } from "../../nat/index";
import { NatRange } from "../../nat/range";
import { copyAddress } from "../../packet/bytes";
import { device, InterfaceAddress } from "../../packet/device";
import { Packet } from "../../packet/packet";
import { isMapped6, scopeOf6 } from "../address6";
import { context } from "../context";
import { oneAddress } from "./one-address";

const target = allocate(16);

/** -j REDIRECT (net/netfilter/nf_nat_redirect.c): to loopback from the node, else to the incoming device's own address. */
export function runRedirect(packet: Packet, rule: NatRange): Verdict {
  if (context.hook == Hook.Output) storeLoopback(packet.family);
  else if (!ownAddress(packet)) return Verdict.Drop;
  return setupBinding(packet, oneAddress(rule, target), Manip.Destination);
}

function storeLoopback(family: u32): void {
  store<u64>(target, family == 4 ? 0x0100007f : 0);
  store<u64>(target, family == 4 ? 0 : (<u64>1) << 56, 8);
}

function ownAddress(packet: Packet): bool {
  const at = packet.family == 4 ? device(context.inDevice).addresses4 : usableAddress6(packet);
  if (at == 0) return false;
  copyAddress(target, at, 6);
  return true;
}

/** The first address whose scope is that of the destination (nf_nat_redirect_ipv6_usable). */
function usableAddress6(packet: Packet): usize {
  const scope = scopeOf6(packet.destination);
  let at = device(context.inDevice).addresses6;
  while (at != 0 && (isMapped6(at) || (scope != 0 && scopeOf6(at) != scope))) {
    at = changetype<InterfaceAddress>(at).next;
  }
  return at;
}
