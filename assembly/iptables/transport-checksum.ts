import { PROTO_TCP, PROTO_UDP } from "../abi/protocol";
import { finish, sumBytes, sumPseudoHeader } from "../packet/checksum";
import { config } from "../packet/config";
import { Packet } from "../packet/packet";

/**
 * Is the checksum over everything from `offset` on right (nf_ip_checksum, nf_ip6_checksum)? IPv4 adds the pseudo-header
 * for TCP and UDP only, IPv6 always. What the capture cut, or the card would complete, counts as right.
 */
export function isChecksumRight(packet: Packet, offset: u32, protocol: u32): bool {
  if (!config.verifyChecksums || packet.partialChecksum || packet.aggregate) return true;
  if (packet.captured < packet.length) return true;
  const length = packet.length - offset;
  let sum: u32 = 0;
  if (packet.family == 6 || protocol == PROTO_TCP || protocol == PROTO_UDP) {
    sum = sumPseudoHeader(packet.source, packet.destination, packet.family, protocol, length);
  }
  return finish(sumBytes(packet.data + offset, length, sum)) == 0;
}
