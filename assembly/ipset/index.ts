import { Packet } from "../packet/packet";

/** What a rule asks of a set (struct xt_set_info with struct ip_set_adt_opt), as the host writes it. */
@unmanaged
export class SetQuery {
  packets: u64;
  bytes: u64;
  /** Number of the set, from 1. */
  set: u32;
  /** Bit i set: dimension i + 1 is taken from the packet's source. */
  directions: u32;
  dimensions: u32;
  /** `SET_QUERY_*` bits. */
  flags: u32;
  /** Comparison of the packet and byte counters: 0 none, 1 eq, 2 ne, 3 lt, 4 gt. */
  packetsCompare: u8;
  bytesCompare: u8;
  /** SET target: the timeout to give, seconds; 0xffffffff is the set's own. */
  timeout: u32;
}

export const SET_QUERY_RETURN_NOMATCH: u32 = 1;
export const SET_QUERY_KEEP_COUNTERS: u32 = 2;
export const SET_QUERY_KEEP_SUBCOUNTERS: u32 = 4;
export const SET_QUERY_EXIST: u32 = 8;
export const SET_QUERY_MAP_MARK: u32 = 16;
export const SET_QUERY_MAP_PRIORITY: u32 = 32;
export const SET_QUERY_MAP_QUEUE: u32 = 64;

/** Is the packet's element in the set (ip_set_test)? */
export function testSet(_packet: Packet, _query: SetQuery): bool {
  return false;
}

/** Adds the packet's element (ip_set_add). */
export function addToSet(_packet: Packet, _query: SetQuery): void {}

/** Removes the packet's element (ip_set_del). */
export function removeFromSet(_packet: Packet, _query: SetQuery): void {}

/** Does looking into this set change or depend on more than its members: timeouts, counters, a list of such sets? */
export function isVolatileSet(_set: u32): bool {
  return false;
}
