import { InputRecordLayout } from "../src/core/layout.generated.ts";
import { stride } from "../src/core/record.ts";
import { ETHERNET } from "./network.ts";

/** Packets as the core takes them: records one behind another, no more than {@link CHUNK_BYTES}. */
export interface Chunk {
  readonly bytes: Uint8Array;
  readonly packets: number;
}

/** A frame, and the number of the device where it arrives. */
export interface BenchPacket {
  readonly frame: Uint8Array;
  readonly device: number;
}

/** Where things are in a record of a chunk. */
export const CHUNK_HEADER = {
  length: stride(InputRecordLayout),
  size: InputRecordLayout.size.offset,
  time: InputRecordLayout.timeNs.offset,
} as const;

const CHUNK_BYTES = 256 * 1024;

/** @param timeNs one time for all of them, in nanoseconds. */
export function encodeChunks(packets: readonly BenchPacket[], timeNs: bigint): Chunk[] {
  const chunks: Chunk[] = [];
  const sizeOf = ({ frame }: BenchPacket) => (CHUNK_HEADER.length + frame.length + 7) & ~7;
  for (let from = 0; from < packets.length; ) {
    let end = from;
    let size = 0;
    while (end < packets.length && size + sizeOf(packets[end]!) <= CHUNK_BYTES) size += sizeOf(packets[end++]!);
    const bytes = new Uint8Array(size);
    let at = 0;
    for (let i = from; i < end; i++) at = encodeRecord(bytes, at, packets[i]!, sizeOf(packets[i]!), timeNs, i + 1);
    chunks.push({ bytes, packets: end - from });
    from = end;
  }
  return chunks;
}

function encodeRecord(
  bytes: Uint8Array,
  at: number,
  { frame, device }: BenchPacket,
  size: number,
  timeNs: bigint,
  number: number,
): number {
  const view = new DataView(bytes.buffer);
  const layout = InputRecordLayout;
  view.setBigUint64(at + layout.timeNs.offset, timeNs, true);
  view.setUint32(at + layout.size.offset, size, true);
  view.setUint32(at + layout.number.offset, number, true);
  view.setUint32(at + layout.device.offset, device, true);
  view.setUint32(at + layout.macLength.offset, ETHERNET, true);
  view.setUint32(at + layout.length.offset, frame.length - ETHERNET, true);
  view.setUint32(at + layout.captured.offset, frame.length - ETHERNET, true);
  view.setUint8(at + layout.family.offset, 4);
  bytes.set(frame, at + CHUNK_HEADER.length);
  return at + size;
}
