import { CtInfo } from "../abi/conntrack";
import { Origin } from "../abi/netfilter";
import { config } from "../packet/config";
import { Packet } from "../packet/packet";

/** Did conntrack verify the checksum of a packet of IPv6, in PREROUTING (nf_conntrack_icmpv6_error, tcp_error)? */
export function wasVerified(packet: Packet): bool {
  if (!config.conntrackActive6 || !config.conntrackChecksum) return false;
  return packet.origin == Origin.Received && (packet.ct != 0 || packet.ctinfo != CtInfo.Untracked);
}
