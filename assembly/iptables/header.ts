import { EventKind, Unsupported } from "../abi/trace";
import { Packet } from "../packet/packet";
import { recordEvent, totals } from "../trace/output";
import { CONSULTED_STATE, context } from "./context";

/** Address of `size` bytes of the packet from `offset` (skb_header_pointer); 0 when it ends before. */
export function bytesAt(packet: Packet, offset: u32, size: u32): usize {
  if (offset + size > packet.length) return 0;
  if (offset + size > packet.captured) {
    reportMissing(packet);
    return 0;
  }
  return packet.data + offset;
}

/** The same at the transport header. */
export function transportBytes(packet: Packet, size: u32): usize {
  return bytesAt(packet, transportPlace(packet), size);
}

/**
 * Where matches look for the transport header (par->thoff): at the packet's start in a later fragment of IPv6, which only
 * those notice that do not look at the fragment offset.
 */
export function transportPlace(packet: Packet): u32 {
  return packet.family == 6 && packet.fragmentOffset != 0 ? 0 : packet.transportOffset;
}

/** The same, for matches that drop packets which are too short to be judged (par->hotdrop). */
export function transportOrDrop(packet: Packet, size: u32): usize {
  if (transportPlace(packet) + size > packet.length) {
    context.hotdrop = true;
    return 0;
  }
  return transportBytes(packet, size);
}

/** The kernel would have seen these bytes, the capture did not keep them: the answer may differ, and the run says so. */
export function reportMissing(packet: Packet): void {
  totals.missingBytes += 1;
  recordEvent(packet, EventKind.Unsupported, context.hook, Unsupported.MissingBytes, 0);
  context.consulted |= CONSULTED_STATE;
}
