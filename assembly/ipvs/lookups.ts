/**
 * Look-ups in IPVS' hash tables (services, connections, templates) since the packet of the capture began: what a packet
 * costs there, as the number of rules it is compared with is what it costs in iptables.
 */
export let lookups: u32 = 0;

export function countLookup(): void {
  lookups += 1;
}

export function beginLookups(): void {
  lookups = 0;
}
