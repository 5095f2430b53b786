import { Packet } from "../../packet/packet";
import { CONSULTED_LINK, context } from "../context";
import { hasOwner, hasSocket } from "../socket";

/**
 * -m cgroup (net/netfilter/xt_cgroup.c): the cgroup of the packet's socket. The host says which one the node's processes
 * are in, and so what the rule's answer is.
 */
@unmanaged
export class CgroupTest {
  holds: bool;
  /** For packets of the kernel's own sockets. */
  holdsOfKernel: bool;
}

/** Without a socket false, also where the rule says `!`. */
export function matchesCgroup(packet: Packet, test: CgroupTest): bool {
  context.consulted |= CONSULTED_LINK;
  if (!hasSocket(packet)) return false;
  return hasOwner(packet) ? test.holds : test.holdsOfKernel;
}
