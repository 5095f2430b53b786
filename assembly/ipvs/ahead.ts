import { PROTO_TCP, PROTO_UDP } from "../abi/protocol";
import { load16 } from "../packet/bytes";
import { touchClient } from "./connection-table";

/**
 * Looking ahead over a batch: fetches the connection of which the packet may be, as one from the client or one to it.
 *
 * @param header IP header with both ports behind it.
 */
export function touchConnection(header: usize, family: u32): void {
  const protocol: u32 = load<u8>(header + (family == 4 ? 9 : 6));
  if (protocol != PROTO_TCP && protocol != PROTO_UDP) return;
  const isV4 = family == 4;
  const ports = header + (isV4 ? (<usize>load<u8>(header) & 15) << 2 : 40);
  touchClient(header + (isV4 ? 12 : 8), family, load16(ports), protocol);
  touchClient(header + (isV4 ? 16 : 24), family, load16(ports + 2), protocol);
}
