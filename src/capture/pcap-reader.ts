import { CaptureError } from "./error.ts";
import { type CaptureInterface, CapturePacket, Direction } from "./packet.ts";
import { captureLimit } from "./packet-limit.ts";
import { chooseRecordHeader, PATCHED_HEADER_BYTES, type PcapMagic, RECORD_HEADER_BYTES } from "./pcap-form.ts";
import type { PacketSink, Piece, RecordReader, ScannedInterface } from "./record-reader.ts";
import { SecondsClock } from "./time.ts";

const FILE_HEADER_BYTES = 24;
/** The link type field: type, bits that must be zero, and (not read) the length of a frame check sequence. */
const LINK_TYPE = 0xffff;
const LINK_TYPE_RESERVED = 0x03ff0000;
/** Packet type of what left, in the patched header (as in `struct sockaddr_ll`). */
const PACKET_OUTGOING = 4;
/** Of an undecided file, the first two records are awaited; the second with the longest header there is. */
const LONGEST_HEADER_BYTES = 28;

/**
 * Reads the classic format: a file header, then a header and the bytes of each packet (draft-ietf-opsawg-pcap; for old
 * versions libpcap's sf-pcap.c).
 */
export class PcapReader implements RecordReader {
  readonly format = "pcap" as const;
  readonly interfaces: CaptureInterface[] = [];
  readonly isInside = false;
  readonly lost = 0;
  needed: number;
  readonly #magic: PcapMagic;
  readonly #clock: SecondsClock;
  /** Bytes of a record's header; 0 until it is known which form the file has. */
  #headerBytes: number;
  /** Versions before 2.3 have the two lengths the other way round, 2.3 either way. */
  #lengthsSwapped: "no" | "yes" | "maybe" = "no";
  #limit = 0;
  #scanned: readonly ScannedInterface[] = [];
  #count = 0;

  constructor(magic: PcapMagic) {
    this.#magic = magic;
    this.#clock = new SecondsClock(magic.nsPerUnit);
    this.#headerBytes = magic.recordHeaders.length === 1 ? magic.recordHeaders[0] : 0;
    this.needed = FILE_HEADER_BYTES + magic.extraHeaderBytes;
  }

  get awaited(): string {
    return this.interfaces.length === 0 ? "the file header" : `packet record ${this.#count + 1}`;
  }

  read(piece: Piece, packets: PacketSink): number {
    let { start } = piece;
    if (this.interfaces.length === 0) {
      if (piece.end - start < this.needed) return start;
      this.#readFileHeader(piece);
      start += this.needed;
    }
    if (this.#headerBytes === 0 && !this.#chooseForm(piece, start)) return start;
    return this.#readRecords(piece, start, packets);
  }

  #readFileHeader({ view, start, fileOffset }: Piece): void {
    const { littleEndian } = this.#magic;
    const major = view.getUint16(start + 4, littleEndian);
    const minor = view.getUint16(start + 6, littleEndian);
    // 543.0 was written by DG/UX.
    if (major !== 2 && major !== 543) {
      const detail = `pcap version ${major}.${minor} is not read (only version 2 is); convert the file to pcapng first`;
      throw new CaptureError("ERR_CAPTURE_FORMAT", fileOffset + start, detail);
    }
    if (major === 543 || minor < 3) this.#lengthsSwapped = "yes";
    else if (minor === 3) this.#lengthsSwapped = "maybe";
    if (minor !== 4) this.#headerBytes = this.#magic.recordHeaders[0];

    const field = view.getUint32(start + 20, littleEndian);
    if (field & LINK_TYPE_RESERVED) {
      const detail = `the link type field 0x${field.toString(16)} has reserved bits set; the file header is damaged`;
      throw new CaptureError("ERR_CAPTURE_FORMAT", fileOffset + start + 20, detail);
    }
    const linkType = field & LINK_TYPE;
    const snapLength = view.getUint32(start + 16, littleEndian);
    this.#limit = captureLimit(linkType);
    this.interfaces.push({ index: 0, name: undefined, description: undefined, linkType, snapLength, littleEndian });
    this.#scanned = [{ index: 0, nsPerUnit: this.#magic.nsPerUnit, limit: this.#limit, snapLength }];
  }

  /** @returns false when more bytes are wanted first. */
  #chooseForm({ view, end, last }: Piece, start: number): boolean {
    this.needed = RECORD_HEADER_BYTES;
    if (end - start >= RECORD_HEADER_BYTES) {
      const captured = Math.min(view.getUint32(start + 8, this.#magic.littleEndian), this.#limit);
      this.needed = captured + 2 * LONGEST_HEADER_BYTES;
    }
    if (end - start < this.needed && !last) return false;
    this.#headerBytes = chooseRecordHeader(this.#magic, view, start, end, this.#limit);
    return true;
  }

  #readRecords(piece: Piece, first: number, packets: PacketSink): number {
    const { view, bytes, end } = piece;
    const { littleEndian } = this.#magic;
    const headerBytes = this.#headerBytes;
    const clock = this.#clock;
    const captureInterface = this.interfaces[0];
    let start = this.#isUsual ? this.#scan(piece, first, packets) : first;
    while (end - start >= headerBytes) {
      let length = view.getUint32(start + 8, littleEndian);
      let wireLength = view.getUint32(start + 12, littleEndian);
      if (this.#lengthsSwapped !== "no" && (this.#lengthsSwapped === "yes" || length > wireLength)) {
        [length, wireLength] = [wireLength, length];
      }
      if (length > this.#limit) throw this.#damage(piece.fileOffset + start, length);
      const frame = start + headerBytes;
      if (length > end - frame) {
        this.needed = headerBytes + length;
        return start;
      }
      clock.set(view.getUint32(start, littleEndian), view.getUint32(start + 4, littleEndian));
      const direction = headerBytes < PATCHED_HEADER_BYTES ? Direction.Unknown : patchedDirection(bytes[start + 22]);
      const number = ++this.#count;
      packets.push(
        new CapturePacket(
          number,
          captureInterface,
          clock.high,
          clock.low,
          bytes,
          frame,
          length,
          wireLength,
          direction,
          0,
          0,
        ),
      );
      start = frame + length;
    }
    this.needed = headerBytes;
    return start;
  }

  get #isUsual(): boolean {
    return this.#headerBytes === RECORD_HEADER_BYTES && this.#lengthsSwapped === "no";
  }

  /** Records that the sink takes by itself. @returns where they end. */
  #scan(piece: Piece, start: number, packets: PacketSink): number {
    const { littleEndian } = this.#magic;
    const run = { format: this.format, littleEndian, interfaces: this.#scanned, start, number: this.#count };
    const scanned = packets.scan?.(piece, { ...run, timeHigh: 0, timeLow: 0 });
    if (!scanned) return start;
    this.#count += scanned.count;
    return scanned.end;
  }

  #damage(offset: number, length: number): CaptureError {
    const detail =
      `packet record ${this.#count + 1} claims ${length} captured bytes, more than any packet has (${this.#limit}); ` +
      "the file is damaged from here on";
    return new CaptureError("ERR_CAPTURE_DAMAGED", offset, detail);
  }
}

function patchedDirection(packetType: number): Direction {
  return packetType === PACKET_OUTGOING ? Direction.Outbound : Direction.Inbound;
}
