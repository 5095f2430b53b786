import { Reason } from "../abi/fate";
import { Packet } from "../packet/packet";

/**
 * The checks before PREROUTING (ip_rcv_core, ip6_rcv_core). Trims the packet to its own length and finds its transport
 * header. @returns why it is dropped, or `None`.
 */
export function validate(_packet: Packet): Reason {
  return Reason.None;
}

/** The checks after PREROUTING that look at IPv4 options (ip_rcv_options). */
export function validateOptions(_packet: Packet): Reason {
  return Reason.None;
}

/**
 * What a raw socket does to a packet that brings its own header (raw_send_hdrinc): length and header checksum are set,
 * the transport header is found. @returns why it cannot be sent, or `None`.
 */
export function validateLocal(_packet: Packet): Reason {
  return Reason.None;
}
