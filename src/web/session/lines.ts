import {
  type CapturePacket,
  endpoint,
  type FilteredPacket,
  type Headers,
  readHeaders,
  type Verdict,
} from "../../index.ts";
import type { PacketLine } from "./shown.ts";

const NS_PER_SECOND = 1e9;

/** A packet as the list shows it, without what became of it. */
export function packetLine(packet: CapturePacket, facts: FilteredPacket, nsSinceFirst: number): PacketLine {
  const headers = headersOf(facts);
  return {
    number: packet.number,
    time: nsSinceFirst / NS_PER_SECOND,
    interface: packet.interface.name ?? "",
    protocol: headers?.protocol ?? "not IP",
    source: headers ? endpoint(headers, "source") : "",
    destination: headers ? endpoint(headers, "destination") : "",
    info: headers ? infoOf(headers, packet.wireLength) : `${packet.wireLength} B`,
  };
}

/** The same with its fate. */
export function withFate(line: PacketLine, verdict: Verdict | undefined, before: string | undefined): PacketLine {
  return { ...line, fate: verdict?.fate, out: verdict?.interface, reason: verdict?.reason, before };
}

/** The headers of a packet; undefined for one that is not IP. */
function headersOf({ frame, ipAt, family }: FilteredPacket): Headers | undefined {
  return family === 0 ? undefined : readHeaders(frame.subarray(ipAt));
}

/** A filter that chooses both directions of a packet's flow. */
export function flowFilter({ protocol, source, destination, sourcePort, destinationPort }: Headers): string {
  const ports = [sourcePort, destinationPort].filter((port) => port !== undefined && port > 0);
  const hosts = [source, destination].map((address) => `host ${address}`);
  const word = /^(?:tcp|udp|icmp|icmp6|sctp)$/.exec(protocol.toLowerCase().replace("icmpv6", "icmp6"))?.[0];
  return [word, ...hosts, ...ports.map((port) => `port ${port}`)].filter(Boolean).join(" and ");
}

function infoOf({ flags, icmpType, icmpCode }: Headers, bytes: number): string {
  const details =
    flags !== undefined ? `[${flags || "none"}] ` : icmpType !== undefined ? `type ${icmpType} code ${icmpCode} ` : "";
  return `${details}${bytes} B`;
}
