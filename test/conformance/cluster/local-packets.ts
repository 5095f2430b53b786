import { type CapturePacket, LinkHeader, readLink } from "../../../src/capture/index.ts";
import { isIcmpError, viewOf } from "../compare/ip-view.ts";
import { type Arrival, LOCAL } from "./traffic.ts";

/** What the node itself sends, from an NFLOG capture in OUTPUT, without the ICMP errors: those the run has to produce. */
export function readLocalPackets(packets: readonly CapturePacket[]): Arrival[] {
  const link = new LinkHeader();
  const arrivals: Arrival[] = [];
  for (const packet of packets) {
    if (!readLink(packet, link)) throw new Error(`record ${packet.number}: ${link.reason}`);
    const bytes = packet.bytes.subarray(link.macLength, packet.length - link.tailLength);
    const view = viewOf(bytes);
    if (view && isIcmpError(view, bytes)) continue;
    const wireLength = packet.wireLength - link.macLength - link.tailLength;
    arrivals.push({ timeNs: packet.timeNs, interface: LOCAL, bytes, wireLength });
  }
  return arrivals;
}
