import { isIcmpError, TCP, UDP, viewOf } from "../compare/ip-view.ts";
import { ETHERNET_HEADER } from "./traffic.ts";

const ICMP_CHECKSUM = 2;
/** Of a quoted packet: an IPv4 header and the ports. */
const QUOTED_BYTES = 28;

/**
 * What a cut capture surely has of a frame: its headers. An ICMP error has besides the headers that it quotes, but no
 * checksum, which covers bytes that were cut off.
 */
export function headersOf(frame: Uint8Array): Uint8Array {
  const packet = frame.subarray(ETHERNET_HEADER);
  const view = viewOf(packet);
  if (!view) return frame;
  const transport = ETHERNET_HEADER + view.transport;
  if (view.fragmentOffset > 0) return frame.subarray(0, transport);
  if (view.protocol === TCP) return frame.subarray(0, transport + (frame[transport + 12]! >> 4) * 4);
  if (view.protocol === UDP || !isIcmpError(view, packet)) return frame.subarray(0, transport + 8);
  const headers = Uint8Array.from(frame.subarray(0, transport + 8 + QUOTED_BYTES));
  headers.fill(0, transport + ICMP_CHECKSUM, transport + ICMP_CHECKSUM + 2);
  return headers;
}
