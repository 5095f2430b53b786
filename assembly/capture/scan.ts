import { INPUT_RECORD_SIZE, InputRecord } from "../packet/input-record";
import { judgeEarly } from "./arrive";
import { pieceAt } from "./pieces";
import { isPlain, writePlain } from "./plain";
import { learnInterfaces, mostUnits, plainInterface } from "./plain-interface";
import { appended, count, recordAt, recordRoom } from "./records";
import { described, sectionInterface } from "./source";

// draft-ietf-opsawg-pcapng, sections 4.3 and 4.4
const ENHANCED_PACKET: u32 = 6;
const SIMPLE_PACKET: u32 = 3;
/** Type and length in front of a block's body, and the length again behind it. */
const BLOCK_FRAME: u32 = 12;
const ENHANCED_HEADER: u32 = 28;
const SIMPLE_HEADER: u32 = 12;
const TRAILER: u32 = 4;
const LEAST_ENHANCED = ENHANCED_HEADER + TRAILER;

/** draft-ietf-opsawg-pcap: seconds, fraction, captured and original length. */
const PCAP_HEADER: u32 = 16;
const NS_PER_SECOND: u64 = 1_000_000_000;

/**
 * The file's byte order, as a type, so that a loop is compiled for each: given as an argument, Binaryen had made one of the two again, which
 * asked at every field. They differ in being signed.
 */
type LittleEndian = u8;
type BigEndian = i8;

/** Records one behind another in the file, and how they are to be read: what the host asks {@link scan} for, and its answer. */
@unmanaged
export class CaptureScan {
  /** Time of the last record, for those that have none; in nanoseconds. */
  timeNs: u64;
  /** The next byte, and the end of those in memory. */
  at: usize;
  end: usize;
  /** Number of the last record. */
  number: u32;
  /** Piece that the bytes lie in. */
  piece: u32;
  isPcapng: u8;
  isBigEndian: u8;

  /** The loop for plain packets; all others go through {@link block}. */
  @inline blocks<Order>(): void {
    const end = this.end;
    const interfaces = described;
    const piece = this.piece;
    const start = changetype<usize>(recordAt(count));
    const full = start + recordRoom() * INPUT_RECORD_SIZE;
    let record = start;
    let at = this.at;
    let number = this.number;
    let time = this.timeNs;
    let isDescending: u32 = 0;
    while (at + BLOCK_FRAME <= end && record != full) {
      const type = this.read32<Order>(at);
      const total = this.read32<Order>(at + 4);
      const id = this.read32<Order>(at + 8);
      const left = <u32>(end - at);
      const isOther =
        (type ^ ENHANCED_PACKET) |
        (total & 3) |
        u32(total < LEAST_ENHANCED) |
        u32(total > left) |
        u32(id >= interfaces);
      number += 1;
      if (isOther == 0) {
        const from = plainInterface(id);
        const captured = this.read32<Order>(at + 20);
        const units = ((<u64>this.read32<Order>(at + 12)) << 32) | this.read32<Order>(at + 16);
        const frame = at + ENHANCED_HEADER;
        // Nothing is between the frame and the length behind it.
        const isOdd =
          (this.read32<Order>(at + total - TRAILER) ^ total) |
          (((captured + 3) & ~3) ^ (total - LEAST_ENHANCED)) |
          u32(captured > from.limit) |
          u32(captured < from.least) |
          u32(units > from.mostUnits);
        if (isOdd == 0 && isPlain(frame, from)) {
          const before = time;
          time = units * from.nsPerUnit;
          isDescending |= u32(time < before);
          const length = this.read32<Order>(at + 24);
          writePlain(changetype<InputRecord>(record), number, time, frame, captured, length, from, piece);
          record += INPUT_RECORD_SIZE;
          at += total;
          continue;
        }
      }
      const next = this.block<Order>(changetype<InputRecord>(record), at, number, time);
      if (next == 0) {
        number -= 1;
        break;
      }
      const before = time;
      time = changetype<InputRecord>(record).timeNs;
      isDescending |= u32(time < before);
      record += INPUT_RECORD_SIZE;
      at = next;
    }
    this.at = at;
    this.number = number;
    this.timeNs = time;
    appended(<u32>(record - start) / INPUT_RECORD_SIZE, isDescending == 0);
  }

  /** Reads any block with a packet. @param time of the record before. @returns the next block, 0: the host is to read this one. */
  block<Order>(record: InputRecord, at: usize, number: u32, before: u64): usize {
    const type = this.read32<Order>(at);
    const total = this.read32<Order>(at + 4);
    if (total < BLOCK_FRAME + 4 || (total & 3) != 0 || total > <u32>(this.end - at)) return 0;
    if (this.read32<Order>(at + total - TRAILER) != total) return 0;
    let source: u32 = 0;
    let frame: usize = 0;
    let captured: u32 = 0;
    let length: u32 = 0;
    let direction: u32 = 0;
    let time = before;
    if (type == ENHANCED_PACKET) {
      if (total < LEAST_ENHANCED) return 0;
      const id = this.read32<Order>(at + 8);
      if (id >= described) return 0;
      const from = sectionInterface(id);
      captured = this.read32<Order>(at + 20);
      frame = at + ENHANCED_HEADER;
      const options = ENHANCED_HEADER + ((captured + 3) & ~3);
      if (captured > from.limit || options > total - TRAILER) return 0;
      const units = ((<u64>this.read32<Order>(at + 12)) << 32) | this.read32<Order>(at + 16);
      if (from.nsPerUnit == 0 || units > mostUnits(from.nsPerUnit)) return 0;
      time = units * from.nsPerUnit;
      length = this.read32<Order>(at + 24);
      source = from.source;
      if (options < total - TRAILER) direction = directionOf<Order>(at + options, at + total - TRAILER);
    } else if (type == SIMPLE_PACKET && described != 0) {
      const from = sectionInterface(0);
      length = this.read32<Order>(at + 8);
      captured = from.snapLength == 0 ? length : min(length, from.snapLength);
      frame = at + SIMPLE_HEADER;
      if (captured > total - SIMPLE_HEADER - TRAILER) return 0;
      source = from.source;
    } else {
      return 0;
    }
    write(record, number, time, frame, captured, length, source, this.piece, direction);
    return at + total;
  }

  @inline pcap<Order>(): void {
    const end = this.end;
    const from = plainInterface(0);
    const limit = from.limit;
    const nsPerUnit: u64 = from.nsPerUnit;
    const piece = this.piece;
    const start = changetype<usize>(recordAt(count));
    const full = start + recordRoom() * INPUT_RECORD_SIZE;
    let record = start;
    let at = this.at;
    let number = this.number;
    let before: u64 = 0;
    let isDescending: u32 = 0;
    while (at + PCAP_HEADER <= end && record != full) {
      const captured = this.read32<Order>(at + 8);
      const frame = at + PCAP_HEADER;
      if (captured > limit || captured > <u32>(end - frame)) break;
      const time = <u64>this.read32<Order>(at) * NS_PER_SECOND + <u64>this.read32<Order>(at + 4) * nsPerUnit;
      const length = this.read32<Order>(at + 12);
      const to = changetype<InputRecord>(record);
      isDescending |= u32(time < before);
      before = time;
      number += 1;
      if (captured >= from.least && isPlain(frame, from))
        writePlain(to, number, time, frame, captured, length, from, piece);
      else write(to, number, time, frame, captured, length, from.source, piece, 0);
      record += INPUT_RECORD_SIZE;
      at = frame + captured;
    }
    this.at = at;
    this.number = number;
    appended(<u32>(record - start) / INPUT_RECORD_SIZE, isDescending == 0);
  }

  @inline read32<Order>(at: usize): u32 {
    return isSigned<Order>() ? bswap<u32>(load<u32>(at)) : load<u32>(at);
  }
}

export const captureScan = changetype<CaptureScan>(memory.data(offsetof<CaptureScan>(), 8));

/**
 * Reads packet records from the bytes of a file: those of the usual forms, one behind another. Whatever is not entirely as usual
 * (another block, a damaged length, a record that goes on behind the piece) is left to the host's readers
 * (src/capture/pcapng-reader.ts, pcap-reader.ts), which have the same rules and say what is wrong.
 *
 * @returns records that were read; {@link captureScan} says how far.
 */
export function scanRecords(): u32 {
  const before = count;
  const scan = captureScan;
  learnInterfaces();
  if (scan.isPcapng) {
    if (scan.isBigEndian) scan.blocks<BigEndian>();
    else scan.blocks<LittleEndian>();
  } else if (scan.isBigEndian) scan.pcap<BigEndian>();
  else scan.pcap<LittleEndian>();
  const read = count - before;
  pieceAt(scan.piece).holders += read;
  return read;
}

const OPT_END: u32 = 0;
const EPB_FLAGS: u32 = 2;

/** Bits 0 and 1 of `epb_flags`: 1 inbound, 2 outbound. */
function directionOf<Order>(options: usize, end: usize): u32 {
  let at = options;
  while (at + 8 <= end) {
    const head = captureScan.read32<Order>(at);
    const code = isSigned<Order>() ? head >> 16 : head & 0xffff;
    if (code == OPT_END) return 0;
    if (code == EPB_FLAGS) {
      const direction = captureScan.read32<Order>(at + 4) & 3;
      return direction == 3 ? 0 : direction;
    }
    const length = isSigned<Order>() ? head & 0xffff : head >> 16;
    at += 4 + ((length + 3) & ~3);
  }
  return 0;
}

/** Writes a record as the file says it, and then what it is, if that can be said. */
function write(
  record: InputRecord,
  number: u32,
  time: u64,
  frame: usize,
  captured: u32,
  length: u32,
  source: u32,
  piece: u32,
  direction: u32,
): void {
  record.timeNs = time;
  record.hash = 0;
  record.size = INPUT_RECORD_SIZE;
  record.number = number;
  record.length = max(length, captured);
  record.captured = captured;
  record.frame = frame;
  record.source = source;
  record.piece = piece;
  // Family, direction and the like, a byte each, zeros but for the direction.
  store<u64>(changetype<usize>(record) + FAMILY, (<u64>direction) << DIRECTION_BITS);
  judgeEarly(record);
}

const FAMILY = offsetof<InputRecord>("family");
const DIRECTION_BITS: u64 = 8 * (offsetof<InputRecord>("direction") - offsetof<InputRecord>("family"));
assert(offsetof<InputRecord>("kind") < FAMILY + 8 && FAMILY + 8 <= INPUT_RECORD_SIZE);
