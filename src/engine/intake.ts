import {
  type CaptureFile,
  type CapturePacket,
  CaptureParser,
  type CaptureSource,
  decompressed,
  isCaptureFile,
  isGzip,
  type PacketSink,
  type Piece,
  piecesOf,
  type RecordRun,
  type Scanned,
  type ScannedInterface,
} from "../capture/index.ts";
import type { Core } from "../core/core.ts";
import { CaptureScanLayout, InputRecordLayout, SectionInterfaceLayout } from "../core/layout.generated.ts";

/** Bytes of a file that are read at a time: small enough for a processor's cache, with all that is made of them. */
const PIECE_BYTES = 128 * 1024;
/** The shortest record: a header of a classic pcap, and no packet. */
const SHORTEST_RECORD = 16;
const LEAST_ROOM = 4096;

/**
 * Takes the bytes of a capture into the core's memory and lets it read the packet records there, without an object for each. What
 * is not of the usual forms, the host's readers read; the core gets those packets one by one.
 */
export class Intake implements PacketSink {
  readonly parser = new CaptureParser();
  readonly #core: Core;
  /** The piece that is read now, and where it begins in the core's memory. */
  #piece = 0;
  #address = 0;
  #described: readonly ScannedInterface[] = [];
  #describedCount = 0;
  /** Packets from elsewhere than the piece: their records, which wait for their bytes. */
  #strays: { readonly record: number; readonly packet: CapturePacket }[] = [];
  #read = 0;

  constructor(core: Core) {
    this.#core = core;
  }

  /**
   * Reads the capture to its end. Yields whenever records have been read; asked for the next, it has released all of them.
   *
   * @throws CaptureError when it is damaged: what was read before has been yielded.
   */
  async *read(source: CaptureSource): AsyncGenerator<void> {
    if (isCaptureFile(source)) yield* this.#readFile(source);
    else yield* this.#readPieces(decompressed(piecesOf(source)));
    this.#core.reserveRecords(PIECE_BYTES / SHORTEST_RECORD);
    yield* this.#step(() => this.parser.end(this));
  }

  async *#readFile(file: CaptureFile): AsyncGenerator<void> {
    try {
      const start = new Uint8Array(PIECE_BYTES);
      const length = await file.readInto(start);
      const head = start.subarray(0, length);
      if (isGzip(head)) {
        yield* this.#readPieces(decompressed(restOf(file, head)));
        return;
      }
      yield* this.#take(head);
      for (let read = length; read > 0; ) {
        const into = this.#open();
        // A record that begins in one piece and ends in the next would be put together by the host, and read there.
        const begun = this.parser.giveBack(into);
        read = await file.readInto(into.subarray(begun));
        yield* this.#parse(into.subarray(0, begun + read));
      }
    } finally {
      file.close();
    }
  }

  async *#readPieces(pieces: AsyncGenerator<Uint8Array>): AsyncGenerator<void> {
    for await (const piece of pieces) yield* this.#take(piece);
  }

  *#take(bytes: Uint8Array): Generator<void> {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      const part = bytes.subarray(at, at + PIECE_BYTES);
      const into = this.#open().subarray(0, part.length);
      into.set(part);
      yield* this.#parse(into);
    }
  }

  /** Room for a piece, and for all records that can be in it, so that memory need not grow while it is read. */
  #open(): Uint8Array {
    const core = this.#core;
    core.reserveRecords(PIECE_BYTES / SHORTEST_RECORD + 1);
    this.#piece = core.openPiece(PIECE_BYTES);
    this.#address = core.pieceAddress(this.#piece);
    return new Uint8Array(core.memory.buffer, this.#address, PIECE_BYTES);
  }

  *#parse(bytes: Uint8Array): Generator<void> {
    yield* this.#step(() => {
      try {
        this.parser.push(bytes, this);
      } finally {
        this.#core.closePiece(this.#piece);
      }
    });
  }

  /** What a step reads, and then its error, if there was one. */
  *#step(step: () => void): Generator<void> {
    let failure: { readonly error: unknown } | undefined;
    this.#read = 0;
    try {
      step();
    } catch (error) {
      failure = { error };
    }
    this.#adoptStrays();
    if (this.#read > 0) yield;
    if (failure) throw failure.error;
  }

  /** Records of a piece that the core reads by itself; the seam between two pieces is not in its memory. */
  scan({ bytes, end }: Piece, run: RecordRun): Scanned | undefined {
    const core = this.#core;
    if (bytes.buffer !== core.memory.buffer) return undefined;
    this.#describe(run.interfaces);
    const view = new DataView(core.memory.buffer);
    const at = core.captureScanAddress();
    const layout = CaptureScanLayout;
    view.setUint32(at + layout.timeNs.offset, run.timeLow, true);
    view.setUint32(at + layout.timeNs.offset + 4, run.timeHigh, true);
    view.setUint32(at + layout.at.offset, bytes.byteOffset + run.start, true);
    view.setUint32(at + layout.end.offset, bytes.byteOffset + end, true);
    view.setUint32(at + layout.number.offset, run.number, true);
    view.setUint32(at + layout.piece.offset, this.#piece, true);
    view.setUint8(at + layout.isPcapng.offset, run.format === "pcapng" ? 1 : 0);
    view.setUint8(at + layout.isBigEndian.offset, run.littleEndian ? 0 : 1);
    const count = core.scanRecords();
    this.#read += count;
    return {
      count,
      end: view.getUint32(at + layout.at.offset, true) - bytes.byteOffset,
      timeLow: view.getUint32(at + layout.timeNs.offset, true),
      timeHigh: view.getUint32(at + layout.timeNs.offset + 4, true),
    };
  }

  #describe(interfaces: readonly ScannedInterface[]): void {
    if (interfaces === this.#described && interfaces.length === this.#describedCount) return;
    this.#described = interfaces;
    this.#describedCount = interfaces.length;
    const { memory, sectionInterfaces } = this.#core;
    const start = sectionInterfaces(interfaces.length);
    const view = new DataView(memory.buffer);
    const layout = SectionInterfaceLayout;
    for (const [i, { index, nsPerUnit, limit, snapLength }] of interfaces.entries()) {
      const at = start + i * layout.byteLength;
      view.setUint32(at + layout.source.offset, index, true);
      view.setUint32(at + layout.nsPerUnit.offset, nsPerUnit, true);
      view.setUint32(at + layout.limit.offset, limit, true);
      view.setUint32(at + layout.snapLength.offset, snapLength, true);
    }
  }

  /** A packet that a reader has read. */
  push(packet: CapturePacket): void {
    const core = this.#core;
    const record = core.addRecord();
    const view = new DataView(core.memory.buffer);
    const layout = InputRecordLayout;
    view.setUint32(record + layout.timeNs.offset, packet.timeLow, true);
    view.setUint32(record + layout.timeNs.offset + 4, packet.timeHigh, true);
    view.setUint32(record + layout.number.offset, packet.number, true);
    view.setUint32(record + layout.length.offset, packet.wireLength, true);
    view.setUint32(record + layout.captured.offset, packet.length, true);
    view.setUint32(record + layout.source.offset, packet.interface.index, true);
    view.setUint8(record + layout.direction.offset, packet.direction);
    this.#read++;
    if (packet.data.buffer !== core.memory.buffer) {
      this.#strays.push({ record, packet });
      return;
    }
    view.setUint32(record + layout.frame.offset, packet.data.byteOffset + packet.start, true);
    view.setUint32(record + layout.piece.offset, this.#piece, true);
    core.holdPiece(this.#piece);
  }

  /** Brings the bytes of packets that lay across pieces into the core's memory. */
  #adoptStrays(): void {
    const core = this.#core;
    for (const { record, packet } of this.#strays) {
      const piece = core.openPiece(roomFor(packet.length));
      const frame = core.pieceAddress(piece);
      new Uint8Array(core.memory.buffer).set(packet.bytes, frame);
      const view = new DataView(core.memory.buffer);
      view.setUint32(record + InputRecordLayout.frame.offset, frame, true);
      view.setUint32(record + InputRecordLayout.piece.offset, piece, true);
    }
    this.#strays = [];
  }
}

/** Few sizes, so that a piece which is free again fits the next. */
function roomFor(length: number): number {
  return Math.max(LEAST_ROOM, 2 ** Math.ceil(Math.log2(length + 1)));
}

/** What is left of a file whose beginning has been read. */
async function* restOf(file: CaptureFile, head: Uint8Array): AsyncGenerator<Uint8Array> {
  let piece = head;
  while (piece.length > 0) {
    yield piece;
    const into = new Uint8Array(PIECE_BYTES);
    piece = into.subarray(0, await file.readInto(into));
  }
}
