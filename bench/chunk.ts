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

export const CHUNK_BYTES = 256 * 1024;

/** Writes records one behind another into chunks. */
export class ChunkBuilder {
  readonly #timeNs: bigint;
  #chunks: Chunk[] = [];
  #bytes = new Uint8Array(CHUNK_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #used = 0;
  #packets = 0;
  #number = 0;

  /** @param timeNs one time for all of them, in nanoseconds. */
  constructor(timeNs: bigint) {
    this.#timeNs = timeNs;
  }

  /** Chunk that the last frame goes into. */
  get view(): DataView {
    return this.#view;
  }

  /** Begins a record, zeroed. @returns where its frame goes in {@link view}. */
  add(length: number, device: number, family: 4 | 6 = 4): number {
    const size = (CHUNK_HEADER.length + length + 7) & ~7;
    if (this.#used + size > CHUNK_BYTES) this.#close();
    const at = this.#used;
    const view = this.#view;
    const layout = InputRecordLayout;
    view.setBigUint64(at + layout.timeNs.offset, this.#timeNs, true);
    view.setUint32(at + layout.size.offset, size, true);
    view.setUint32(at + layout.number.offset, ++this.#number, true);
    view.setUint32(at + layout.device.offset, device, true);
    view.setUint32(at + layout.macLength.offset, ETHERNET, true);
    view.setUint32(at + layout.length.offset, length - ETHERNET, true);
    view.setUint32(at + layout.captured.offset, length - ETHERNET, true);
    view.setUint8(at + layout.family.offset, family);
    this.#used += size;
    this.#packets++;
    return at + CHUNK_HEADER.length;
  }

  end(): Chunk[] {
    this.#close();
    return this.#chunks;
  }

  /** Chunks that are full, and have not been taken before: for more of them than memory should hold. */
  take(): Chunk[] {
    const taken = this.#chunks;
    this.#chunks = [];
    return taken;
  }

  #close(): void {
    if (this.#packets === 0) return;
    this.#chunks.push({ bytes: this.#bytes.subarray(0, this.#used), packets: this.#packets });
    this.#bytes = new Uint8Array(CHUNK_BYTES);
    this.#view = new DataView(this.#bytes.buffer);
    this.#used = 0;
    this.#packets = 0;
  }
}

/** @param timeNs one time for all of them, in nanoseconds. */
export function encodeChunks(packets: Iterable<BenchPacket>, timeNs: bigint): Chunk[] {
  const builder = new ChunkBuilder(timeNs);
  for (const { frame, device } of packets) {
    const at = builder.add(frame.length, device);
    new Uint8Array(builder.view.buffer).set(frame, at);
  }
  return builder.end();
}

export function packetsOf(chunks: readonly Chunk[]): number {
  return chunks.reduce((sum, { packets }) => sum + packets, 0);
}
