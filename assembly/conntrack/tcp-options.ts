import { load32 } from "../packet/bytes";
import { Packet } from "../packet/packet";
import { TCP_BE_LIBERAL, TCP_SACK_PERM, TCP_WINDOW_SCALE, TcpEntry } from "./tcp-entry";

/** TCP options that connection tracking reads: window scale and SACK permission of a SYN, SACK blocks. */
const OPTION_END: u32 = 0;
const OPTION_NOP: u32 = 1;
const OPTION_WINDOW: u32 = 3;
const OPTION_SACK_PERM: u32 = 4;
const OPTION_SACK: u32 = 5;
const OPTION_TIMESTAMP: u32 = 8;
const MAX_SCALE: u32 = 14;

/** What {@link readSynOptions} found. */
export let synScale: u32 = 0;
export let synFlags: u32 = 0;

/** Bytes of options that are there. */
function optionsLength(packet: Packet): u32 {
  const header = packet.transport;
  const size = (<u32>load<u8>(header, 12) >> 4) << 2;
  return size > 20 && packet.hasTransport(size) && packet.hasCaptured(size) ? size - 20 : 0;
}

/** Reads scale and SACK permission of a SYN. @returns false when it has no options at all. */
export function readSynOptions(packet: Packet): bool {
  let left = optionsLength(packet);
  if (left == 0) return false;
  let at = packet.transport + 20;
  synScale = 0;
  synFlags = 0;
  while (left != 0) {
    const kind: u32 = load<u8>(at);
    if (kind == OPTION_END) return true;
    if (kind == OPTION_NOP) {
      at += 1;
      left -= 1;
      continue;
    }
    if (left < 2) return true;
    const size: u32 = load<u8>(at, 1);
    if (size < 2 || size > left) return true;
    if (kind == OPTION_SACK_PERM && size == 2) {
      synFlags |= TCP_SACK_PERM;
    } else if (kind == OPTION_WINDOW && size == 3) {
      synScale = min<u32>(load<u8>(at, 2), MAX_SCALE);
      synFlags |= TCP_WINDOW_SCALE;
    }
    at += size;
    left -= size;
  }
  return true;
}

/** Notes a SYN's options for its sender (tcp_options); without options nothing changes. */
export function noteSynOptions(entry: TcpEntry, direction: u32, packet: Packet): void {
  if (!readSynOptions(packet)) return;
  entry.setScale(direction, synScale);
  entry.setFlags(direction, (entry.flags(direction) & TCP_BE_LIBERAL) | synFlags);
}

/** The highest sequence number that the segment acknowledges, in ACK or SACK blocks (tcp_sack). */
export function highestAcknowledged(packet: Packet, ack: u32): u32 {
  let left = optionsLength(packet);
  if (left == 0) return ack;
  let at = packet.transport + 20;
  // Nothing but a timestamp, in its usual alignment.
  if (left == 12 && load32(at) == ((OPTION_NOP << 24) | (OPTION_NOP << 16) | (OPTION_TIMESTAMP << 8) | 10)) return ack;
  while (left != 0) {
    const kind: u32 = load<u8>(at);
    if (kind == OPTION_END) return ack;
    if (kind == OPTION_NOP) {
      at += 1;
      left -= 1;
      continue;
    }
    if (left < 2) return ack;
    const size: u32 = load<u8>(at, 1);
    if (size < 2 || size > left) return ack;
    if (kind == OPTION_SACK && size >= 10 && (size - 2) % 8 == 0) return highestBlock(at + 2, size - 2, ack);
    at += size;
    left -= size;
  }
  return ack;
}

function highestBlock(blocks: usize, length: u32, ack: u32): u32 {
  let highest = ack;
  for (let i: u32 = 0; i < length; i += 8) {
    const right = load32(blocks + i + 4);
    if (<i32>(right - highest) > 0) highest = right;
  }
  return highest;
}
