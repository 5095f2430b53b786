import {
  PROTO_AH,
  PROTO_ESP,
  PROTO_FRAGMENT,
  PROTO_ICMP,
  PROTO_ICMPV6,
  PROTO_NONE,
  PROTO_SCTP,
  PROTO_TCP,
  PROTO_UDP,
} from "../abi/protocol";
import { EventKind, Unsupported } from "../abi/trace";
import { allocate } from "../memory/allocate";
import { load16 } from "../packet/bytes";
import { isExtensionHeader, Packet } from "../packet/packet";
import { recordEvent, totals } from "../trace/output";

/** An IP header within a packet, its own or one that an ICMP error quotes (struct ip_vs_iphdr). */
@unmanaged
export class IpvsHeader {
  /** Where the header begins, and where its transport header begins, from `packet.data`. */
  offset: u32;
  transport: u32;
  /** Transport protocol, -1 when the header chain cannot be parsed. */
  protocol: i32;
  fragmentOffset: u32;
  /** IPv6: is there a fragment header? */
  hasFragmentHeader: bool;
  /** Source and destination stand for each other: a header that an ICMP error quotes. */
  inverse: bool;
  /** Quoted by an ICMP error. */
  icmp: bool;
  source: usize;
  destination: usize;

  /** Address of the client, if the packet goes to a virtual service. */
  get client(): usize {
    return this.inverse ? this.destination : this.source;
  }

  get virtual(): usize {
    return this.inverse ? this.source : this.destination;
  }
}

/**
 * Headers of the hook functions under way: an error that IPVS sends walks through the hooks while the packet that caused
 * it is still being handled.
 */
const MAX_HEADERS: usize = 4096;
const HEADER_SIZE: usize = offsetof<IpvsHeader>();
const headers = allocate(MAX_HEADERS * HEADER_SIZE);
let top: usize = 0;

export function takeHeader(): IpvsHeader {
  if (top == MAX_HEADERS) unreachable();
  const header = changetype<IpvsHeader>(headers + top * HEADER_SIZE);
  top += 1;
  return header;
}

export function giveHeader(): void {
  top -= 1;
}

/** The packet's own header (ip_vs_fill_iph_skb). */
export function readHeader(packet: Packet, header: IpvsHeader): void {
  header.offset = 0;
  header.transport = packet.transportOffset;
  header.protocol = packet.brokenChain ? -1 : packet.protocol;
  header.fragmentOffset = packet.fragmentOffset;
  header.hasFragmentHeader = packet.family == 6 && hasFragmentHeader(packet);
  header.inverse = false;
  header.icmp = false;
  header.source = packet.source;
  header.destination = packet.destination;
}

/** A header quoted at `offset` (ip_vs_fill_iph_skb_icmp). @returns false when it is not all there. */
export function readQuoted(packet: Packet, offset: u32, inverse: bool, header: IpvsHeader): bool {
  const at = packet.data + offset;
  header.offset = offset;
  header.inverse = inverse;
  header.icmp = true;
  header.hasFragmentHeader = false;
  if (packet.family == 6) {
    if (!isReadable(packet, offset, 40)) return false;
    header.source = at + 8;
    header.destination = at + 24;
    return findTransport(packet, offset, header);
  }
  if (!isReadable(packet, offset, 20)) return false;
  header.transport = offset + (<u32>load<u8>(at) & 15) * 4;
  header.protocol = load<u8>(at, 9);
  header.fragmentOffset = load16(at + 6) & 0x1fff;
  header.source = at + 12;
  header.destination = at + 16;
  return true;
}

/** Walks the extension headers of a quoted IPv6 packet (ipv6_find_hdr). */
function findTransport(packet: Packet, offset: u32, header: IpvsHeader): bool {
  let next: u32 = load<u8>(packet.data + offset, 6);
  let at = offset + 40;
  header.fragmentOffset = 0;
  while (isExtensionHeader(next) && next != PROTO_NONE) {
    if (!isReadable(packet, at, 8)) return false;
    const extension = packet.data + at;
    if (next == PROTO_FRAGMENT) {
      header.hasFragmentHeader = true;
      header.fragmentOffset = load16(extension + 2) & ~7;
      if (header.fragmentOffset != 0) {
        header.protocol = load<u8>(extension);
        header.transport = at;
        return true;
      }
    }
    const units: u32 = load<u8>(extension, 1);
    if (next == PROTO_FRAGMENT) at += 8;
    else if (next == PROTO_AH) at += (units + 2) << 2;
    else at += (units + 1) << 3;
    next = load<u8>(extension);
  }
  header.protocol = next;
  header.transport = at;
  return true;
}

function hasFragmentHeader(packet: Packet): bool {
  if (packet.isFragment) return true;
  let next: u32 = load<u8>(packet.data, 6);
  let at: u32 = 40;
  while (isExtensionHeader(next) && next != PROTO_NONE && at + 8 <= packet.transportOffset) {
    if (next == PROTO_FRAGMENT) return true;
    const units: u32 = load<u8>(packet.data + at, 1);
    const size: u32 = next == PROTO_AH ? (units + 2) << 2 : (units + 1) << 3;
    next = load<u8>(packet.data + at);
    at += size;
  }
  return false;
}

/** ICMP, or ICMPv6 in IPv6. */
export function isIcmp(packet: Packet, header: IpvsHeader): bool {
  return header.protocol == (packet.family == 4 ? PROTO_ICMP : PROTO_ICMPV6);
}

/** Does IPVS know the protocol (ip_vs_proto_data_get)? */
export function isKnownProtocol(protocol: i32): bool {
  return hasPorts(protocol) || protocol == PROTO_AH || protocol == PROTO_ESP;
}

export function hasPorts(protocol: i32): bool {
  return protocol == PROTO_TCP || protocol == PROTO_UDP || protocol == PROTO_SCTP;
}

/** Are the ports part of the packet? */
export function hasPortBytes(packet: Packet, header: IpvsHeader): bool {
  return isReadable(packet, header.transport, 4);
}

/** Port of the client's side, in host order. */
export function clientPort(packet: Packet, header: IpvsHeader): u32 {
  return load16(packet.data + header.transport + (header.inverse ? 2 : 0));
}

export function virtualPort(packet: Packet, header: IpvsHeader): u32 {
  return load16(packet.data + header.transport + (header.inverse ? 0 : 2));
}

/**
 * Are these bytes in the packet? Where the capture cut them off the answer is no, too, and the difference from the
 * kernel is reported.
 */
export function isReadable(packet: Packet, offset: u32, size: u32): bool {
  const end = offset + size;
  if (end <= packet.captured) return true;
  if (end <= packet.length) noteMissing(packet);
  return false;
}

/** Reports that the capture did not keep what the kernel would have looked at. */
export function noteMissing(packet: Packet): void {
  totals.missingBytes += 1;
  recordEvent(packet, EventKind.Unsupported, 255, Unsupported.MissingBytes, 0);
}
