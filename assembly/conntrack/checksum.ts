import { PROTO_ICMP, PROTO_UDP, PROTO_UDPLITE } from "../abi/protocol";
import { fold, sumBytes, sumPseudoHeader } from "../packet/checksum";
import { config } from "../packet/config";
import { Packet } from "../packet/packet";

/** Can the packet's transport checksum be judged? Not when it is unfinished, cut off by the capture, or trusted. */
export function isChecksumKnown(packet: Packet): bool {
  if (!config.verifyChecksums || packet.partialChecksum || packet.aggregate) return false;
  return packet.captured >= packet.length;
}

/**
 * Is the checksum over the first `coverage` bytes of the transport part right (nf_ip_checksum, nf_ip6_checksum and their
 * `_partial` forms, net/netfilter/utils.c)? What cannot be judged counts as right.
 *
 * @param protocol number in the pseudo-header.
 */
export function isChecksumRight(packet: Packet, protocol: u32, coverage: u32): bool {
  if (!isChecksumKnown(packet)) return true;
  let sum: u32 = 0;
  if (protocol != PROTO_ICMP) {
    sum = sumPseudoHeader(packet.source, packet.destination, packet.family, protocol, packet.transportLength);
  }
  return fold(fold(sumBytes(packet.transport, coverage, sum))) == 0xffff;
}

/** {@link isChecksumRight}; that it was stays known (skb->csum_valid), whatever is put around the packet later. */
export function verifyChecksum(packet: Packet, protocol: u32, coverage: u32): bool {
  if (!isChecksumRight(packet, protocol, coverage)) return false;
  packet.checksumValid = 1;
  return true;
}

/** The protocol number that conntrack puts into the pseudo-header: UDP's for UDP-Lite (nf_conntrack_proto_udp.c). */
export function pseudoProtocol(protocol: u32): u32 {
  return protocol == PROTO_UDPLITE ? PROTO_UDP : protocol;
}
