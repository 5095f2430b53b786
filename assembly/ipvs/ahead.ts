import { PROTO_TCP, PROTO_UDP } from "../abi/protocol";
import { load16 } from "../packet/bytes";
import { clientBucket, touchNewest } from "./connection-table";

/**
 * Looking ahead over a batch: fetches the connections of which the packets may be. First the heads of buckets for all of
 * them, then the connections, so that the waits overlap. Nothing is decided here.
 */
const MOST: u32 = 512;
/** Buckets of the batch, an address each. */
const buckets = memory.data(2048, 16);
/** What was loaded is written here, so that loading it is not left out. */
const loaded = memory.data(4, 4);
let count: u32 = 0;
let sum: u32 = 0;

/** Begins a batch. */
export function beginConnections(): void {
  count = 0;
}

/**
 * The first stage for one that may be the packet's: its client sent the packet, or is to get it.
 *
 * @param header IP header with both ports behind it.
 */
export function addConnection(header: usize, family: u32, isReply: bool): void {
  const protocol: u32 = load<u8>(header + (family == 4 ? 9 : 6));
  if ((protocol != PROTO_TCP && protocol != PROTO_UDP) || count == MOST) return;
  const isV4 = family == 4;
  const addresses = header + (isV4 ? 12 : 8);
  const ports = header + (isV4 ? (<usize>load<u8>(header) & 15) << 2 : 40);
  const address = isReply ? addresses + (isV4 ? 4 : 16) : addresses;
  const bucket = clientBucket(address, family, load16(ports + (isReply ? 2 : 0)), protocol);
  store<usize>(buckets + (count << 2), bucket);
  count += 1;
  sum += load<u32>(bucket);
}

/** The second stage, for all. */
export function fetchConnections(): void {
  for (let i: u32 = 0; i < count; i++) touchNewest(load<usize>(buckets + (i << 2)));
  store<u32>(loaded, sum);
}
