import { IPS_SEEN_REPLY } from "../abi/conntrack";
import { hz } from "../packet/clock";
import { config } from "../packet/config";
import { Packet } from "../packet/packet";
import { setAssured } from "./assured";
import { Entry } from "./entry";
import { GreEntry } from "./gre-entry";
import { refresh } from "./lifetime";
import { Tracking } from "./tracking";

/** Protocols that conntrack knows nothing of: one connection for a pair of addresses (nf_conntrack_proto_generic.c). */
export function trackGeneric(entry: Entry, packet: Packet): Tracking {
  refresh(entry, packet, config.genericTimeout * hz);
  return Tracking.Accept;
}

/** GRE (nf_conntrack_proto_gre.c). */
export function trackGre(entry: GreEntry, packet: Packet): Tracking {
  if (!entry.isConfirmed) {
    entry.greTimeout = config.greTimeout * hz;
    entry.greStreamTimeout = config.greTimeoutStream * hz;
  }
  if (entry.status & IPS_SEEN_REPLY) {
    refresh(entry, packet, entry.greStreamTimeout);
    setAssured(entry);
  } else {
    refresh(entry, packet, entry.greTimeout);
  }
  return Tracking.Accept;
}
