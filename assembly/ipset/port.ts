import { PROTO_ICMP, PROTO_ICMPV6, PROTO_NONE, PROTO_SCTP, PROTO_TCP, PROTO_UDP, PROTO_UDPLITE } from "../abi/protocol";
import { Packet } from "../packet/packet";
import { totals } from "../trace/output";

/** The port that `packetPort` found, as it lies in the packet (network byte order). */
export let foundPort: u16 = 0;

/**
 * The port of a packet as ipset sees it (ip_set_getport.c): source or destination port of TCP, UDP, UDP-Lite and SCTP, type
 * and code of ICMP, 0 for other protocols. False where there should be one, but the header is missing.
 */
export function packetPort(packet: Packet, source: bool): bool {
  foundPort = 0;
  const protocol: u32 = packet.protocol;
  if (packet.family == 4) {
    if (protocol == 0) return false;
    if (packet.fragmentOffset != 0) return headerSize(protocol) == 0;
  } else if (packet.brokenChain || packet.fragmentOffset != 0 || protocol == PROTO_NONE) {
    return false;
  }
  const size = headerSize(protocol);
  if (size == 0) return true;
  if (!packet.hasTransport(size)) return false;
  if (!packet.hasCaptured(4)) {
    totals.missingBytes += 1;
    return false;
  }
  const header = packet.transport;
  if (protocol == PROTO_ICMP || protocol == PROTO_ICMPV6) foundPort = load<u16>(header);
  else foundPort = load<u16>(header + (source ? 0 : 2));
  return true;
}

/** Bytes that must be there for a port; 0: the protocol has none. */
function headerSize(protocol: u32): u32 {
  if (protocol == PROTO_TCP) return 20;
  if (protocol == PROTO_SCTP) return 12;
  if (protocol == PROTO_UDP || protocol == PROTO_UDPLITE) return 8;
  if (protocol == PROTO_ICMP || protocol == PROTO_ICMPV6) return 8;
  return 0;
}
