import { OWNER_GID, OWNER_SOCKET, OWNER_UID } from "../../abi/rule";
import { Packet } from "../../packet/packet";
import { CONSULTED_LINK, context } from "../context";
import { hasOwner, hasSocket } from "../socket";

/**
 * -m owner (net/netfilter/xt_owner.c). `tests` and `inverted` are `OWNER_*` bits; ranges include both ends. Unlike
 * Linux, the owner of every packet of the node's processes is root: a capture does not say whose they were.
 */
@unmanaged
export class OwnerTest {
  tests: u32;
  inverted: u32;
  uidFrom: u32;
  uidTo: u32;
  gidFrom: u32;
  gidTo: u32;
}

export function matchesOwner(packet: Packet, test: OwnerTest): bool {
  context.consulted |= CONSULTED_LINK;
  if (!hasSocket(packet)) return test.tests == test.inverted;
  if (test.tests & test.inverted & OWNER_SOCKET) return false;
  if (!hasOwner(packet)) return ((test.tests ^ test.inverted) & (OWNER_UID | OWNER_GID)) == 0;
  if (test.tests & OWNER_UID && (test.uidFrom == 0) == ((test.inverted & OWNER_UID) != 0)) return false;
  return (test.tests & OWNER_GID) == 0 || (test.gidFrom == 0) != ((test.inverted & OWNER_GID) != 0);
}
