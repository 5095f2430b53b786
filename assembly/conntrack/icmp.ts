import { PROTO_ICMP } from "../abi/protocol";
import { hz } from "../packet/clock";
import { config } from "../packet/config";
import { Packet } from "../packet/packet";
import { Entry } from "./entry";
import { refresh } from "./lifetime";
import { noteOpenFlow } from "./open-flows";
import { Tracking } from "./tracking";

/** Queries and their answers (nf_conntrack_proto_icmp.c, nf_conntrack_proto_icmpv6.c); errors are in icmp-error. */
export function trackIcmp(entry: Entry, packet: Packet): Tracking {
  const type = (entry.originalPorts >> 16) & 255;
  if (entry.protocol == PROTO_ICMP) {
    if (packet.family != 4) return Tracking.Invalid;
    if (!opensIcmp(type)) return refuse(entry, packet);
    refresh(entry, packet, config.icmpTimeout * hz);
    return Tracking.Accept;
  }
  if (packet.family != 6) return Tracking.Invalid;
  if (!entry.isConfirmed && !opensIcmpv6(type)) return refuse(entry, packet);
  refresh(entry, packet, config.icmpv6Timeout * hz);
  return Tracking.Accept;
}

/** An answer to a question that was never seen: of what has no counterpart, no entry is made. */
function refuse(entry: Entry, packet: Packet): Tracking {
  noteOpenFlow(entry, packet);
  return Tracking.Invalid;
}

/** Echo, timestamp, information and address mask requests. */
function opensIcmp(type: u32): bool {
  return type == 8 || type == 13 || type == 15 || type == 17;
}

/** Echo and node information requests. */
function opensIcmpv6(type: u32): bool {
  return type == 128 || type == 139;
}
