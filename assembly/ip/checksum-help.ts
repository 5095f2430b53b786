import { PROTO_DCCP, PROTO_ICMPV6, PROTO_TCP, PROTO_UDP, PROTO_UDPLITE } from "../abi/protocol";
import { store16 } from "../packet/bytes";
import { finish, sumBytes, sumPseudoHeader } from "../packet/checksum";
import { Packet, parseTransport } from "../packet/packet";

/**
 * Completes a transport checksum that is only begun, which a card would have done while sending (skb_checksum_help). Packets
 * that were not captured whole keep theirs.
 */
export function completeChecksum(packet: Packet): void {
  packet.partialChecksum = 0;
  parseTransport(packet);
  const offset = checksumOffset(packet.protocol);
  if (offset == 0 || packet.isFragment || packet.aggregate || packet.captured < packet.length) return;
  if (!packet.hasTransport(offset + 2)) return;
  const length = packet.transportLength;
  const at = packet.transport + offset;
  store16(at, 0);
  const pseudo = sumPseudoHeader(packet.source, packet.destination, packet.family, packet.protocol, length);
  const sum = finish(sumBytes(packet.transport, length, pseudo));
  const isUdp = packet.protocol == PROTO_UDP || packet.protocol == PROTO_UDPLITE;
  store16(at, sum == 0 && isUdp ? 0xffff : sum);
}

/** Where the checksum lies in a transport header; 0 for protocols without one of this kind. */
function checksumOffset(protocol: u32): u32 {
  if (protocol == PROTO_TCP) return 16;
  if (protocol == PROTO_UDP || protocol == PROTO_UDPLITE || protocol == PROTO_DCCP) return 6;
  return protocol == PROTO_ICMPV6 ? 2 : 0;
}
