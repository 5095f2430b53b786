import { checksum } from "../../support/ip.ts";
import { TCP, uint16, uint32, viewOf } from "../compare/ip-view.ts";
import { type Departure, ETHERNET_HEADER } from "./traffic.ts";

const SEQUENCE = 4;
const FLAGS = 13;
const TCP_CHECKSUM = 16;
const CWR = 0x80;
const PSH_AND_FIN = 0x09;

/** Sizes of the segments that a large piece of the node's own TCP left in: its stack chose them, and no hook saw them. */
export class SegmentSizes {
  readonly #payloads = new Map<string, number>();

  constructor(departures: readonly Departure[]) {
    for (const { interface: name, bytes } of departures) {
      const packet = bytes.subarray(ETHERNET_HEADER);
      const payload = payloadOf(packet);
      if (payload !== undefined) this.#payloads.set(keyOf(name, packet), payload);
    }
  }

  /** The frames that a frame left in: itself, unless it is a large piece (tcp_gso_segment). IPv4. */
  cut(name: string, frame: Uint8Array): Uint8Array[] {
    const packet = frame.subarray(ETHERNET_HEADER);
    const payload = payloadOf(packet);
    const size = payload === undefined ? undefined : this.#payloads.get(keyOf(name, packet));
    if (payload === undefined || !size || size >= payload) return [frame];
    return Array.from({ length: Math.ceil(payload / size) }, (_, i) =>
      Buffer.concat([frame.subarray(0, ETHERNET_HEADER), segment(packet, i, size)]),
    );
  }
}

/** Bytes of TCP payload; undefined for other packets. */
function payloadOf(packet: Uint8Array): number | undefined {
  const view = viewOf(packet);
  if (view?.version !== 4 || view.protocol !== TCP || view.fragmentOffset > 0) return undefined;
  return view.end - headersOf(packet, view.transport);
}

function headersOf(packet: Uint8Array, transport: number): number {
  return transport + (packet[transport + 12]! >> 4) * 4;
}

function keyOf(name: string, packet: Uint8Array): string {
  const { transport } = viewOf(packet)!;
  const addressesAndPorts = packet.subarray(12, 20).join(".") + packet.subarray(transport, transport + 4).join(".");
  return [name, addressesAndPorts, uint16(packet, 4), uint32(packet, transport + SEQUENCE)].join(" ");
}

function segment(packet: Uint8Array, index: number, size: number): Uint8Array {
  const { transport, end } = viewOf(packet)!;
  const headers = headersOf(packet, transport);
  const first = headers + index * size;
  const isLast = first + size >= end;
  const bytes = Buffer.concat([packet.subarray(0, headers), packet.subarray(first, isLast ? end : first + size)]);
  bytes.writeUInt16BE(bytes.length, 2);
  bytes.writeUInt16BE((uint16(packet, 4) + index) & 0xffff, 4);
  bytes.writeUInt16BE(0, 10);
  bytes.writeUInt16BE(checksum(bytes.subarray(0, transport)), 10);
  bytes.writeUInt32BE((uint32(packet, transport + SEQUENCE) + index * size) >>> 0, transport + SEQUENCE);
  if (index > 0) bytes[transport + FLAGS]! &= ~CWR;
  if (!isLast) bytes[transport + FLAGS]! &= ~PSH_AND_FIN;
  bytes.writeUInt16BE(0, transport + TCP_CHECKSUM);
  bytes.writeUInt16BE(checksum(withPseudoHeader(bytes, transport)), transport + TCP_CHECKSUM);
  return bytes;
}

function withPseudoHeader(packet: Uint8Array, transport: number): Uint8Array {
  const length = packet.length - transport;
  return Buffer.concat([
    packet.subarray(12, 20),
    Uint8Array.of(0, TCP, length >> 8, length & 0xff),
    packet.subarray(transport),
  ]);
}
