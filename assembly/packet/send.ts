import { Packet } from "./packet";

/**
 * Ways back up the stack. Rules, NAT and IPVS make packets (a reset, an ICMP error, a copy, a tunnel's outside) that
 * walk the hooks themselves, while the hooks call rules, NAT and IPVS. As in the kernel (dst->output, nf_hook_entry),
 * the lower layer calls through a pointer that hooks/ sets, so that imports point one way.
 */
let localOut: ((packet: Packet) => void) | null = null;

/** hooks/ sets what sends a packet through LOCAL_OUT and POSTROUTING. */
export function setLocalOut(send: (packet: Packet) => void): void {
  localOut = send;
}

/**
 * Sends a routed packet through the LOCAL_OUT hooks, then POSTROUTING, then out (ip_local_out). Takes the packet: it is
 * freed when this returns, or waits in a queue.
 */
export function sendLocalOut(packet: Packet): void {
  localOut!(packet);
}
