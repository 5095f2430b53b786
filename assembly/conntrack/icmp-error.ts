import { CtInfo } from "../abi/conntrack";
import { Hook } from "../abi/netfilter";
import { PROTO_ICMP, PROTO_ICMPV6 } from "../abi/protocol";
import { config } from "../packet/config";
import { Packet } from "../packet/packet";
import { verifyChecksum } from "./checksum";
import { Entry } from "./entry";
import { tupleOfQuoted } from "./extract";
import { attachEntry, findLive } from "./lifetime";
import { invertTuple, newTuple } from "./tuple";

/** What the first look at an ICMP packet says. */
export enum IcmpVerdict {
  /** A query or answer: tracked as any packet. */
  Track = 0,
  /** An error that belongs to a connection; its entry is attached. */
  Related = 1,
  /** Never tracked: neighbour discovery and multicast listener reports. */
  Untracked = 2,
  Invalid = 3,
}

const HIGHEST_ICMP_TYPE: u32 = 18;
const REDIRECT6: u32 = 137;
/** Redirect message before its options, and the option that quotes a packet. */
const REDIRECT6_SIZE: u32 = 40;
const REDIRECTED_HEADER_OPTION: u32 = 4;

const quoted = newTuple();
const inner = newTuple();

/** Checks an ICMP packet and finds the connection that an error is about (nf_conntrack_handle_icmp). */
export function classifyIcmp(packet: Packet, zone: u32, hook: Hook): IcmpVerdict {
  if (packet.family == 4) return packet.protocol == PROTO_ICMP ? classify4(packet, zone, hook) : IcmpVerdict.Track;
  return packet.protocol == PROTO_ICMPV6 ? classify6(packet, zone, hook) : IcmpVerdict.Track;
}

/** nf_conntrack_icmpv4_error. */
function classify4(packet: Packet, zone: u32, hook: Hook): IcmpVerdict {
  if (!isSound(packet, PROTO_ICMP, hook)) return IcmpVerdict.Invalid;
  const type: u32 = load<u8>(packet.transport);
  if (type > HIGHEST_ICMP_TYPE) return IcmpVerdict.Invalid;
  if (!isError4(type)) return IcmpVerdict.Track;
  return findRelated(packet, packet.transportOffset + 8, zone);
}

/** Destination unreachable, source quench, redirect, time exceeded, parameter problem. */
export function isError4(type: u32): bool {
  return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

/** nf_conntrack_icmpv6_error. */
function classify6(packet: Packet, zone: u32, hook: Hook): IcmpVerdict {
  if (!isSound(packet, PROTO_ICMPV6, hook)) return IcmpVerdict.Invalid;
  const type: u32 = load<u8>(packet.transport);
  if ((type >= 130 && type <= 136) || type == 143) return IcmpVerdict.Untracked;
  if (type == REDIRECT6) return classifyRedirect6(packet, zone);
  if (type >= 128) return IcmpVerdict.Track;
  return findRelated(packet, packet.transportOffset + 8, zone);
}

/** Redirects are believed only from the link itself, and tell of a connection only where they quote a packet. */
function classifyRedirect6(packet: Packet, zone: u32): IcmpVerdict {
  if (!isThere(packet, REDIRECT6_SIZE)) return IcmpVerdict.Invalid;
  if (load<u8>(packet.transport, 1) != 0) return IcmpVerdict.Track;
  const source = packet.source;
  const isLinkLocal = load<u8>(source) == 0xfe && (load<u8>(source, 1) & 0xc0) == 0x80;
  if (packet.ttl != 255 || !isLinkLocal) return IcmpVerdict.Invalid;
  if (!isThere(packet, REDIRECT6_SIZE + 2)) return IcmpVerdict.Invalid;
  const option = packet.transport + REDIRECT6_SIZE;
  if (load<u8>(option, 1) == 0) return IcmpVerdict.Invalid;
  if (load<u8>(option) != REDIRECTED_HEADER_OPTION) return IcmpVerdict.Track;
  return findRelated(packet, packet.transportOffset + REDIRECT6_SIZE + 8, zone);
}

function isThere(packet: Packet, size: u32): bool {
  return packet.hasTransport(size) && packet.hasCaptured(size);
}

function isSound(packet: Packet, protocol: u32, hook: Hook): bool {
  if (!isThere(packet, 8)) return false;
  if (hook != Hook.PreRouting || !config.conntrackChecksum) return true;
  return verifyChecksum(packet, protocol, packet.transportLength);
}

/**
 * The connection of the packet that an error quotes (nf_conntrack_inet_error). What is quoted travelled against the
 * error, so the entry is looked up by the inverse; the error must go to where that direction goes.
 */
function findRelated(packet: Packet, offset: u32, zone: u32): IcmpVerdict {
  const available = min(packet.length, packet.captured);
  if (available <= offset) return IcmpVerdict.Invalid;
  if (!tupleOfQuoted(packet.data + offset, available - offset, packet.family, quoted)) return IcmpVerdict.Invalid;
  if (!invertTuple(inner, quoted)) return IcmpVerdict.Invalid;
  const reference = findLive(inner, zone);
  if (reference == 0) return IcmpVerdict.Invalid;
  const destination = packet.destination;
  const goesThere =
    packet.family == 4
      ? load<u32>(destination) == <u32>inner.destination0
      : load<u64>(destination) == inner.destination0 && load<u64>(destination, 8) == inner.destination1;
  if (!goesThere) return IcmpVerdict.Invalid;
  attachEntry(packet, changetype<Entry>(reference & ~1), reference & 1 ? CtInfo.RelatedReply : CtInfo.Related);
  return IcmpVerdict.Related;
}
