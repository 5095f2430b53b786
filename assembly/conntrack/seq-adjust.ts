import { IPS_SEQ_ADJUST } from "../abi/conntrack";
import { ensureWritable } from "../ip/fragment-sizes";
import { replaceCovered } from "../nat/checksum";
import { load32, store32 } from "../packet/bytes";
import { Packet } from "../packet/packet";
import { Entry } from "./entry";
import { SeqAdjust, seqAdjustOf } from "./extension";
import { noteShift } from "./seq-shift";

/** Sequence numbers of connections in whose payload NAT changed lengths (net/netfilter/nf_conntrack_seqadj.c). */

const FLAG_ACK: u32 = 16;
const OPTION_END: u32 = 0;
const OPTION_NOP: u32 = 1;
const OPTION_SACK: u32 = 5;
const BLOCK_SIZE: u32 = 8;

function isAfter(a: u32, b: u32): bool {
  return <i32>(b - a) < 0;
}

/** The segment at `seq` grew by `bytes` (nf_ct_seqadj_set). A retransmission of it is not counted again. */
export function shiftAfter(entry: Entry, direction: u32, seq: u32, bytes: i32): void {
  const shift = seqAdjustOf(entry, direction);
  if (bytes == 0 || shift === null) return;
  entry.addStatus(IPS_SEQ_ADJUST);
  if (shift.before != shift.after && !isAfter(seq, shift.position)) return;
  shift.position = seq;
  shift.before = shift.after;
  shift.after += bytes;
}

/** By how much a sequence number of the direction is shifted on its way (nf_ct_seq_offset). */
export function seqOffset(entry: Entry, direction: u32, seq: u32): i32 {
  const shift = seqAdjustOf(entry, direction);
  if (shift === null) return 0;
  return isAfter(seq, shift.position) ? shift.after : shift.before;
}

/**
 * Shifts the sequence number of a segment, and what it acknowledges back (nf_ct_seq_adjust).
 *
 * @returns false where its options cannot be read, which drops it.
 */
export function adjustSequence(packet: Packet, entry: Entry): bool {
  const direction: u32 = packet.isReply ? 1 : 0;
  const sent = seqAdjustOf(entry, direction);
  const received = seqAdjustOf(entry, direction ^ 1);
  if (sent === null || received === null) return true;
  if (!packet.hasTransport(20)) return false;
  ensureWritable(packet, packet.transportOffset + 20);
  if (!packet.hasCaptured(20)) return true;
  const header = packet.transport;
  const seq = load32(header + 4);
  const acknowledged = load32(header + 8);
  replace(packet, header + 4, seq + (isAfter(seq, sent.position) ? sent.after : sent.before));
  if (load<u8>(header, 13) & FLAG_ACK) replace(packet, header + 8, unshifted(received, acknowledged));
  noteShift(packet, seq, acknowledged, load32(header + 4), load32(header + 8));
  if (!(load<u8>(header, 13) & FLAG_ACK)) return true;
  return adjustBlocks(packet, received);
}

/** A number that the other side got shifted, as it was. */
function unshifted(shift: SeqAdjust, seq: u32): u32 {
  return seq - (isAfter(seq - shift.before, shift.position) ? shift.after : shift.before);
}

/** Four bytes that the checksum covers, where it is finished. */
function replace(packet: Packet, at: usize, value: u32): void {
  store32(replacement, value);
  if (!packet.partialChecksum) replaceCovered(packet.transport + 16, at, replacement, 4);
  store32(at, value);
}

const replacement = memory.data(4, 4);

/** The blocks of SACK options (nf_ct_sack_adjust). */
function adjustBlocks(packet: Packet, shift: SeqAdjust): bool {
  const size = (<u32>load<u8>(packet.transport, 12) >> 4) << 2;
  if (!packet.hasTransport(size)) return false;
  ensureWritable(packet, packet.transportOffset + size);
  if (!packet.hasCaptured(size)) return true;
  let at: u32 = 20;
  while (at < size) {
    const option = packet.transport + at;
    const kind: u32 = load<u8>(option);
    if (kind == OPTION_END) return true;
    if (kind == OPTION_NOP) {
      at += 1;
      continue;
    }
    if (at + 1 == size) return false;
    const length: u32 = load<u8>(option, 1);
    if (length < 2 || at + length > size) return false;
    if (kind == OPTION_SACK && length >= 2 + BLOCK_SIZE && (length - 2) % BLOCK_SIZE == 0) {
      for (let edge: u32 = 2; edge < length; edge += 4) {
        replace(packet, option + edge, unshifted(shift, load32(option + edge)));
      }
    }
    at += length;
  }
  return true;
}
