import { Verdict } from "../abi/netfilter";
import { PROTO_ICMP, PROTO_ICMPV6 } from "../abi/protocol";
import { copyAddress } from "../packet/bytes";
import { Packet } from "../packet/packet";
import { confirmPacket } from "./confirm";
import { Entry } from "./entry";
import { addSeqAdjust } from "./extension";
import { findLive, kill } from "./lifetime";
import { loadTuple, newTuple, storeTuple, Tuple } from "./tuple";
import { DEFAULT_ZONE } from "./zone";

/** What IPVS asks of conntrack (net/netfilter/ipvs/ip_vs_nfct.c). Addresses lie as in packets, ports are in host order. */
const tuple = newTuple();

/**
 * Changes the reply tuple of the packet's unconfirmed entry to what the server will send (ip_vs_update_conntrack):
 * `source` and its port are the server's; for replies of the server seen first, the client's side is changed instead
 * (`outgoing`).
 *
 * @param isShifted whether lengths of the payload may change later.
 */
export function alterReplyForIpvs(packet: Packet, address: usize, port: u32, outgoing: bool, isShifted: bool): void {
  if (packet.ct == 0 || packet.isReply) return;
  const entry = changetype<Entry>(packet.ct);
  if (entry.isConfirmed || entry.isDying) return;
  if (isShifted) addSeqAdjust(entry);
  loadTuple(entry, 1, tuple);
  const hasPorts = entry.protocol != PROTO_ICMP && entry.protocol != PROTO_ICMPV6;
  const side = changetype<usize>(tuple) + (outgoing ? offsetof<Tuple>("destination0") : 0);
  copyAddress(side, address, entry.family);
  if (hasPorts && outgoing) tuple.destinationPort = port;
  else if (hasPorts) tuple.sourcePort = port;
  storeTuple(entry, 1, tuple);
}

/** Confirms the packet's entry, as ip_vs_confirm_conntrack does. @returns false when the packet must be dropped. */
export function confirmForIpvs(packet: Packet): bool {
  return confirmPacket(packet) == Verdict.Accept;
}

/** Ends the entry of a connection that IPVS expires (ip_vs_conn_drop_conntrack), found by its original tuple. */
export function killEntryOf(
  family: u32,
  protocol: u32,
  source: usize,
  sourcePort: u32,
  destination: usize,
  destinationPort: u32,
): void {
  copyAddress(changetype<usize>(tuple), source, family);
  copyAddress(changetype<usize>(tuple) + offsetof<Tuple>("destination0"), destination, family);
  tuple.sourcePort = sourcePort;
  tuple.destinationPort = destinationPort;
  tuple.protocol = <u8>protocol;
  tuple.family = <u8>family;
  const reference = findLive(tuple, DEFAULT_ZONE);
  if (reference != 0) kill(changetype<Entry>(reference & ~1));
}
