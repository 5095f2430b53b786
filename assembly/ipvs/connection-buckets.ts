import { allocate, release } from "../memory/allocate";
import { CALL_ID_HEADER, CallId, IpvsConnection } from "./connection";

/**
 * Connections by (protocol, client address, client port), newest first in a bucket (net/netfilter/ipvs/ip_vs_conn.c).
 * The kernel's table has 4096 buckets and a random seed; ours grows, and the order of a listing is arbitrary in both.
 *
 * It doubles when there is a connection for two buckets: another one in the way is a line that nobody has fetched ahead. The buckets of
 * the old table are split into those of the new one by and by, a few with every connection that comes, so that no packet waits.
 *
 * ```text
 * old table:  | moved ...  | not yet ... |      a hash leads to bucket i of the old table, or, once that has moved,
 * table:      | i ...                    | i + its size ...                     |      to one of two of the new table
 * ```
 */
let table: usize = allocate(4096 * sizeof<usize>());
let mask: u32 = 4095;
/** Size of the old table less one, and how many of its buckets have moved: all of them while it does not grow. */
let oldTable: usize = 0;
let oldMask: u32 = 2047;
let moved: u32 = 2048;
let hashed: u32 = 0;

/** Buckets that move with a connection: twice as many as have to before the table is to double again. */
const MOVES: u32 = 4;

/** The bucket that a hash leads to: the address of its first connection's. */
export function bucketOf(hash: u32): usize {
  const old = hash & oldMask;
  return old < moved ? table + ((hash & mask) << 2) : oldTable + (old << 2);
}

export function bucketCount(): u32 {
  return mask + 1;
}

export function hashClient(address: usize, family: u32, port: u32, protocol: u32): u32 {
  let hash: u64 = load<u32>(address);
  if (family == 6) hash = load<u64>(address) ^ rotl<u64>(load<u64>(address, 8), 29);
  hash = (hash ^ (hash >> 32)) * 0x9e3779b97f4a7c15;
  hash = (hash ^ (hash >> 32) ^ ((port << 8) | protocol)) * 0xd6e8feb86659fd93;
  return <u32>(hash >> 32);
}

/** Templates of a persistence engine stand where their Call-ID says. */
export function hashCallId(data: usize, length: u32): u32 {
  let hash: u64 = length;
  for (let i: u32 = 0; i < length; i++) hash = (hash ^ load<u8>(data + i)) * 0x9e3779b97f4a7c15;
  return <u32>(hash >> 32);
}

function hashOf(connection: IpvsConnection): u32 {
  if (connection.callId != 0) {
    return hashCallId(connection.callId + CALL_ID_HEADER, changetype<CallId>(connection.callId).length);
  }
  return hashClient(connection.clientField, connection.family, connection.clientPort, connection.protocol);
}

/** Puts a connection in front of its bucket. */
export function link(connection: IpvsConnection): void {
  hashed += 1;
  if (moved <= oldMask) moveSome();
  else if (hashed * 2 > mask) beginGrowth();
  const bucket = bucketOf(hashOf(connection));
  const first = load<usize>(bucket);
  connection.next = first;
  connection.link = bucket;
  if (first != 0) changetype<IpvsConnection>(first).link = changetype<usize>(connection) + NEXT;
  store<usize>(bucket, changetype<usize>(connection));
}

export function unlink(connection: IpvsConnection): void {
  hashed -= 1;
  store<usize>(connection.link, connection.next);
  if (connection.next != 0) changetype<IpvsConnection>(connection.next).link = connection.link;
  connection.link = 0;
}

/** First connection of the table, and the one after another: for listings. 0 at the end. */
export function connectionAfter(address: usize): usize {
  let bucket: u32 = 0;
  if (address != 0) {
    const connection = changetype<IpvsConnection>(address);
    if (connection.next != 0) return connection.next;
    const hash = hashOf(connection);
    bucket = ((hash & oldMask) < moved ? hash & mask : hash & oldMask) + 1;
  }
  for (; bucket <= mask; bucket++) {
    // What has not moved is met once, at its old place.
    if (bucket > oldMask && (bucket & oldMask) >= moved) continue;
    const first = load<usize>(bucketOf(bucket));
    if (first != 0) return first;
  }
  return 0;
}

const NEXT: usize = offsetof<IpvsConnection>("next");

function beginGrowth(): void {
  oldTable = table;
  oldMask = mask;
  moved = 0;
  mask = mask * 2 + 1;
  table = allocate((<usize>mask + 1) * sizeof<usize>());
}

function moveSome(): void {
  for (let i: u32 = 0; i < MOVES && moved <= oldMask; i++) moveBucket();
  if (moved > oldMask) release(oldTable);
}

/** Splits the next bucket of the old table; connections keep their order. */
function moveBucket(): void {
  let at = load<usize>(oldTable + (moved << 2));
  // The words that the next connection of each bucket is to be written to.
  let end = table + (moved << 2);
  let twinEnd = end + ((oldMask + 1) << 2);
  const twinBit = oldMask + 1;
  moved += 1;
  while (at != 0) {
    const connection = changetype<IpvsConnection>(at);
    const isTwin = (hashOf(connection) & twinBit) != 0;
    connection.link = isTwin ? twinEnd : end;
    store<usize>(connection.link, at);
    if (isTwin) twinEnd = at + NEXT;
    else end = at + NEXT;
    at = connection.next;
  }
  store<usize>(end, 0);
  store<usize>(twinEnd, 0);
}
