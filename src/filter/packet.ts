/** What a filter asks of a packet: its bytes as they arrived, and where the headers lie. */
export interface FilteredPacket {
  readonly frame: Uint8Array;
  /** Where the IP header begins in `frame`. */
  readonly ipAt: number;
  /** 0: no IP packet. */
  readonly family: 0 | 4 | 6;
  /** Where the MAC addresses begin; -1 for link headers without. */
  readonly destinationMac: number;
  readonly sourceMac: number;
  /** VLAN identifiers, outermost first. */
  readonly vlans: readonly number[];
  /** Length of the frame on the wire. */
  readonly length: number;
  /** Interface of the capture. */
  readonly interface: string | undefined;
}

/** What became of a packet, as far as a filter asks. */
export interface FilteredResult {
  /** sent, delivered, dropped, waiting or ignored. */
  readonly fate: string;
  /** Where it left; `local` when it was delivered. */
  readonly interface: string | undefined;
  readonly reason: string | undefined;
  /** Packets with the same number took the same path. */
  readonly path: number;
  readonly hooks: ReadonlySet<string>;
  readonly tables: ReadonlySet<string>;
  /** Chains that it went through. */
  readonly chains: ReadonlySet<string>;
  /** Rules that matched, as `filter:FORWARD:3`. */
  readonly rules: ReadonlySet<string>;
  /** IPVS services (`TCP 10.96.0.1:443`) and servers (`10.0.0.5:8443`). */
  readonly services: ReadonlySet<string>;
  readonly servers: ReadonlySet<string>;
  /** Conntrack states, `NEW`, `ESTABLISHED`, `INVALID`, ... */
  readonly states: ReadonlySet<string>;
}

/** Says whether a packet is wanted; the result is there only once the packet has run. */
export type Predicate = (packet: FilteredPacket, result: FilteredResult | undefined) => boolean;

export const TCP = 6;
export const UDP = 17;
export const SCTP = 132;
export const ICMP = 1;
export const ICMPV6 = 58;
const IPV6_FRAGMENT = 44;
const IPV6_HEADER = 40;

/** The protocol of the IP header; in IPv6 that of the first header behind it, or behind a fragment header (as libpcap). */
export function protocolOf({ family, frame, ipAt }: FilteredPacket): number | undefined {
  if (family === 4) return frame[ipAt + 9];
  if (family !== 6) return undefined;
  const next = frame[ipAt + 6];
  return next === IPV6_FRAGMENT ? frame[ipAt + IPV6_HEADER] : next;
}

/** Where the transport header begins; undefined in later fragments, and behind IPv6 extension headers. */
export function transportAt({ family, frame, ipAt }: FilteredPacket): number | undefined {
  if (family === 6) return frame[ipAt + 6] === IPV6_FRAGMENT ? undefined : ipAt + IPV6_HEADER;
  if (family !== 4 || (word(frame, ipAt + 6) & 0x1fff) !== 0) return undefined;
  return ipAt + (frame[ipAt]! & 15) * 4;
}

/** Source and destination address, views. */
export function addressOf({ family, frame, ipAt }: FilteredPacket, side: "src" | "dst"): Uint8Array {
  const size = family === 4 ? 4 : 16;
  const at = ipAt + (family === 4 ? 12 : 8) + (side === "src" ? 0 : size);
  return frame.subarray(at, at + size);
}

/** A port of TCP, UDP or SCTP. */
export function portOf(packet: FilteredPacket, side: "src" | "dst"): number | undefined {
  const protocol = protocolOf(packet);
  if (protocol !== TCP && protocol !== UDP && protocol !== SCTP) return undefined;
  const at = transportAt(packet);
  if (at === undefined || at + 4 > packet.frame.length) return undefined;
  return word(packet.frame, side === "src" ? at : at + 2);
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
