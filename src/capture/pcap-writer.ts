import { ByteBuilder } from "./byte-builder.ts";
import { splitSeconds } from "./time.ts";
import { PIECE_BYTES, SNAP_LENGTH, type WrittenPacket } from "./written.ts";

const NANOSECOND_MAGIC = 0xa1b23c4d;
const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;

/**
 * Writes a classic pcap, little-endian, with nanosecond times: one link type, no names of interfaces, no comments. Used
 * as {@link PcapngWriter} is.
 */
export class PcapWriter {
  readonly #out = new ByteBuilder(PIECE_BYTES);

  constructor(linkType: number) {
    const at = this.#out.extend(FILE_HEADER_BYTES);
    const { view } = this.#out;
    view.setUint32(at, NANOSECOND_MAGIC, true);
    view.setUint16(at + 4, 2, true);
    view.setUint16(at + 6, 4, true);
    view.setUint32(at + 16, SNAP_LENGTH, true);
    view.setUint32(at + 20, linkType, true);
  }

  /** Bytes that wait to be taken. */
  get pending(): number {
    return this.#out.length;
  }

  /** What has been written since the last time. */
  take(): Uint8Array<ArrayBuffer> {
    return this.#out.take();
  }

  write({ timeHigh, timeLow, bytes, wireLength }: Omit<WrittenPacket, "interface">): void {
    const out = this.#out;
    const at = out.extend(RECORD_HEADER_BYTES + bytes.length);
    const { seconds, nanoseconds } = splitSeconds(timeHigh, timeLow);
    out.view.setUint32(at, seconds, true);
    out.view.setUint32(at + 4, nanoseconds, true);
    out.view.setUint32(at + 8, bytes.length, true);
    out.view.setUint32(at + 12, wireLength, true);
    out.bytes.set(bytes, at + RECORD_HEADER_BYTES);
  }
}
