import type { Core } from "../core/core.ts";
import { InputRecordLayout } from "../core/layout.generated.ts";
import { stride } from "../core/record.ts";

/** A packet as the core takes it: bare facts, bytes still in the reader's buffer. */
export interface InputPacket {
  /** Record number in the capture, from 1. */
  readonly number: number;
  /** Timestamp in nanoseconds: `timeHigh * 2^32 + timeLow`. */
  readonly timeHigh: number;
  readonly timeLow: number;
  /** Device number where it arrives; 0: the node itself sends it. */
  readonly device: number;
  /** The captured frame. */
  readonly bytes: Uint8Array;
  /** Bytes of link header before the IP header. */
  readonly macLength: number;
  /** Length of the frame on the wire, link header included. */
  readonly wireLength: number;
  /** 0: another frame, for bridges; its link header is Ethernet's. */
  readonly family: 0 | 4 | 6;
  /** A `PacketType`, for link types that state it; Ethernet frames are judged by the core. */
  readonly packetType: number;
  readonly aggregate: boolean;
  readonly partialChecksum: boolean;
  /** Of a local packet: seen by a hook, so that its socket had sent it already. */
  readonly wasSent: boolean;
}

/** Bytes of a chunk: the size at which crossing into the core costs least per packet (256 KiB). */
const CHUNK_BYTES = 256 * 1024;
const HEADER_BYTES = stride(InputRecordLayout);

/**
 * Packs packets into the core's memory and runs them a chunk at a time, so that the border is crossed once for thousands
 * of packets.
 */
export class ChunkWriter {
  readonly #core: Core;
  /** Called whenever the core has filled its output buffers. */
  readonly #drain: () => void;
  #address: number;
  #capacity = CHUNK_BYTES;
  #used = 0;
  #view: DataView;
  #bytes: Uint8Array;

  constructor(core: Core, drain: () => void) {
    this.#core = core;
    this.#drain = drain;
    this.#address = core.allocate(CHUNK_BYTES);
    this.#view = new DataView(core.memory.buffer);
    this.#bytes = new Uint8Array(core.memory.buffer);
  }

  add(packet: InputPacket): void {
    const size = (HEADER_BYTES + packet.bytes.length + 7) & ~7;
    if (this.#used + size > this.#capacity) {
      this.flush();
      if (size > this.#capacity) this.#grow(size);
    }
    if (this.#view.buffer !== this.#core.memory.buffer) this.#renewViews();
    this.#write(this.#address + this.#used, size, packet);
    this.#used += size;
  }

  /** Runs what has been added. */
  flush(): void {
    this.run(this.#address, this.#used);
    this.#used = 0;
  }

  /** Runs records that lie elsewhere in the core's memory. */
  run(address: number, length: number): void {
    let done = 0;
    while (done < length) {
      done += this.#core.processChunk(address + done, length - done);
      this.#drain();
    }
  }

  #write(at: number, size: number, packet: InputPacket): void {
    const view = this.#view;
    const layout = InputRecordLayout;
    view.setUint32(at + layout.timeNs.offset, packet.timeLow, true);
    view.setUint32(at + layout.timeNs.offset + 4, packet.timeHigh, true);
    view.setBigUint64(at + layout.hash.offset, 0n, true);
    view.setUint32(at + layout.size.offset, size, true);
    view.setUint32(at + layout.number.offset, packet.number, true);
    view.setUint32(at + layout.frame.offset, 0, true);
    writeKind(view, at, packet);
    this.#bytes.set(packet.bytes, at + HEADER_BYTES);
  }

  #grow(size: number): void {
    this.#core.release(this.#address);
    this.#address = this.#core.allocate(size);
    this.#capacity = size;
  }

  #renewViews(): void {
    this.#view = new DataView(this.#core.memory.buffer);
    this.#bytes = new Uint8Array(this.#core.memory.buffer);
  }
}

/** Writes into an input record where a packet arrives and what it is. */
export function writeKind(view: DataView, record: number, packet: InputPacket): void {
  const layout = InputRecordLayout;
  view.setUint32(record + layout.device.offset, packet.device, true);
  view.setUint32(record + layout.macLength.offset, packet.macLength, true);
  view.setUint32(record + layout.length.offset, packet.wireLength - packet.macLength, true);
  view.setUint32(record + layout.captured.offset, packet.bytes.length - packet.macLength, true);
  view.setUint8(record + layout.family.offset, packet.family);
  view.setUint8(record + layout.packetType.offset, packet.packetType);
  view.setUint8(record + layout.aggregate.offset, packet.aggregate ? 1 : 0);
  view.setUint8(record + layout.partialChecksum.offset, packet.partialChecksum ? 1 : 0);
  view.setUint8(record + layout.wasSent.offset, packet.wasSent ? 1 : 0);
}
