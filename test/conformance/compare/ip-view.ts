/** Where the parts of a raw IP packet are; as far as the bytes go. */
export interface IpView {
  readonly version: 4 | 6;
  /** The protocol after all extension headers. */
  readonly protocol: number;
  /** Offset of the transport header. */
  readonly transport: number;
  /** Offset of this fragment in bytes; 0 for the first or a whole packet. */
  readonly fragmentOffset: number;
  readonly moreFragments: boolean;
  /** End of the packet by its own length field. */
  readonly end: number;
}

export const TCP = 6;
export const UDP = 17;
export const SCTP = 132;
export const ICMP = 1;
export const ICMPV6 = 58;

const EXTENSION_HEADERS = new Set([0, 43, 44, 60]);
const FRAGMENT_HEADER = 44;

/** Undefined when even the fixed header is incomplete. */
export function viewOf(packet: Uint8Array): IpView | undefined {
  if (packet.length < 20) return undefined;
  if (packet[0]! >> 4 === 4) return viewOfIpv4(packet);
  return packet.length < 40 ? undefined : viewOfIpv6(packet);
}

function viewOfIpv4(packet: Uint8Array): IpView {
  const fragment = uint16(packet, 6);
  return {
    version: 4,
    protocol: packet[9]!,
    transport: (packet[0]! & 15) * 4,
    fragmentOffset: (fragment & 0x1fff) * 8,
    moreFragments: (fragment & 0x2000) !== 0,
    end: uint16(packet, 2),
  };
}

function viewOfIpv6(packet: Uint8Array): IpView {
  let protocol = packet[6]!;
  let transport = 40;
  let fragmentOffset = 0;
  while (EXTENSION_HEADERS.has(protocol) && transport + 8 <= packet.length) {
    const next = packet[transport]!;
    if (protocol === FRAGMENT_HEADER) {
      fragmentOffset = uint16(packet, transport + 2) & ~7;
      transport += 8;
    } else {
      transport += 8 + packet[transport + 1]! * 8;
    }
    protocol = next;
  }
  return { version: 6, protocol, transport, fragmentOffset, moreFragments: false, end: 40 + uint16(packet, 4) };
}

export function uint16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

export function uint32(bytes: Uint8Array, at: number): number {
  return uint16(bytes, at) * 0x10000 + uint16(bytes, at + 2);
}

/** An ICMP message that carries the head of another packet. */
export function isIcmpError(view: IpView, packet: Uint8Array): boolean {
  const type = packet[view.transport]!;
  if (view.protocol === ICMP) return [3, 4, 5, 11, 12].includes(type);
  return view.protocol === ICMPV6 && type < 128;
}
