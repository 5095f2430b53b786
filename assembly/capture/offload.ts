import { PROTO_TCP, PROTO_UDP, PROTO_UDPLITE } from "../abi/protocol";
import { load16 } from "../packet/bytes";

const IPV4_HEADER: u32 = 20;
const IPV6_HEADER: u32 = 40;
/** More fragments, or an offset. */
const FRAGMENT: u32 = 0x3fff;

/** NEXTHDR_HOP, NEXTHDR_ROUTING, NEXTHDR_DEST */
function isExtension(header: u32): bool {
  return header == 0 || header == 43 || header == 60;
}

/**
 * May the packet be one that a network card had still to cut into segments, or to complete the checksum of? What it is then, the
 * host says (src/capture/offload.ts); here it is enough to pass over those that certainly are not.
 *
 * @param length bytes on the wire from the IP header on.
 */
export function showsOffload(data: usize, captured: u32, family: u32, length: u32, mtu: u32): bool {
  let offset = IPV4_HEADER;
  let protocol: u32 = 0;
  let stated: u32 = 0;
  let sum: u32 = 0;
  if (family == 4) {
    if (captured < IPV4_HEADER || (load16(data + 6) & FRAGMENT) != 0) return false;
    protocol = load<u8>(data, 9);
    offset = (load<u8>(data) & 15) << 2;
    stated = load16(data + 2);
    sum = sumOf(load<u64>(data, 12));
  } else {
    if (captured < IPV6_HEADER) return false;
    protocol = load<u8>(data, 6);
    if (isExtension(protocol)) return true;
    offset = IPV6_HEADER;
    stated = load16(data + 4);
    if (stated != 0) stated += IPV6_HEADER;
    sum =
      sumOf(load<u64>(data, 8)) + sumOf(load<u64>(data, 16)) + sumOf(load<u64>(data, 24)) + sumOf(load<u64>(data, 32));
  }
  const packetLength = stated == 0 ? length : stated;
  if (min(packetLength, length) > mtu || packetLength < offset) return true;
  let field: u32 = 0;
  if (protocol == PROTO_TCP) field = offset + 16;
  else if (protocol == PROTO_UDP || protocol == PROTO_UDPLITE) field = offset + 6;
  else return false;
  if (field + 2 > captured) return false;
  // A checksum that is only begun is the sum over the pseudo-header, length included.
  const transport = packetLength - offset;
  const begun = fold(fold(sum) + swap(protocol) + swap(transport & 0xffff) + swap(transport >> 16));
  return begun == load<u16>(data + field);
}

/** Sum of words as they lie in memory. */
function sumOf(words: u64): u32 {
  const halves = (words & 0xffffffff) + (words >> 32);
  return <u32>(halves & 0xffff) + <u32>((halves >> 16) & 0xffff) + <u32>(halves >> 32);
}

function swap(word: u32): u32 {
  return ((word & 0xff) << 8) | (word >> 8);
}

function fold(sum: u32): u32 {
  const once = (sum & 0xffff) + (sum >> 16);
  return (once & 0xffff) + (once >> 16);
}
