import { Pool } from "../memory/pool";
import { Packet } from "../packet/packet";

/**
 * In what pieces a reassembled datagram came in (the kernel's frag_list): the payload of each, in order of offset. It leaves
 * in the same pieces where they still fit.
 */
@unmanaged
export class FragmentSizes {
  count: u32;
  /** How many came, which says where the record goes back to. */
  arrived: u32;
}

/** Pieces remembered; datagrams of more are cut anew by their greatest size. 65,535 bytes in pieces of 8 are 8,192. */
const MAX_PIECES: u32 = 8192;
const FIRST: usize = offsetof<FragmentSizes>();

const small = Pool.create(<u32>FIRST + 64 * 2);
const large = Pool.create(<u32>FIRST + MAX_PIECES * 2);
const SMALL_PIECES: u32 = 64;

/** Room for the sizes of `count` pieces on the packet; false when there are too many. */
export function reserveSizes(packet: Packet, count: u32): bool {
  if (count > MAX_PIECES) return false;
  packet.fragments = count <= SMALL_PIECES ? small.take() : large.take();
  changetype<FragmentSizes>(packet.fragments).count = count;
  changetype<FragmentSizes>(packet.fragments).arrived = count;
  return true;
}

export function setSize(packet: Packet, index: u32, size: u32): void {
  store<u16>(packet.fragments + FIRST + (index << 1), <u16>size);
}

export function sizeOf(packet: Packet, index: u32): u32 {
  return load<u16>(packet.fragments + FIRST + (index << 1));
}

export function pieceCount(packet: Packet): u32 {
  return packet.fragments == 0 ? 0 : changetype<FragmentSizes>(packet.fragments).count;
}

/**
 * Somebody writes to the packet's first `end` bytes: in the kernel they must lie in its first piece, which takes what it lacks from
 * those behind (skb_ensure_writable, __pskb_pull_tail).
 */
export function ensureWritable(packet: Packet, end: u32): void {
  if (packet.fragments != 0) pull(packet, end);
}

function pull(packet: Packet, end: u32): void {
  const count = pieceCount(packet);
  let behind: u32 = 0;
  for (let i: u32 = 1; i < count; i++) behind += sizeOf(packet, i);
  const first = packet.length - behind;
  if (first >= end || end > packet.length) return;
  let lacking = end - first;
  setSize(packet, 0, sizeOf(packet, 0) + lacking);
  let kept: u32 = 1;
  for (let i: u32 = 1; i < count; i++) {
    const taken = min(sizeOf(packet, i), lacking);
    lacking -= taken;
    if (taken < sizeOf(packet, i)) setSize(packet, kept++, sizeOf(packet, i) - taken);
  }
  changetype<FragmentSizes>(packet.fragments).count = kept;
  // In one piece it is cut anew.
  if (kept == 1) releaseSizes(packet);
}

export function releaseSizes(packet: Packet): void {
  if (packet.fragments == 0) return;
  const arrived = changetype<FragmentSizes>(packet.fragments).arrived;
  (arrived <= SMALL_PIECES ? small : large).give(packet.fragments);
  packet.fragments = 0;
}
