import { Packet } from "../packet/packet";

/**
 * What forwarding does before the FORWARD hook (ip_forward, ip6_forward): TTL and MTU with their ICMP errors, then one
 * less TTL. @returns false when the packet ended here (and was reported); it is not freed.
 */
export function prepareForward(_packet: Packet): bool {
  return true;
}

/** No route, or a forbidding one: the ICMP error that ip_error and ip6_pkt_drop send; reports the drop. */
export function reportUnroutable(_packet: Packet): void {}
