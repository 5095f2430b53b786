import { Verdict } from "../../abi/netfilter";
import { PROTO_ICMPV6 } from "../../abi/protocol";
import { sendIcmpv6Error } from "../../ip/icmp6";
import { load16, store16 } from "../../packet/bytes";
import { fold } from "../../packet/checksum";
import { Packet } from "../../packet/packet";
import { bytesAt } from "../header";

/**
 * -j SNPT and -j DNPT (net/ipv6/netfilter/ip6t_NPT.c, RFC 6296): exchange the prefix of the source or the destination
 * address, and make up for it in another word of the address, so that no checksum changes.
 */
@unmanaged
export class NptAction {
  from0: u64;
  from1: u64;
  to0: u64;
  to1: u64;
  fromLength: u32;
  toLength: u32;
  /** What the exchange takes from the one's complement sum of the address. */
  adjustment: u32;
}

const IPV6_HEADER: u32 = 40;
const ICMPV6_HEADER: u32 = 8;
const SOURCE: u32 = 8;
const DESTINATION: u32 = 24;
/** Destination unreachable, too big, time exceeded, parameter problem: 1 to 4. */
const LAST_ICMPV6_ERROR: u32 = 4;
const PARAMETER_PROBLEM: u32 = 4;

export function runSnpt(packet: Packet, action: NptAction): Verdict {
  return translate(packet, action, SOURCE, DESTINATION);
}

export function runDnpt(packet: Packet, action: NptAction): Verdict {
  return translate(packet, action, DESTINATION, SOURCE);
}

/** @param quoted where the other end's address stands in a packet that an ICMPv6 error quotes. */
function translate(packet: Packet, action: NptAction, own: u32, quoted: u32): Verdict {
  if (!exchange(packet.data + own, action)) {
    sendIcmpv6Error(packet, PARAMETER_PROBLEM, 0, own);
    return Verdict.Drop;
  }
  const bounced = quotedPacket(packet);
  if (bounced != 0 && hasPrefix(bounced + quoted, action)) exchange(bounced + quoted, action);
  return Verdict.Continue;
}

/** The packet that an ICMPv6 error right behind the IPv6 header quotes; 0 for anything else. */
function quotedPacket(packet: Packet): usize {
  if (load<u8>(packet.data, 6) != PROTO_ICMPV6) return 0;
  const icmp = bytesAt(packet, IPV6_HEADER, 1);
  if (icmp == 0 || load<u8>(icmp) == 0 || load<u8>(icmp) > LAST_ICMPV6_ERROR) return 0;
  return bytesAt(packet, IPV6_HEADER + ICMPV6_HEADER, IPV6_HEADER);
}

function hasPrefix(address: usize, action: NptAction): bool {
  return ((load<u64>(address) ^ action.from0) & prefixMask(action.fromLength)) == 0;
}

/** Mask of a prefix of up to 64 bits, as it lies in an address. */
function prefixMask(length: u32): u64 {
  return length == 0 ? 0 : bswap<u64>(u64.MAX_VALUE << (64 - <u64>length));
}

/** @returns false when every word that could take up the difference is all ones. */
function exchange(address: usize, action: NptAction): bool {
  const length = max(action.fromLength, action.toLength);
  const mask = prefixMask(length);
  store<u64>(address, (load<u64>(address) & ~mask) | (action.to0 & mask));
  const word = adjustedWord(address, length);
  if (word == 0) return false;
  const sum = fold(load16(address + word) + action.adjustment);
  store16(address + word, sum == 0xffff ? 0 : sum);
  return true;
}

/** Offset of the word that takes up the difference: the subnet's, or with longer prefixes the first that is not all ones. */
function adjustedWord(address: usize, length: u32): u32 {
  if (length <= 48) return 6;
  for (let word: u32 = 8; word < 16; word += 2) if (load<u16>(address + word) != 0xffff) return word;
  return 0;
}
