import { ByteBuffer } from "../memory/byte-buffer";
import { copyBytes } from "../memory/copy";
import { PagedArray } from "../memory/paged-array";
import { FramePairing } from "./frame-pairing";
import { frames, OUTPUT_FRAME_SIZE, OutputFrame } from "./output";
import { pathCount } from "./path";

/**
 * The frames of the output buffer as enhanced packet blocks of a pcapng (draft-ietf-opsawg-pcapng, section 4.3), with a comment about
 * the path where that is wanted, and the number of the packet that caused each as the comment `in=N`:
 *
 * ```text
 *  0 type (6)   4 length   8 interface   12 time, upper half   16 lower half   20 captured   24 original length
 * 28 frame, padded to 4 | comment on the path | option 1, length, "in=N", padded to 4 | end of options | length again
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
  blocks.clear();
  for (let at: u32 = 0; at < frames.used; ) {
    const frame = changetype<OutputFrame>(frames.start + at);
    writeBlock(frame, localBlock, NO_COMMENT);
    at += frame.size;
  }
}

/** Options of packet blocks as they are written: their length, then the bytes. */
const NO_COMMENT: usize = memory.data(4, 4);
/** Address of each path's comment, 0: not known. The host makes them. */
const comments = PagedArray.create(2);

/** @param comment a block of the core's memory: the length of an encoded option, then the option. */
export function setPathComment(path: u32, comment: usize): void {
  comments.reserve(pathCount());
  store<usize>(comments.at(path), comment);
}

/** Bytes of the frames that have been written by {@link writeExplainedBlocks}. */
let written: u32 = 0;
const pairing = FramePairing.create();

/**
 * The same, each with the comment on the path of the packet that it is of.
 *
 * @returns a path whose comment is not known, to be called again when it is; -1 when all are written.
 */
export function writeExplainedBlocks(localBlock: u32): i32 {
  comments.reserve(pathCount());
  if (written == 0) {
    blocks.clear();
    pairing.begin();
  }
  while (written < frames.used) {
    const frame = changetype<OutputFrame>(frames.start + written);
    const ending = pairing.endingOf(frame);
    const comment = ending === null ? NO_COMMENT : load<usize>(comments.at(ending.path));
    if (comment == 0) return ending!.path;
    writeBlock(frame, localBlock, comment);
    pairing.next();
    written += frame.size;
  }
  written = 0;
  return -1;
}

/** @param comment an encoded option behind its length. */
function writeBlock(frame: OutputFrame, localBlock: u32, comment: usize): void {
  const length = frame.length;
  const padded = (length + 3) & ~3;
  const digits = digitsOf(frame.number);
  const text = PREFIX + digits;
  const first = load<u32>(comment);
  const options = first + OPTION_HEADER + ((text + 3) & ~3);
  const total = HEADER + padded + options + TRAILER;
  const at = blocks.append(total);
  store<u32>(at, ENHANCED_PACKET);
  store<u32>(at, total, 4);
  store<u32>(at, frame.device == 0 ? localBlock : frame.device - 1, 8);
  store<u32>(at, <u32>(frame.timeNs >> 32), 12);
  store<u32>(at, <u32>frame.timeNs, 16);
  store<u32>(at, length, 20);
  store<u32>(at, frame.originalLength, 24);
  const data = at + HEADER;
  if (padded != 0) store<u32>(data + padded - 4, 0);
  copyBytes(data, changetype<usize>(frame) + OUTPUT_FRAME_SIZE, length);
  if (first != 0) copyBytes(data + padded, comment + 4, first);
  const option = data + padded + first;
  const trailer = data + padded + options;
  store<u32>(trailer - 4, 0);
  store<u16>(option, OPT_COMMENT);
  store<u16>(option, <u16>text, 2);
  writeCause(option + OPTION_HEADER, frame.number, digits);
  store<u32>(trailer, 0);
  store<u32>(trailer, total, 4);
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
