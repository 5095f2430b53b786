import { type CapturePacket, LinkHeader, readLink } from "../../../src/capture/index.ts";
import { isIcmpError, TCP, uint16, uint32, viewOf } from "../compare/ip-view.ts";
import { type Arrival, type Departure, ETHERNET_HEADER, LOCAL } from "./traffic.ts";

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

/**
 * NFLOG's reader stamps a packet when it gets its copy, often behind the answer: what left on a wire is taken at its time
 * there, and what did not no later than the packet behind it.
 */
export function atWireTimes(local: readonly Arrival[], departures: readonly Departure[]): Arrival[] {
  const leftAt = new Map<string, bigint[]>();
  for (const { bytes, timeNs } of departures) {
    const key = keyOf(bytes.subarray(ETHERNET_HEADER));
    if (key !== undefined) leftAt.set(key, [...(leftAt.get(key) ?? []), timeNs]);
  }
  const timed: Arrival[] = [];
  let behind: bigint | undefined;
  for (const packet of local.toReversed()) {
    const left = leftAt.get(keyOf(packet.bytes) ?? "")?.findLast((timeNs) => timeNs <= packet.timeNs);
    const timeNs = left ?? (behind !== undefined && behind < packet.timeNs ? behind : packet.timeNs);
    behind = timeNs;
    timed.push({ ...packet, timeNs });
  }
  return timed.reverse();
}

/** What translation and segmentation leave of a packet's beginning. */
function keyOf(packet: Uint8Array): string | undefined {
  const view = viewOf(packet);
  if (view?.version !== 4 || view.fragmentOffset > 0) return undefined;
  const sequence =
    view.protocol === TCP ? [uint32(packet, view.transport + 4), uint32(packet, view.transport + 8)] : [];
  return [view.protocol, uint16(packet, 4), ...sequence].join(" ");
}
