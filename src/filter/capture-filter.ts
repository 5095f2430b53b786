import { type CapturePacket, LinkHeader, readLink } from "../capture/index.ts";
import type { FilteredPacket } from "./packet.ts";
import { parseFilter } from "./parse.ts";

const VLAN_ID_MASK = 0xfff;

/** A packet of a capture as filters look at it. `link` is filled anew. */
export function filteredPacket(packet: CapturePacket, link: LinkHeader): FilteredPacket {
  readLink(packet, link);
  const macAt = (at: number) => (at < 0 ? at : at - packet.start);
  return {
    frame: packet.bytes,
    ipAt: link.macLength,
    family: link.family,
    destinationMac: macAt(link.destinationMac),
    sourceMac: macAt(link.sourceMac),
    vlans: Array.from(link.tags.subarray(0, link.tagCount), (tag) => tag & VLAN_ID_MASK),
    length: packet.wireLength,
    interface: packet.interface.name,
  };
}

/** A packet of a capture as filters look at it. */
export function packetFacts(packet: CapturePacket): FilteredPacket {
  return filteredPacket(packet, new LinkHeader());
}

/** Chooses packets of a capture before they run, as tcpdump would. @throws FilterError */
export function captureFilter(text: string): (packet: CapturePacket) => boolean {
  const predicate = parseFilter(text);
  const link = new LinkHeader();
  return (packet) => predicate(filteredPacket(packet, link), undefined);
}
