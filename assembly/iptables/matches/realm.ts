import { Packet } from "../../packet/packet";
import { CONSULTED_STATE, context } from "../context";

/** -m realm (net/netfilter/xt_realm.c). */
@unmanaged
export class RealmTest {
  value: u32;
  mask: u32;
  invert: bool;
}

export function matchesRealm(packet: Packet, test: RealmTest): bool {
  context.consulted |= CONSULTED_STATE;
  return ((packet.realm & test.mask) == test.value) != test.invert;
}
