import {
  PROTO_AH,
  PROTO_DCCP,
  PROTO_DSTOPTS,
  PROTO_FRAGMENT,
  PROTO_GRE,
  PROTO_HOPOPTS,
  PROTO_ICMP,
  PROTO_ICMPV6,
  PROTO_NONE,
  PROTO_ROUTING,
  PROTO_SCTP,
  PROTO_TCP,
  PROTO_UDP,
  PROTO_UDPLITE,
} from "../abi/protocol";
import { load16 } from "../packet/bytes";
import { Packet } from "../packet/packet";
import { Tuple } from "./tuple";
import { tracksDccp } from "./versions";

/** Is there a transport header that conntrack can find (get_l4proto)? */
export function isTrackable(packet: Packet): bool {
  if (packet.fragmentOffset != 0 || packet.brokenChain) return false;
  if (packet.family == 4) return packet.transportOffset <= packet.length;
  return packet.protocol != PROTO_NONE;
}

/** The packet's own tuple (nf_ct_get_tuple). @returns false where it has none, which makes the packet INVALID. */
export function tupleOf(packet: Packet, to: Tuple): bool {
  const available = min(packet.length, packet.captured);
  const present = available > packet.transportOffset ? available - packet.transportOffset : 0;
  return fillTuple(packet.data, packet.family, packet.protocol, packet.transport, present, to);
}

/**
 * The tuple of a packet quoted in an ICMP error (nf_ct_get_tuplepr).
 *
 * @param header its IP header; `available` bytes of it are there.
 */
export function tupleOfQuoted(header: usize, available: u32, family: u32, to: Tuple): bool {
  const found = family == 4 ? findTransport4(header, available) : findTransport6(header, available);
  if (!found) return false;
  const present = available > quotedOffset ? available - quotedOffset : 0;
  return fillTuple(header, family, quotedProtocol, header + quotedOffset, present, to);
}

/** What the last search in a quoted packet found: offset of the transport header, its protocol, IPv6 fragment field. */
export let quotedOffset: u32 = 0;
export let quotedProtocol: u32 = 0;
export let quotedIsLaterFragment: bool = false;

function findTransport4(header: usize, available: u32): bool {
  if (available < 20) return false;
  quotedOffset = (<u32>load<u8>(header) & 15) << 2;
  quotedProtocol = load<u8>(header, 9);
  quotedIsLaterFragment = (load16(header + 6) & 0x1fff) != 0;
  return !quotedIsLaterFragment && quotedOffset <= available;
}

function findTransport6(header: usize, available: u32): bool {
  if (available < 40) return false;
  return skipExtensionHeaders(header, available) && !quotedIsLaterFragment;
}

/**
 * Skips IPv6 extension headers (ipv6_skip_exthdr): sets {@link quotedOffset}, {@link quotedProtocol} and
 * {@link quotedIsLaterFragment}. @returns false when the chain ends early or in "no next header".
 */
export function skipExtensionHeaders(header: usize, available: u32): bool {
  let next: u32 = load<u8>(header, 6);
  let offset: u32 = 40;
  quotedIsLaterFragment = false;
  while (mayPrecede(next)) {
    if (next == PROTO_NONE || offset + 2 > available) return false;
    const at = header + offset;
    let size = (<u32>load<u8>(at, 1) + 1) << 3;
    if (next == PROTO_AH) size = (<u32>load<u8>(at, 1) + 2) << 2;
    if (next == PROTO_FRAGMENT) {
      if (offset + 4 > available) return false;
      quotedIsLaterFragment = (load16(at + 2) & ~7) != 0;
      if (quotedIsLaterFragment) break;
      size = 8;
    }
    next = load<u8>(at);
    offset += size;
  }
  quotedOffset = offset;
  quotedProtocol = next;
  return true;
}

function mayPrecede(protocol: u32): bool {
  return (
    protocol == PROTO_HOPOPTS ||
    protocol == PROTO_ROUTING ||
    protocol == PROTO_FRAGMENT ||
    protocol == PROTO_AH ||
    protocol == PROTO_NONE ||
    protocol == PROTO_DSTOPTS
  );
}

function fillTuple(header: usize, family: u32, protocol: u32, transport: usize, present: u32, to: Tuple): bool {
  if (family == 4) {
    to.source0 = load<u32>(header, 12);
    to.destination0 = load<u32>(header, 16);
    to.source1 = 0;
    to.destination1 = 0;
  } else {
    memory.copy(changetype<usize>(to), header + 8, 32);
  }
  to.family = <u8>family;
  to.protocol = <u8>protocol;
  to.ports = 0;
  if (protocol == PROTO_TCP || protocol == PROTO_UDP || hasPorts(protocol)) {
    if (present < 4) return false;
    to.ports = load<u32>(transport);
    return true;
  }
  if (protocol == PROTO_ICMP || protocol == PROTO_ICMPV6) {
    if (present < 8) return false;
    to.ports = <u32>load<u16>(transport, 4) | ((<u32>load<u16>(transport)) << 16);
    return true;
  }
  return protocol == PROTO_GRE ? fillGre(transport, present, to) : true;
}

function hasPorts(protocol: u32): bool {
  return protocol == PROTO_UDPLITE || protocol == PROTO_SCTP || (protocol == PROTO_DCCP && tracksDccp());
}

/** Version 1 (PPTP) has a call id; other versions have no key (gre_pkt_to_tuple). */
function fillGre(transport: usize, present: u32, to: Tuple): bool {
  if (present < 4 || (load<u8>(transport, 1) & 7) != 1) return true;
  if (present < 8) return true;
  if (load16(transport + 2) != 0x880b) return false;
  to.ports = (<u32>load<u16>(transport, 6)) << 16;
  return true;
}
