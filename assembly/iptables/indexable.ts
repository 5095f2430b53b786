import { PROTO_TCP } from "../abi/protocol";
import { Packet } from "../packet/packet";

/**
 * May an index or a remembered walk stand for the walk of this packet? A short or cut header, or a later fragment, can be
 * dropped by a match that would be passed over (hotdrop), so such packets walk every rule.
 */
export function isIndexable(packet: Packet): bool {
  if (packet.fragmentOffset != 0 || packet.brokenChain) return false;
  const needed: u32 = packet.protocol == PROTO_TCP ? 20 : 8;
  return packet.hasTransport(needed) && packet.hasCaptured(needed);
}
