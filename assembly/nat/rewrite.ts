import { CtInfo, IPS_DST_NAT, IPS_DST_NAT_DONE, IPS_SRC_NAT, IPS_SRC_NAT_DONE } from "../abi/conntrack";
import { PROTO_ICMP, PROTO_ICMPV6 } from "../abi/protocol";
import { verifyChecksum } from "../conntrack/checksum";
import { Entry } from "../conntrack/entry";
import { quotedIsLaterFragment, quotedOffset, quotedProtocol, skipExtensionHeaders } from "../conntrack/extract";
import { invertTuple, loadTuple, newTuple, Tuple } from "../conntrack/tuple";
import { ensureWritable } from "../ip/fragment-sizes";
import { load16, store16 } from "../packet/bytes";
import { finish, fold, sumBytes, sumPseudoHeader } from "../packet/checksum";
import { Packet } from "../packet/packet";
import { replaceCovered } from "./checksum";
import { Manip, statusBit } from "./manip";
import { rewriteTransport } from "./transport";

const opposite = newTuple();
const target = newTuple();

const ICMP_REDIRECT: u32 = 5;
const ICMPV6_REDIRECT: u32 = 137;

/** Makes the packet look like the inverse of its connection's other direction (nf_nat_manip_pkt). */
export function rewritePacket(packet: Packet, entry: Entry, manip: Manip): bool {
  loadTuple(entry, packet.isReply ? 0 : 1, opposite);
  invertTuple(target, opposite);
  return rewriteHeaders(packet, 0, target, manip);
}

/** The IP header at an offset of the packet, and the transport header behind it. */
function rewriteHeaders(packet: Packet, offset: u32, tuple: Tuple, manip: Manip): bool {
  const header = packet.data + offset;
  const available = min(packet.length, packet.captured);
  if (packet.family == 4) {
    if (available < offset + 20) return false;
    const transport = offset + ((<u32>load<u8>(header) & 15) << 2);
    if (!rewriteTransport(packet, header, transport, tuple, manip)) return false;
    rewriteAddress4(header, tuple, manip);
    return true;
  }
  if (available < offset + 40) return false;
  if (skipExtensionHeaders(header, available - offset) && !quotedIsLaterFragment) {
    if (!rewriteTransport(packet, header, offset + quotedOffset, tuple, manip)) return false;
  }
  const made = changetype<usize>(tuple) + (manip == Manip.Source ? 0 : offsetof<Tuple>("destination0"));
  memory.copy(header + (manip == Manip.Source ? 8 : 24), made, 16);
  return true;
}

function rewriteAddress4(header: usize, tuple: Tuple, manip: Manip): void {
  const at = header + (manip == Manip.Source ? 12 : 16);
  const made = changetype<usize>(tuple) + (manip == Manip.Source ? 0 : offsetof<Tuple>("destination0"));
  replaceCovered(header + 10, at, made, 4);
  store<u32>(at, load<u32>(made));
}

/** Is the packet an ICMP error of a connection, to be translated with the packet that it quotes? */
export function isRelatedIcmp(packet: Packet): bool {
  if (packet.ctinfo != CtInfo.Related && packet.ctinfo != CtInfo.RelatedReply) return false;
  if (packet.family == 4) return load<u8>(packet.data, 9) == PROTO_ICMP;
  const available = min(packet.length, packet.captured);
  return skipExtensionHeaders(packet.data, available) && quotedProtocol == PROTO_ICMPV6;
}

/**
 * Translates an ICMP error (nf_nat_icmp_reply_translation, nf_nat_icmpv6_reply_translation): the quoted packet back to
 * what its sender knows, the ICMP checksum made anew, then the outer address.
 *
 * @returns false when the packet must be dropped.
 */
export function rewriteIcmpError(packet: Packet, entry: Entry, manip: Manip): bool {
  const isV4 = packet.family == 4;
  const icmp = packet.transportOffset;
  const quoted = icmp + 8;
  if (packet.length < quoted + (isV4 ? 20 : 40)) return false;
  ensureWritable(packet, quoted + (isV4 ? 20 : 40));
  if (!verifyChecksum(packet, isV4 ? PROTO_ICMP : PROTO_ICMPV6, packet.transportLength)) return false;
  if (load<u8>(packet.transport) == (isV4 ? ICMP_REDIRECT : ICMPV6_REDIRECT) && !mayRedirect(entry)) return false;
  if (!(entry.status & statusBit(manip, packet.isReply))) return true;
  if (packet.captured < quoted + (isV4 ? 20 : 40)) return rewriteOuter(packet, entry, manip);

  loadTuple(entry, packet.isReply ? 0 : 1, opposite);
  const captured = min(packet.captured, packet.length);
  const before = fold(sumBytes(packet.data + quoted, captured - quoted));
  const inner = manip == Manip.Source ? Manip.Destination : Manip.Source;
  if (!rewriteHeaders(packet, quoted, opposite, inner)) return false;
  if (!packet.partialChecksum) {
    if (captured == packet.length) makeIcmpChecksum(packet);
    else moveIcmpChecksum(packet, before, fold(sumBytes(packet.data + quoted, captured - quoted)));
  }
  return rewriteOuter(packet, entry, manip);
}

/** A redirect speaks of addresses that the other end must see as they are. */
function mayRedirect(entry: Entry): bool {
  const done = IPS_SRC_NAT_DONE | IPS_DST_NAT_DONE;
  return (entry.status & done) == done && !(entry.status & (IPS_SRC_NAT | IPS_DST_NAT));
}

function rewriteOuter(packet: Packet, entry: Entry, manip: Manip): bool {
  loadTuple(entry, packet.isReply ? 0 : 1, opposite);
  invertTuple(target, opposite);
  target.protocol = <u8>(packet.family == 4 ? PROTO_ICMP : PROTO_ICMPV6);
  return rewriteHeaders(packet, 0, target, manip);
}

function makeIcmpChecksum(packet: Packet): void {
  const at = packet.transport + 2;
  const length = packet.transportLength;
  store16(at, 0);
  let sum: u32 = 0;
  if (packet.family == 6) sum = sumPseudoHeader(packet.source, packet.destination, 6, PROTO_ICMPV6, length);
  store16(at, finish(fold(sumBytes(packet.transport, length, sum))));
}

/** Not all bytes were captured: the checksum moves by what changed. */
function moveIcmpChecksum(packet: Packet, before: u32, after: u32): void {
  const at = packet.transport + 2;
  store16(at, finish((~load16(at) & 0xffff) + (~before & 0xffff) + after));
}
