import { Packet } from "../../packet/packet";
import { CONSULTED_TCP_FLAGS, CONSULTED_TOS, context } from "../context";
import { transportBytes } from "../header";

/** -m ecn (net/netfilter/xt_ecn.c): the two bits of the IP header, and flags of TCP. */
@unmanaged
export class EcnTest {
  /** Bits of TCP's flags that are tested, and what they must be. */
  flagMask: u8;
  flags: u8;
  testsIp: bool;
  ect: u8;
  notIp: bool;
}

export function matchesEcn(packet: Packet, test: EcnTest): bool {
  if (test.testsIp) {
    context.consulted |= CONSULTED_TOS;
    if (((packet.tos & 3) == test.ect) == test.notIp) return false;
  }
  if (test.flagMask == 0) return true;
  const header = transportBytes(packet, 20);
  if (header == 0) return false;
  context.consulted |= CONSULTED_TCP_FLAGS;
  return (load<u8>(header, 13) & test.flagMask) == test.flags;
}
