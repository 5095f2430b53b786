import {
  PROTO_DCCP,
  PROTO_GRE,
  PROTO_ICMP,
  PROTO_ICMPV6,
  PROTO_SCTP,
  PROTO_TCP,
  PROTO_UDP,
  PROTO_UDPLITE,
} from "../abi/protocol";
import { sctpChecksum } from "../conntrack/sctp";
import { Tuple } from "../conntrack/tuple";
import { crc32c, crc32cByte } from "../hash/crc32c";
import { ensureWritable } from "../ip/fragment-sizes";
import { load16, store16 } from "../packet/bytes";
import { Packet } from "../packet/packet";
import { replaceCovered, replaceCoveredWord, replaceInPseudoHeader } from "./checksum";
import { Manip } from "./manip";

/**
 * Rewrites ports and checksums of a transport header (l4proto_manip_pkt, net/netfilter/nf_nat_proto.c). The header may
 * be quoted in an ICMP error, where most of it can be missing.
 *
 * @param header IP header whose addresses are still the old ones.
 * @param offset of the transport header from the packet's start.
 * @returns false when the packet must be dropped.
 */
export function rewriteTransport(packet: Packet, header: usize, offset: u32, target: Tuple, manip: Manip): bool {
  switch (<u32>target.protocol) {
    case PROTO_TCP:
      return rewritePorts(packet, header, offset, target, manip, 20, 16);
    case PROTO_DCCP:
      return rewritePorts(packet, header, offset, target, manip, 12, 6);
    case PROTO_UDP:
      return rewriteUdp(packet, header, offset, target, manip, false);
    case PROTO_UDPLITE:
      return rewriteUdp(packet, header, offset, target, manip, true);
    case PROTO_SCTP:
      return rewriteSctp(packet, offset, target, manip);
    case PROTO_ICMP:
      return rewriteIcmp(packet, offset, target);
    case PROTO_ICMPV6:
      return rewriteIcmpv6(packet, header, offset, target, manip);
    case PROTO_GRE:
      return rewriteGre(packet, offset, target, manip);
    default:
      return true;
  }
}

/** Is this much of the packet there? What only the capture lacks is not rewritten, but drops nothing. */
function isCaptured(packet: Packet, end: u32): bool {
  return end <= packet.captured;
}

/** TCP and DCCP: where less than `size` bytes are there, only the port changes. */
function rewritePorts(
  packet: Packet,
  header: usize,
  offset: u32,
  target: Tuple,
  manip: Manip,
  size: u32,
  checksumAt: u32,
): bool {
  const whole = packet.length >= offset + size;
  if (packet.length < offset + 8) return false;
  ensureWritable(packet, offset + (whole ? size : 8));
  if (!isCaptured(packet, offset + 4)) return true;
  const transport = packet.data + offset;
  const oldPort = storePort(transport, target, manip);
  if (!whole || !isCaptured(packet, offset + size)) return true;
  updateAddress(packet, header, transport + checksumAt, target, manip);
  updatePort(packet, transport + checksumAt, oldPort, portOf(target, manip));
  return true;
}

/** UDP without checksum keeps none; a sum of zero is written as 0xffff. */
function rewriteUdp(packet: Packet, header: usize, offset: u32, target: Tuple, manip: Manip, always: bool): bool {
  if (packet.length < offset + 8) return false;
  ensureWritable(packet, offset + 8);
  if (!isCaptured(packet, offset + 4)) return true;
  const transport = packet.data + offset;
  const oldPort = storePort(transport, target, manip);
  if (!isCaptured(packet, offset + 8)) return true;
  if (!always && load<u16>(transport, 6) == 0) return true;
  updateAddress(packet, header, transport + 6, target, manip);
  updatePort(packet, transport + 6, oldPort, portOf(target, manip));
  if (load<u16>(transport, 6) == 0) store<u16>(transport, 0xffff, 6);
  return true;
}

/** The CRC is made anew over all that follows, in a quoted packet, too. */
function rewriteSctp(packet: Packet, offset: u32, target: Tuple, manip: Manip): bool {
  const whole = packet.length >= offset + 12;
  if (packet.length < offset + 8) return false;
  ensureWritable(packet, offset + (whole ? 12 : 8));
  if (!isCaptured(packet, offset + 4)) return true;
  const transport = packet.data + offset;
  const before = load<u32>(transport);
  storePort(transport, target, manip);
  if (!whole || packet.partialChecksum || !isCaptured(packet, offset + 12)) return true;
  const length = packet.length - offset;
  if (isCaptured(packet, packet.length)) store<u32>(transport, sctpChecksum(transport, length), 8);
  else store<u32>(transport, load<u32>(transport, 8) ^ crcOfChange(before ^ load<u32>(transport), length), 8);
  return true;
}

/** CRCs are linear: what the change of the first four bytes of `length` does to the checksum. */
function crcOfChange(change: u32, length: u32): u32 {
  store<u32>(changedBytes, change);
  let crc = crc32c(0, changedBytes, 4);
  for (let left = length - 4; left != 0; left--) crc = crc32cByte(crc, 0);
  return crc;
}

const changedBytes = memory.data(4, 4);

/** Queries and answers have an id; errors and others stay. */
function rewriteIcmp(packet: Packet, offset: u32, target: Tuple): bool {
  if (packet.length < offset + 8) return false;
  ensureWritable(packet, offset + 8);
  if (!isCaptured(packet, offset + 8)) return true;
  const transport = packet.data + offset;
  const type: u32 = load<u8>(transport);
  const hasId = type == 0 || type == 8 || (type >= 13 && type <= 18);
  if (hasId) storeId(packet, transport, target);
  return true;
}

function rewriteIcmpv6(packet: Packet, header: usize, offset: u32, target: Tuple, manip: Manip): bool {
  if (packet.length < offset + 8) return false;
  ensureWritable(packet, offset + 8);
  if (!isCaptured(packet, offset + 8)) return true;
  const transport = packet.data + offset;
  updateAddress(packet, header, transport + 2, target, manip);
  const type: u32 = load<u8>(transport);
  if (type == 128 || type == 129) storeId(packet, transport, target);
  return true;
}

function storeId(packet: Packet, transport: usize, target: Tuple): void {
  updatePort(packet, transport + 2, load16(transport + 4), target.sourcePort);
  store16(transport + 4, target.sourcePort);
}

/** Version 1 (PPTP) carries the destination's call id; version 0 nothing; others cannot be translated. */
function rewriteGre(packet: Packet, offset: u32, target: Tuple, manip: Manip): bool {
  if (packet.length < offset + 8) return false;
  ensureWritable(packet, offset + 8);
  if (manip != Manip.Destination || !isCaptured(packet, offset + 8)) return true;
  const transport = packet.data + offset;
  const version = <u32>load<u8>(transport, 1) & 7;
  if (version == 1) store16(transport + 6, target.destinationPort);
  return version <= 1;
}

function portOf(target: Tuple, manip: Manip): u32 {
  return manip == Manip.Source ? target.sourcePort : target.destinationPort;
}

/** Writes the new port and answers the old one. */
function storePort(transport: usize, target: Tuple, manip: Manip): u32 {
  const at = manip == Manip.Source ? transport : transport + 2;
  const old = load16(at);
  store16(at, portOf(target, manip));
  return old;
}

/** The pseudo-header has the address (nf_csum_update). */
function updateAddress(packet: Packet, header: usize, checksum: usize, target: Tuple, manip: Manip): void {
  const size: u32 = packet.family == 4 ? 4 : 16;
  const from = packet.family == 4 ? header + 12 : header + 8;
  const old = manip == Manip.Source ? from : from + size;
  const made = changetype<usize>(target) + (manip == Manip.Source ? 0 : offsetof<Tuple>("destination0"));
  if (packet.partialChecksum) replaceInPseudoHeader(checksum, old, made, size);
  else replaceCovered(checksum, old, made, size);
}

/** An unfinished checksum does not cover the port yet. */
function updatePort(packet: Packet, checksum: usize, from: u32, to: u32): void {
  if (!packet.partialChecksum) replaceCoveredWord(checksum, from, to);
}
