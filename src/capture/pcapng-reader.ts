import { CaptureError } from "./error.ts";
import { type CaptureInterface, CapturePacket, type Direction } from "./packet.ts";
import {
  BYTE_ORDER_MAGIC,
  ENHANCED_PACKET,
  INTERFACE_DESCRIPTION,
  INTERFACE_STATISTICS,
  OBSOLETE_PACKET,
  SECTION_HEADER,
  SIMPLE_PACKET,
} from "./pcapng-blocks.ts";
import { type PcapngInterface, readInterfaceBlock } from "./pcapng-interface.ts";
import { readLost, readPacketFlags } from "./pcapng-options.ts";
import type { PacketSink, Piece, RecordReader, ScannedInterface } from "./record-reader.ts";

/** Type and length in front of a block's body, and the length again behind it. */
const BLOCK_FRAME_BYTES = 12;
/** Longest block that is held in memory: the longest packet, and 16 MiB for its comments. Others are passed over. */
const LONGEST_BLOCK = 16 * 1024 * 1024;

/**
 * Reads pcapng (draft-ietf-opsawg-pcapng): sections one after another, each with its byte order and its interfaces, and
 * blocks of packets and of other things, which are passed over.
 */
export class PcapngReader implements RecordReader {
  readonly format = "pcapng" as const;
  readonly interfaces: CaptureInterface[] = [];
  needed = BLOCK_FRAME_BYTES;
  lost = 0;
  #littleEndian = true;
  /** Interfaces of the current section by their number there. */
  #section: PcapngInterface[] = [];
  /** The same as a scan wants them. */
  #scanned: ScannedInterface[] = [];
  #sections = 0;
  #blocks = 0;
  #count = 0;
  /** Length of a long block whose body was passed over, and whose second length comes next; 0 for none. */
  #passedOver = 0;
  /** Has the time of the packet before, for records without one. */
  #lastClock: { readonly high: number; readonly low: number } = { high: 0, low: 0 };

  get awaited(): string {
    return this.#sections === 0 ? "the section header" : `block ${this.#blocks + 1} (after packet ${this.#count})`;
  }

  get isInside(): boolean {
    return this.#passedOver !== 0;
  }

  read(piece: Piece, packets: PacketSink): number {
    const { view, end } = piece;
    let { start } = piece;
    if (this.#passedOver !== 0 && end - start >= 4) {
      this.#checkTrailer(piece, start - this.#passedOver + 4, this.#passedOver);
      this.#passedOver = 0;
      this.#blocks++;
      start += 4;
    }
    while (true) {
      if (packets.scan && this.#section.length > 0) start = this.#scan(piece, start, packets);
      if (end - start < BLOCK_FRAME_BYTES) break;
      const type = view.getUint32(start, this.#littleEndian);
      if (type === SECTION_HEADER) this.#readByteOrder(piece, start);
      const total = view.getUint32(start + 4, this.#littleEndian);
      if (total < BLOCK_FRAME_BYTES || total % 4 !== 0) throw this.#badLength(piece, start, total);
      if (total > end - start) {
        if (isRead(type)) return this.#await(piece, start, total);
        this.#passedOver = total;
        this.needed = 4;
        return start + total - 4;
      }
      this.#checkTrailer(piece, start, total);
      this.#readBlock(type, piece, start, total, packets);
      this.#blocks++;
      start += total;
    }
    this.needed = BLOCK_FRAME_BYTES;
    return start;
  }

  /** Packet blocks that the sink takes by itself. @returns where they end. */
  #scan(piece: Piece, start: number, packets: PacketSink): number {
    const { high, low } = this.#lastClock;
    const run = { format: this.format, littleEndian: this.#littleEndian, interfaces: this.#scanned, start };
    const scanned = packets.scan?.(piece, { ...run, number: this.#count, timeHigh: high, timeLow: low });
    if (!scanned || scanned.count === 0) return start;
    this.#count += scanned.count;
    this.#blocks += scanned.count;
    this.#lastClock = { high: scanned.timeHigh, low: scanned.timeLow };
    return scanned.end;
  }

  #await(piece: Piece, start: number, total: number): number {
    if (total > LONGEST_BLOCK + this.#longestPacket()) throw this.#badLength(piece, start, total);
    this.needed = total;
    return start;
  }

  #longestPacket(): number {
    return this.#section.reduce((most, { limit }) => Math.max(most, limit), 0);
  }

  #readByteOrder({ view, fileOffset }: Piece, start: number): void {
    const littleEndian = view.getUint32(start + 8, true) === BYTE_ORDER_MAGIC;
    if (!littleEndian && view.getUint32(start + 8, false) !== BYTE_ORDER_MAGIC) {
      throw this.#damage(fileOffset + start, "the section header has no byte-order magic");
    }
    this.#littleEndian = littleEndian;
  }

  #checkTrailer({ view, fileOffset }: Piece, start: number, total: number): void {
    const again = view.getUint32(start + total - 4, this.#littleEndian);
    if (again === total) return;
    throw this.#damage(fileOffset + start, `a block of ${total} bytes says at its end that it has ${again}`);
  }

  #readBlock(type: number, piece: Piece, start: number, total: number, packets: PacketSink): void {
    const { view } = piece;
    switch (type) {
      case ENHANCED_PACKET:
        this.#readPacket(piece, start, total, view.getUint32(start + 8, this.#littleEndian), packets);
        break;
      case OBSOLETE_PACKET:
        // Its interface number has 16 bits, and a drop count fills the word; the rest is as in the enhanced block.
        this.#readPacket(piece, start, total, view.getUint16(start + 8, this.#littleEndian), packets);
        break;
      case SIMPLE_PACKET:
        this.#readSimplePacket(piece, start, total, packets);
        break;
      case INTERFACE_DESCRIPTION:
        this.#readInterface(piece, start, total);
        break;
      case INTERFACE_STATISTICS:
        this.#readStatistics(piece, start, total);
        break;
      case SECTION_HEADER:
        this.#readSection(piece, start, total);
        break;
    }
  }

  #readSection({ view, fileOffset }: Piece, start: number, total: number): void {
    if (total < BLOCK_FRAME_BYTES + 16) throw this.#damage(fileOffset + start, "the section header is too short");
    const major = view.getUint16(start + 12, this.#littleEndian);
    const minor = view.getUint16(start + 14, this.#littleEndian);
    // 1.2 was written by some programs and is the same as 1.0.
    if (major !== 1 || (minor !== 0 && minor !== 2)) {
      const detail = `pcapng version ${major}.${minor} is not read (only version 1.0 is)`;
      throw new CaptureError("ERR_CAPTURE_FORMAT", fileOffset + start, detail);
    }
    this.#section = [];
    this.#scanned = [];
    this.#sections++;
  }

  #readInterface(piece: Piece, start: number, total: number): void {
    const index = this.interfaces.length;
    const read = readInterfaceBlock(piece.bytes, piece.view, start, total, this.#littleEndian, index);
    if (typeof read === "string") throw this.#damage(piece.fileOffset + start, read);
    this.#section.push(read);
    this.interfaces.push(read.description);
    const { limit, clock, description } = read;
    const { snapLength } = description;
    this.#scanned.push({ index, nsPerUnit: clock.nsPerUnit, limit, snapLength });
  }

  #readStatistics({ view }: Piece, start: number, total: number): void {
    if (total < BLOCK_FRAME_BYTES + 12) return;
    const of = this.#section[view.getUint32(start + 8, this.#littleEndian)];
    if (!of) return;
    const lost = readLost(view, start + 20, start + total - 4, this.#littleEndian);
    this.lost += lost - of.lost;
    of.lost = lost;
  }

  #readPacket(piece: Piece, start: number, total: number, id: number, packets: PacketSink): void {
    const { view, fileOffset } = piece;
    const littleEndian = this.#littleEndian;
    if (total < BLOCK_FRAME_BYTES + 20) throw this.#damage(fileOffset + start, "a packet block is too short");
    const from = this.#interface(piece, start, id);
    const length = view.getUint32(start + 20, littleEndian);
    const frame = start + 28;
    const optionsEnd = start + total - 4;
    const optionsAt = frame + ((length + 3) & ~3);
    if (length > from.limit || optionsAt > optionsEnd) {
      throw this.#damage(fileOffset + start, `packet ${this.#count + 1} claims ${length} bytes in a block of ${total}`);
    }
    const { clock } = from;
    clock.set(view.getUint32(start + 12, littleEndian), view.getUint32(start + 16, littleEndian));
    this.#lastClock = clock;
    const flags = optionsAt < optionsEnd ? readPacketFlags(view, optionsAt, optionsEnd, littleEndian) : 0;
    packets.push(
      new CapturePacket(
        ++this.#count,
        from.description,
        clock.high,
        clock.low,
        piece.bytes,
        frame,
        length,
        view.getUint32(start + 24, littleEndian),
        direction(flags),
        optionsAt,
        optionsEnd,
      ),
    );
  }

  /** A simple packet is of interface 0, has no time, and its captured length follows from the snap length. */
  #readSimplePacket(piece: Piece, start: number, total: number, packets: PacketSink): void {
    if (total < BLOCK_FRAME_BYTES + 4) throw this.#damage(piece.fileOffset + start, "a packet block is too short");
    const { description } = this.#interface(piece, start, 0);
    const wireLength = piece.view.getUint32(start + 8, this.#littleEndian);
    const length = Math.min(wireLength, description.snapLength || wireLength);
    const frame = start + 12;
    if (length > total - 16) {
      const detail = `packet ${this.#count + 1} claims ${length} bytes in a block of ${total}`;
      throw this.#damage(piece.fileOffset + start, detail);
    }
    packets.push(
      new CapturePacket(
        ++this.#count,
        description,
        this.#lastClock.high,
        this.#lastClock.low,
        piece.bytes,
        frame,
        length,
        wireLength,
        0,
        0,
        0,
      ),
    );
  }

  #interface({ fileOffset }: Piece, start: number, id: number): PcapngInterface {
    const found = this.#section[id];
    if (found) return found;
    const detail = `packet ${this.#count + 1} is of interface ${id}, but the section has described ${this.#section.length}`;
    throw this.#damage(fileOffset + start, detail);
  }

  #badLength(piece: Piece, start: number, total: number): CaptureError {
    return this.#damage(piece.fileOffset + start, `a block claims a length of ${total} bytes`);
  }

  #damage(offset: number, what: string): CaptureError {
    const detail = `${what}; the file is damaged from here on (${this.#count} packets before)`;
    return new CaptureError("ERR_CAPTURE_DAMAGED", offset, detail);
  }
}

/** Bits 0 and 1 of `epb_flags`: 1 inbound, 2 outbound. */
function direction(flags: number): Direction {
  return (flags & 3) === 3 ? 0 : flags & 3;
}

function isRead(type: number): boolean {
  return (
    type === ENHANCED_PACKET ||
    type === SIMPLE_PACKET ||
    type === OBSOLETE_PACKET ||
    type === INTERFACE_DESCRIPTION ||
    type === INTERFACE_STATISTICS ||
    type === SECTION_HEADER
  );
}
