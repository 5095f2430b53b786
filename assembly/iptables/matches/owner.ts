import { OWNER_GID, OWNER_SOCKET, OWNER_UID } from "../../abi/rule";
import { Packet } from "../../packet/packet";
import { CONSULTED_LINK, context } from "../context";
import { hasOwner, hasSocket } from "../socket";

/**
 * -m owner (net/netfilter/xt_owner.c). `tests` and `inverted` are `OWNER_*` bits. A capture does not say whose the packets
 * of the node's processes were: the host says it, the same for all, and what that means for the rule.
 */
@unmanaged
export class OwnerTest {
  tests: u32;
  inverted: u32;
  /** Are the user and the group in the rule's ranges? */
  isUser: bool;
  isGroup: bool;
}

export function matchesOwner(packet: Packet, test: OwnerTest): bool {
  context.consulted |= CONSULTED_LINK;
  if (!hasSocket(packet)) return test.tests == test.inverted;
  if (test.tests & test.inverted & OWNER_SOCKET) return false;
  if (!hasOwner(packet)) return ((test.tests ^ test.inverted) & (OWNER_UID | OWNER_GID)) == 0;
  if (test.tests & OWNER_UID && test.isUser == ((test.inverted & OWNER_UID) != 0)) return false;
  return (test.tests & OWNER_GID) == 0 || test.isGroup != ((test.inverted & OWNER_GID) != 0);
}
