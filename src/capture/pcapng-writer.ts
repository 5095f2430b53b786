import { ByteBuilder } from "./byte-builder.ts";
import { BYTE_ORDER_MAGIC, ENHANCED_PACKET, INTERFACE_DESCRIPTION, SECTION_HEADER } from "./pcapng-blocks.ts";
import { EPB_FLAGS, IF_NAME, IF_TSRESOL, OPT_COMMENT, OPT_END } from "./pcapng-options.ts";
import { PIECE_BYTES, SNAP_LENGTH, type WrittenInterface, type WrittenPacket } from "./written.ts";

/** `if_tsresol`: times are nanoseconds. */
const NANOSECONDS = 9;
/** Of an enhanced packet block: what lies before the packet. */
const PACKET_HEADER_BYTES = 28;
/** Longest value of an option: its length has 16 bits. */
const LONGEST_OPTION = 0xffff;

/**
 * Writes a pcapng of one section, little-endian, with nanosecond times. Blocks collect in a buffer: take it whenever
 * `pending` has grown to some hundred KiB, and at the end.
 *
 * @example
 * const writer = new PcapngWriter([{ name: "eth0", linkType: 1 }]);
 * writer.write({ interface: 0, timeHigh: 0, timeLow: 0, bytes, wireLength: bytes.length, cause: 1 });
 * await file.write(writer.take());
 */
export class PcapngWriter {
  readonly #out = new ByteBuilder(PIECE_BYTES);

  constructor(interfaces: readonly WrittenInterface[]) {
    this.#writeSectionHeader();
    for (const { name, linkType } of interfaces) this.#writeInterface(name, linkType);
  }

  /** Bytes that wait to be taken. */
  get pending(): number {
    return this.#out.length;
  }

  /** What has been written since the last time. */
  take(): Uint8Array<ArrayBuffer> {
    return this.#out.take();
  }

  write(packet: WrittenPacket): void {
    const { bytes } = packet;
    const out = this.#out;
    const start = out.extend(PACKET_HEADER_BYTES + padded(bytes.length));
    const frame = start + PACKET_HEADER_BYTES;
    out.bytes.set(bytes, frame);
    zero(out.bytes, frame + bytes.length, out.length);
    this.#writePacketOptions(packet, out.length);

    const end = out.extend(4);
    const total = out.length - start;
    const { view } = out;
    view.setUint32(start, ENHANCED_PACKET, true);
    view.setUint32(start + 4, total, true);
    view.setUint32(start + 8, packet.interface, true);
    view.setUint32(start + 12, packet.timeHigh, true);
    view.setUint32(start + 16, packet.timeLow, true);
    view.setUint32(start + 20, bytes.length, true);
    view.setUint32(start + 24, packet.wireLength, true);
    view.setUint32(end, total, true);
  }

  #writePacketOptions({ direction, comments, cause }: WrittenPacket, start: number): void {
    if (direction) this.#writeWord(EPB_FLAGS, direction);
    if (comments) for (const comment of comments) writeText(this.#out, OPT_COMMENT, comment);
    if (cause !== undefined) writeText(this.#out, OPT_COMMENT, `in=${cause}`);
    if (this.#out.length > start) this.#writeEnd();
  }

  #writeSectionHeader(): void {
    const at = this.#out.extend(28);
    const { view } = this.#out;
    view.setUint32(at, SECTION_HEADER, true);
    view.setUint32(at + 4, 28, true);
    view.setUint32(at + 8, BYTE_ORDER_MAGIC, true);
    view.setUint32(at + 12, 1, true);
    view.setBigInt64(at + 16, -1n, true);
    view.setUint32(at + 24, 28, true);
  }

  #writeInterface(name: string, linkType: number): void {
    const out = this.#out;
    const start = out.extend(16);
    writeText(out, IF_NAME, name);
    this.#writeByte(IF_TSRESOL, NANOSECONDS);
    this.#writeEnd();
    const end = out.extend(4);
    const total = out.length - start;
    out.view.setUint32(start, INTERFACE_DESCRIPTION, true);
    out.view.setUint32(start + 4, total, true);
    out.view.setUint32(start + 8, linkType, true);
    out.view.setUint32(start + 12, SNAP_LENGTH, true);
    out.view.setUint32(end, total, true);
  }

  #writeByte(code: number, value: number): void {
    const at = this.#out.extend(8);
    const { view } = this.#out;
    view.setUint16(at, code, true);
    view.setUint16(at + 2, 1, true);
    view.setUint32(at + 4, value, true);
  }

  #writeWord(code: number, value: number): void {
    const at = this.#out.extend(8);
    const { view } = this.#out;
    view.setUint16(at, code, true);
    view.setUint16(at + 2, 4, true);
    view.setUint32(at + 4, value, true);
  }

  #writeEnd(): void {
    this.#out.view.setUint32(this.#out.extend(4), OPT_END, true);
  }
}

/** A comment as an option of a block, padded: what {@link PcapngWriter} writes for it. */
export function commentOption(text: string): Uint8Array {
  const out = new ByteBuilder(3 * text.length + 8);
  writeText(out, OPT_COMMENT, text);
  return out.take();
}

/** A text too long for an option is cut at a character. */
function writeText(out: ByteBuilder, code: number, text: string): void {
  const longest = Math.min(3 * text.length, LONGEST_OPTION);
  const at = out.extend(4 + longest);
  const length = encodeText(text, out.bytes, at + 4, longest);
  out.view.setUint16(at, code, true);
  out.view.setUint16(at + 2, length, true);
  out.length = at + 4 + length;
  const end = out.extend(padded(length) - length);
  zero(out.bytes, end, out.length);
}

const encoder = new TextEncoder();

/** UTF-8 of a text; nearly all of them are short and ASCII, for which a loop is far cheaper than the encoder. */
function encodeText(text: string, into: Uint8Array, at: number, longest: number): number {
  if (text.length > longest) return encoder.encodeInto(text, into.subarray(at, at + longest)).written;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x80) return encoder.encodeInto(text, into.subarray(at, at + longest)).written;
    into[at + i] = code;
  }
  return text.length;
}

function padded(length: number): number {
  return (length + 3) & ~3;
}

function zero(bytes: Uint8Array, start: number, end: number): void {
  for (let at = start; at < end; at++) bytes[at] = 0;
}
