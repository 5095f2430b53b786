import { PROTO_TCP, PROTO_UDP } from "../abi/protocol";
import { Entry } from "../conntrack/entry";
import { shiftAfter } from "../conntrack/seq-adjust";
import { ensureWritable } from "../ip/fragment-sizes";
import { load32, store16 } from "../packet/bytes";
import { finish, sumBytes, sumPseudoHeader } from "../packet/checksum";
import { ownBuffer, Packet } from "../packet/packet";
import { replaceInPseudoHeader } from "./checksum";

const LARGEST: u32 = 65535;

/**
 * Replaces a part of a TCP segment's payload by text of any length (nf_nat_mangle_tcp_packet): lengths and checksums follow,
 * and the connection's sequence numbers are shifted from there on. The packet's data may move.
 *
 * @param at of the part, from the begin of the payload; `length` bytes of it go.
 * @returns false where the packet would be too long.
 */
export function mangleTcp(packet: Packet, entry: Entry, at: u32, length: u32, text: usize, textLength: u32): bool {
  const headerSize = (<u32>load<u8>(packet.transport, 12) >> 4) << 2;
  const seq = load32(packet.transport + 4);
  if (!replacePayload(packet, headerSize + at, length, text, textLength)) return false;
  beginChecksum(packet, PROTO_TCP, 16, packet.transportLength + length - textLength);
  shiftAfter(entry, packet.isReply ? 1 : 0, seq, <i32>textLength - <i32>length);
  return true;
}

/** The same for a UDP datagram (nf_nat_mangle_udp_packet); one without checksum keeps none. */
export function mangleUdp(packet: Packet, at: u32, length: u32, text: usize, textLength: u32): bool {
  if (!replacePayload(packet, 8 + at, length, text, textLength)) return false;
  store16(packet.transport + 4, packet.transportLength);
  if (load<u16>(packet.transport, 6) == 0 && !packet.partialChecksum) return true;
  beginChecksum(packet, PROTO_UDP, 6, packet.transportLength + length - textLength);
  return true;
}

/** Changes the bytes from `offset` of the transport part on, and the lengths in the IP header (mangle_contents). */
function replacePayload(packet: Packet, offset: u32, length: u32, text: usize, textLength: u32): bool {
  if (textLength > length) {
    const extra = textLength - length;
    if (packet.length + extra > LARGEST) return false;
    ownBuffer(packet, extra);
  }
  ensureWritable(packet, packet.length);
  const from = packet.transportOffset + offset;
  const rest = packet.captured - from - length;
  memory.copy(packet.data + from + textLength, packet.data + from + length, rest);
  memory.copy(packet.data + from, text, textLength);
  packet.length = packet.length + textLength - length;
  packet.captured = packet.captured + textLength - length;
  if (packet.family == 4) {
    store16(packet.data + 2, packet.length);
    store16(packet.data + 10, 0);
    store16(packet.data + 10, finish(sumBytes(packet.data, packet.transportOffset)));
  } else {
    store16(packet.data + 4, packet.length - 40);
  }
  return true;
}

/** The checksum is left to the card: the field holds the sum of the pseudo-header (nf_nat_csum_recalc). */
function beginChecksum(packet: Packet, protocol: u32, at: u32, oldLength: u32): void {
  const field = packet.transport + at;
  const length = packet.transportLength;
  if (packet.partialChecksum) {
    store16(lengths, oldLength);
    store16(lengths + 2, length);
    return replaceInPseudoHeader(field, lengths, lengths + 2, 2);
  }
  const sum = sumPseudoHeader(packet.source, packet.destination, packet.family, protocol, length);
  store16(field, ~finish(sum) & 0xffff);
  packet.partialChecksum = 1;
}

const lengths = memory.data(4, 4);
