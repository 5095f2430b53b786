const ETHERNET_HEADER_BYTES = 14;
const TAG_BYTES = 4;
const ETH_P_8021Q = 0x8100;
const ETH_P_IP = 0x0800;
const ETH_P_IPV6 = 0x86dd;

/** Where the IP header of an Ethernet frame begins, behind VLAN tags; undefined for frames that are not IP. */
export function ipOffset(frame: Uint8Array): number | undefined {
  let at = ETHERNET_HEADER_BYTES;
  while (etherType(frame, at) === ETH_P_8021Q) at += TAG_BYTES;
  const type = etherType(frame, at);
  return type === ETH_P_IP || type === ETH_P_IPV6 ? at : undefined;
}

function etherType(frame: Uint8Array, end: number): number {
  return ((frame[end - 2] ?? 0) << 8) | (frame[end - 1] ?? 0);
}
