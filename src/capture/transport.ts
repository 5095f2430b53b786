const IPV4_HEADER_BYTES = 20;
const IPV6_HEADER_BYTES = 40;
const MORE_FRAGMENTS_OR_OFFSET = 0x3fff;

const NEXTHDR_HOP = 0;
const NEXTHDR_ROUTING = 43;
const NEXTHDR_DEST = 60;
const NEXTHDR_FRAGMENT = 44;

/** Where the transport header of a packet lies, and of which protocol it is. */
export interface Transport {
  offset: number;
  protocol: number;
}

/**
 * Finds the transport header of an unfragmented IP packet.
 *
 * @returns false for fragments and for packets cut off before it.
 */
export function locateTransport(
  data: Uint8Array,
  ip: number,
  end: number,
  family: 4 | 6,
  transport: Transport,
): boolean {
  return family === 4 ? locateInIpv4(data, ip, end, transport) : locateInIpv6(data, ip, end, transport);
}

function locateInIpv4(data: Uint8Array, ip: number, end: number, transport: Transport): boolean {
  if (end - ip < IPV4_HEADER_BYTES) return false;
  if ((((data[ip + 6] << 8) | data[ip + 7]) & MORE_FRAGMENTS_OR_OFFSET) !== 0) return false;
  const headerBytes = (data[ip] & 15) * 4;
  transport.offset = ip + headerBytes;
  transport.protocol = data[ip + 9];
  return headerBytes >= IPV4_HEADER_BYTES && transport.offset <= end;
}

function locateInIpv6(data: Uint8Array, ip: number, end: number, transport: Transport): boolean {
  if (end - ip < IPV6_HEADER_BYTES) return false;
  let protocol = data[ip + 6];
  let at = ip + IPV6_HEADER_BYTES;
  while (protocol === NEXTHDR_HOP || protocol === NEXTHDR_ROUTING || protocol === NEXTHDR_DEST) {
    if (at + 8 > end) return false;
    protocol = data[at];
    at += (data[at + 1] + 1) * 8;
  }
  transport.offset = at;
  transport.protocol = protocol;
  return protocol !== NEXTHDR_FRAGMENT && at <= end;
}
