import { PROTO_TCP, PROTO_UDP } from "../abi/protocol";
import { ADDRESSES6 } from "./entry";
import { candidateFor, candidateIn, touchEntry } from "./table";
import { hashTuple4, hashTuple6 } from "./tuple-hash";

/**
 * Looking ahead over a batch: the cache lines that packets will need are fetched before their turn, nothing is decided.
 * First {@link hashFlow} and {@link touchBucket} for all packets, then {@link fetchFlow} for all.
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

/** The same of a TCP or UDP packet of IPv4 with a header of 20 bytes. @inline */
export function hashPlainFlow(header: usize): u64 {
  return hashTuple4(load<u64>(header, 12), load<u32>(header, 20), load<u8>(header, 9));
}

/** Fetches the lines of the entry that probably is the packet's. @returns entry and direction; 0 for none. @inline */
export function fetchFlow(bucket: usize, hash: u64): usize {
  if (bucket == 0) return 0;
  const reference = candidateIn(bucket, hash);
  if (reference != 0) touchEntry(reference & ~1);
  return reference;
}

/** {@link fetchFlow} of a packet whose turn has come. */
export function findFlow(hash: u64): usize {
  return hash == 0 ? 0 : candidateFor(hash);
}

/** The line of an IPv6 entry with the addresses, which has no byte that could be written: read, for the caller to keep. @inline */
export function fetchAddresses6(reference: usize): u8 {
  return load<u8>(reference & ~1, ADDRESSES6);
}
