import { TCP, UDP, viewOf } from "./ip-view.ts";

/** The last byte of each field, and its name, in the order of the header. */
type Fields = readonly (readonly [lastByte: number, name: string])[];

const ETHERNET: Fields = [
  [5, "destination MAC"],
  [11, "source MAC"],
  [13, "ethertype"],
];
const IPV4: Fields = [
  [0, "version and header length"],
  [1, "TOS"],
  [3, "total length"],
  [5, "identification"],
  [7, "fragment field"],
  [8, "TTL"],
  [9, "protocol"],
  [11, "header checksum"],
  [15, "source address"],
  [19, "destination address"],
];
const IPV6: Fields = [
  [1, "traffic class"],
  [3, "flow label"],
  [5, "payload length"],
  [6, "next header"],
  [7, "hop limit"],
  [23, "source address"],
  [39, "destination address"],
];
const TCP_FIELDS: Fields = [
  [1, "source port"],
  [3, "destination port"],
  [7, "sequence number"],
  [11, "acknowledgement number"],
  [13, "TCP flags"],
  [15, "window"],
  [17, "TCP checksum"],
  [19, "urgent pointer"],
];
const UDP_FIELDS: Fields = [
  [1, "source port"],
  [3, "destination port"],
  [5, "UDP length"],
  [7, "UDP checksum"],
];

export function ethernetField(offset: number): string {
  return nameAt(ETHERNET, offset) ?? "Ethernet header";
}

/** What a byte of a raw IP packet belongs to, e.g. "TTL" or "TCP checksum"; "byte 33" where nothing is known. */
export function ipField(packet: Uint8Array, offset: number): string {
  const view = viewOf(packet);
  if (!view) return `byte ${offset}`;
  const named = nameAt(view.version === 4 ? IPV4 : IPV6, offset);
  if (named) return named;
  if (offset < view.transport) return view.version === 4 ? "IP options" : "extension headers";
  if (view.fragmentOffset > 0) return `byte ${offset} of a fragment`;
  const inTransport = offset - view.transport;
  if (view.protocol === TCP) return nameAt(TCP_FIELDS, inTransport) ?? `byte ${offset} (TCP options or data)`;
  if (view.protocol === UDP) return nameAt(UDP_FIELDS, inTransport) ?? `byte ${offset} (UDP data)`;
  if (view.protocol === 4 || view.protocol === 41)
    return `inner ${ipField(packet.subarray(view.transport), inTransport)}`;
  const isIcmp = view.protocol === 1 || view.protocol === 58;
  if (isIcmp && (inTransport === 2 || inTransport === 3)) return "ICMP checksum";
  if (isIcmp && inTransport >= 8) return `byte ${inTransport - 8} behind the ICMP header`;
  return `byte ${offset}`;
}

function nameAt(fields: Fields, offset: number): string | undefined {
  return fields.find(([lastByte]) => offset <= lastByte)?.[1];
}
