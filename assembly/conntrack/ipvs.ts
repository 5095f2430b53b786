import { Packet } from "../packet/packet";

/** What IPVS asks of conntrack (net/netfilter/ipvs/ip_vs_nfct.c). Addresses lie as in packets, ports are in host order. */

/**
 * Changes the reply tuple of the packet's unconfirmed entry to what the server will send (ip_vs_update_conntrack):
 * `source` and its port are the server's; for replies of the server seen first, the client's side is changed instead
 * (`outgoing`).
 */
export function alterReplyForIpvs(_packet: Packet, _address: usize, _port: u32, _outgoing: bool): void {}

/** Confirms the packet's entry, as ip_vs_confirm_conntrack does. @returns false when the packet must be dropped. */
export function confirmForIpvs(_packet: Packet): bool {
  return true;
}

/** Ends the entry of a connection that IPVS expires (ip_vs_conn_drop_conntrack), found by its original tuple. */
export function killEntryOf(
  _family: u32,
  _protocol: u32,
  _source: usize,
  _sourcePort: u32,
  _destination: usize,
  _destinationPort: u32,
): void {}
