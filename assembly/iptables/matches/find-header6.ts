import { PROTO_FRAGMENT, PROTO_NONE, PROTO_ROUTING } from "../../abi/protocol";
import { load16 } from "../../packet/bytes";
import { extensionSize, isExtensionHeader, Packet } from "../../packet/packet";
import { CONSULTED_PAYLOAD, context } from "../context";
import { reportMissing } from "../header";

const IPV6_HEADER: u32 = 40;

/**
 * Looks for an extension header (ipv6_find_hdr with a target, net/ipv6/exthdrs_core.c). A header that reaches beyond the
 * packet's end is passed over like any other, as in Linux 6.1.176; later kernels (6.1.192) call the chain broken.
 *
 * @returns its offset in the packet, 0 when there is none; where the chain is broken (-EBADMSG) also sets hotdrop, as
 * every match that asks does.
 */
export function findHeader6(packet: Packet, wanted: u32): u32 {
  context.consulted |= CONSULTED_PAYLOAD;
  let next: u32 = load<u8>(packet.data, 6);
  let offset: u32 = IPV6_HEADER;
  while (isExtensionHeader(next) && next != PROTO_NONE) {
    const needed: u32 = next == PROTO_FRAGMENT || next == PROTO_ROUTING ? 4 : 2;
    if (offset + needed > packet.length) return broken();
    if (offset + needed > packet.captured) {
      reportMissing(packet);
      return 0;
    }
    const header = packet.data + offset;
    if (next == wanted) return offset;
    if (next == PROTO_FRAGMENT && (load16(header + 2) & ~7) != 0) return 0;
    const size = extensionSize(next, header);
    next = load<u8>(header);
    offset += size;
  }
  return 0;
}

function broken(): u32 {
  context.hotdrop = true;
  return 0;
}

/** `size` bytes of a header that was found, for matches that drop packets which end within it; 0 with hotdrop. */
export function headerOrDrop(packet: Packet, offset: u32, size: u32): usize {
  if (offset + size > packet.length) {
    context.hotdrop = true;
    return 0;
  }
  if (offset + size > packet.captured) {
    reportMissing(packet);
    return 0;
  }
  return packet.data + offset;
}
