import { ByteBuffer } from "../memory/byte-buffer";
import { copyBytes } from "../memory/copy";
import { frames, OUTPUT_FRAME_SIZE, OutputFrame } from "./output";

/**
 * The frames of the output buffer as enhanced packet blocks of a pcapng (draft-ietf-opsawg-pcapng, section 4.3), with the number of
 * the packet that caused each as the comment `in=N`:
 *
 * ```text
 *  0 type (6)   4 length   8 interface   12 time, upper half   16 lower half   20 captured   24 original length
 * 28 frame, padded to 4 | option 1, length, "in=N", padded to 4 | end of options | length again
 * ```
 */
const ENHANCED_PACKET: u32 = 6;
const HEADER: u32 = 28;
const OPTION_HEADER: u32 = 4;
const OPT_COMMENT: u16 = 1;
/** "in=", and digits of a 32-bit number. */
const PREFIX: u32 = 3;
const MOST_DIGITS: u32 = 10;
/** End of options and the length behind. */
const TRAILER: u32 = 8;

export const blocks = ByteBuffer.create(1 << 16);

/**
 * Writes blocks of all frames that wait; the buffer holds them until the outputs are cleared.
 *
 * @param localBlock number of the interface block for packets that were delivered to the node; devices have their number less 1.
 */
export function writeBlocks(localBlock: u32): void {
  for (let at: u32 = 0; at < frames.used; ) {
    const frame = changetype<OutputFrame>(frames.start + at);
    writeBlock(frame, frame.device == 0 ? localBlock : frame.device - 1);
    at += frame.size;
  }
}

function writeBlock(frame: OutputFrame, block: u32): void {
  const length = frame.length;
  const padded = (length + 3) & ~3;
  const digits = digitsOf(frame.number);
  const text = PREFIX + digits;
  const options = OPTION_HEADER + ((text + 3) & ~3);
  const total = HEADER + padded + options + TRAILER;
  const at = blocks.append(total);
  store<u32>(at, ENHANCED_PACKET);
  store<u32>(at, total, 4);
  store<u32>(at, block, 8);
  store<u32>(at, <u32>(frame.timeNs >> 32), 12);
  store<u32>(at, <u32>frame.timeNs, 16);
  store<u32>(at, length, 20);
  store<u32>(at, frame.originalLength, 24);
  const data = at + HEADER;
  if (padded != 0) store<u32>(data + padded - 4, 0);
  copyBytes(data, changetype<usize>(frame) + OUTPUT_FRAME_SIZE, length);
  const option = data + padded;
  store<u16>(option, OPT_COMMENT);
  store<u16>(option, <u16>text, 2);
  store<u32>(option + options - 4, 0);
  writeCause(option + OPTION_HEADER, frame.number, digits);
  store<u32>(option + options, 0);
  store<u32>(option + options, total, 4);
}

/** Writes `in=N`. */
function writeCause(at: usize, number: u32, digits: u32): void {
  store<u16>(at, 0x6e69);
  store<u8>(at, 0x3d, 2);
  for (let place = at + PREFIX + digits - 1; digits != 0; digits--, place--) {
    const rest = number / 10;
    store<u8>(place, <u8>(0x30 + number - rest * 10));
    number = rest;
  }
}

function digitsOf(number: u32): u32 {
  let digits: u32 = 1;
  for (let limit: u64 = 10; number >= limit && digits < MOST_DIGITS; limit *= 10) digits += 1;
  return digits;
}
