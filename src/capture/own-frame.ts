import type { LinkHeader } from "./link-header.ts";
import { macAt } from "./node-macs.ts";
import { type CapturePacket, Direction } from "./packet.ts";

/** Packet type of a frame that the host sends (PACKET_OUTGOING, linux/if_packet.h). */
const PACKET_OUTGOING = 4;

/**
 * Did the node itself send this frame, so that it is no input? By what the capture says (direction flag, packet type),
 * or else by its source address, which is then the interface's own.
 *
 * @param mac address of the interface where it was captured (see `macAt`); undefined for none. Interfaces of a node may
 *   have the same address, so it has to be that interface's.
 */
export function isOwnFrame(packet: CapturePacket, link: LinkHeader, mac: number | undefined): boolean {
  if (packet.direction !== Direction.Unknown) return packet.direction === Direction.Outbound;
  if (link.packetType === PACKET_OUTGOING) return true;
  return mac !== undefined && mac !== 0 && link.sourceMac >= 0 && macAt(packet.data, link.sourceMac) === mac;
}
