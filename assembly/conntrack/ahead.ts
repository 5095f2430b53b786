import { PROTO_TCP, PROTO_UDP } from "../abi/protocol";
import { candidateOf, touchBucket, touchEntry } from "./table";
import { hashTuple4, hashTuple6 } from "./tuple-hash";

/**
 * Looking ahead over a batch: the cache lines that packets will need are fetched before their turn, nothing is decided.
 * First {@link hashFlow} and {@link touchFlowBucket} for all packets, then {@link fetchFlow} for all.
 *
 * @param header IP header; at least 60 bytes of the packet (or all it has) are readable behind it.
 * @returns the hash of the packet's tuple, 0 for packets that the look-ahead does not cover.
 */
export function hashFlow(header: usize, family: u32): u64 {
  if (family == 4) {
    const protocol: u32 = load<u8>(header, 9);
    if (protocol != PROTO_TCP && protocol != PROTO_UDP) return 0;
    const size = (<usize>load<u8>(header) & 15) << 2;
    return hashTuple4(load<u64>(header, 12), load<u32>(header + size), protocol);
  }
  const protocol: u32 = load<u8>(header, 6);
  if (protocol != PROTO_TCP && protocol != PROTO_UDP) return 0;
  return hashTuple6(header + 8, load<u32>(header, 40), protocol);
}

/** Fetches the line of the table that the hash leads to. */
export function touchFlowBucket(hash: u64): void {
  if (hash != 0) touchBucket(hash);
}

/** Fetches the lines of the entry that probably is the packet's. @returns entry and direction; 0 for none. */
export function fetchFlow(hash: u64): usize {
  const reference = hash == 0 ? 0 : candidateOf(hash);
  if (reference != 0) touchEntry(reference & ~1);
  return reference;
}
