import { checksum, pseudoHeader } from "../engine/build-packet.ts";
import { type FlowFields, PROTO_TCP } from "../engine/flow-fields.ts";
import type { Left } from "./seen.ts";

const LENGTH = { 4: 2, 6: 4 } as const;
const IPV4_ID = 4;
const IPV4_CHECKSUM = 10;
const IPV6_HEADER = 40;
const SEQUENCE = 4;
const DATA_OFFSET = 12;
const FLAGS = 13;
const CHECKSUM = 16;
const CWR = 0x80;
const PSH_AND_FIN = 0x09;

/**
 * Large pieces of the node's own TCP: they pass the hooks whole and are cut behind the last of them (tcp_gso_segment), into
 * sizes that the node's stack knows and the capture shows.
 */
export class Pieces {
  readonly #pieces = new Map<string, Left>();

  /** A packet that came out larger than its device takes. */
  add(piece: Left): void {
    const key = keyOf(piece);
    if (key !== undefined) this.#pieces.set(key, piece);
  }

  /** The piece that begins with what left, and what it has to be cut into; undefined where there is none. */
  begunBy(first: Left): { readonly piece: Left; readonly segments: readonly Uint8Array[] } | undefined {
    const key = keyOf(first);
    const piece = key === undefined ? undefined : this.#pieces.get(key);
    if (!piece) return undefined;
    const size = payloadOf(first.packet, first.keys.fields);
    const whole = payloadOf(piece.packet, piece.keys.fields);
    if (size <= 0 || size >= whole) return undefined;
    this.#pieces.delete(key!);
    const count = Math.ceil(whole / size);
    return { piece, segments: Array.from({ length: count }, (_, i) => segmentOf(piece, i, size)) };
  }
}

/** The same for a piece and its first segment, whatever port masquerading chose. */
function keyOf({ interface: name, packet, keys: { fields } }: Left): string | undefined {
  if (fields.protocol !== PROTO_TCP || !fields.tcp) return undefined;
  const id = fields.family === 4 ? `${packet[IPV4_ID]} ${packet[IPV4_ID + 1]}` : "";
  return `${name} ${id} ${fields.tcp.sequence} ${fields.tcp.acknowledgement}`;
}

/** Bytes of TCP payload by the IP header, also of a cut packet. */
function payloadOf(packet: Uint8Array, { family, transport }: FlowFields): number {
  const stated = viewOf(packet).getUint16(LENGTH[family]) + (family === 6 ? IPV6_HEADER : 0);
  return stated - headersOf(packet, transport);
}

function headersOf(packet: Uint8Array, transport: number): number {
  return transport + (packet[transport + DATA_OFFSET]! >> 4) * 4;
}

function segmentOf({ packet, keys: { fields } }: Left, index: number, size: number): Uint8Array {
  const { family, transport, protocol } = fields;
  const headers = headersOf(packet, transport);
  const first = headers + index * size;
  const isLast = first + size >= packet.length;
  const segment = new Uint8Array(headers + Math.min(size, packet.length - first));
  segment.set(packet.subarray(0, headers));
  segment.set(packet.subarray(first, first + size), headers);
  const view = viewOf(segment);
  view.setUint16(LENGTH[family], segment.length - (family === 6 ? IPV6_HEADER : 0));
  if (family === 4) {
    view.setUint16(IPV4_ID, view.getUint16(IPV4_ID) + index);
    view.setUint16(IPV4_CHECKSUM, 0);
    view.setUint16(IPV4_CHECKSUM, checksum(segment.subarray(0, transport)));
  }
  view.setUint32(transport + SEQUENCE, fields.tcp!.sequence + index * size);
  if (index > 0) segment[transport + FLAGS]! &= ~CWR;
  if (!isLast) segment[transport + FLAGS]! &= ~PSH_AND_FIN;
  view.setUint16(transport + CHECKSUM, 0);
  const pseudo = pseudoHeader(fields, protocol, segment.length - transport);
  view.setUint16(transport + CHECKSUM, checksum(pseudo, segment.subarray(transport)));
  return segment;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
