import { HopCompare } from "../../abi/rule";
import { Packet } from "../../packet/packet";
import { CONSULTED_TTL, context } from "../context";

/** -m ttl and -m hl (net/netfilter/xt_hl.c). */
@unmanaged
export class HopTest {
  /** A `HopCompare`. */
  compare: u8;
  value: u8;
}

export function matchesHops(packet: Packet, test: HopTest): bool {
  context.consulted |= CONSULTED_TTL;
  const compare: HopCompare = test.compare;
  const ttl = packet.ttl;
  switch (compare) {
    case HopCompare.Equal:
      return ttl == test.value;
    case HopCompare.NotEqual:
      return ttl != test.value;
    case HopCompare.Less:
      return ttl < test.value;
    default:
      return ttl > test.value;
  }
}
