import { Helper } from "../../abi/conntrack";
import { Entry } from "../../conntrack/entry";
import { helperOf, masterOf } from "../../conntrack/extension";
import { Packet } from "../../packet/packet";

/** -m helper (net/netfilter/xt_helper.c): was the connection expected by one with such a helper? */
@unmanaged
export class HelperTest {
  /** A bit for each `Helper`. */
  helpers: u32;
  invert: bool;
}

export function matchesHelper(packet: Packet, test: HelperTest): bool {
  if (packet.ct == 0) return test.invert;
  const master = masterOf(changetype<Entry>(packet.ct));
  if (master == 0) return test.invert;
  const helper = helperOf(changetype<Entry>(master));
  if (helper == Helper.None) return test.invert;
  return ((test.helpers >> helper) & 1) != (test.invert ? 1 : 0);
}
