import { allocate } from "../memory/allocate";
import { Pool } from "../memory/pool";
import { nowTicks, seconds } from "../packet/clock";
import { device, NO_DEVICE } from "../packet/device";

/** Behind which port of a bridge a MAC address is (net/bridge/br_fdb.c). */
@unmanaged
class FdbEntry {
  /** Six bytes, then two of zeros. */
  mac: u64;
  bridge: u32;
  /** The port; `NO_DEVICE` for an address of the bridge's own (BR_FDB_LOCAL). */
  port: u32;
  /** Tick when a frame came from it last. */
  updated: u64;
  /** `FDB_*` */
  flags: u32;
  next: usize;
}

/** It does not age (BR_FDB_STATIC). */
const FDB_STATIC: u32 = 1;
/** Frames do not move it to another port (BR_FDB_STICKY, BR_FDB_LOCAL). */
const FDB_STICKY: u32 = 2;

/** What {@link findPort} answers for an address that no port is known for. */
export const UNKNOWN_PORT: u32 = 0xffffffff;

/** Of a second: what ageing times are given in (USER_HZ). */
const USER_HZ: u64 = 100;

const BUCKETS: u32 = 1024;
const buckets: usize = allocate(BUCKETS << 2);
const entries = Pool.create(offsetof<FdbEntry>());

function bucketOf(bridge: u32, mac: u64): usize {
  const hash = (mac ^ ((<u64>bridge) << 48)) * 0x9e3779b97f4a7c15;
  return buckets + ((<usize>((hash >> 40) & (BUCKETS - 1))) << 2);
}

function find(bridge: u32, mac: u64): usize {
  let at = load<usize>(bucketOf(bridge, mac));
  while (at != 0) {
    const entry = changetype<FdbEntry>(at);
    if (entry.mac == mac && entry.bridge == bridge) return at;
    at = entry.next;
  }
  return 0;
}

/** The port behind which an address is, `NO_DEVICE` for the bridge itself, {@link UNKNOWN_PORT} where nobody knows. */
export function findPort(bridge: u32, mac: u64): u32 {
  const at = find(bridge, mac);
  if (at == 0) return UNKNOWN_PORT;
  const entry = changetype<FdbEntry>(at);
  if (!(entry.flags & FDB_STATIC) && entry.updated + ageingOf(bridge) <= nowTicks) return UNKNOWN_PORT;
  return entry.port;
}

function ageingOf(bridge: u32): u64 {
  return (seconds(1) * device(bridge).ageing) / USER_HZ;
}

/** A frame came from the address through the port (br_fdb_update). The bridge's own addresses stay. */
export function learnPort(bridge: u32, mac: u64, port: u32): void {
  if (device(bridge).ageing == 0) return;
  const known = find(bridge, mac);
  const entry = known == 0 ? insert(bridge, mac) : changetype<FdbEntry>(known);
  if (entry.flags & FDB_STICKY) return;
  entry.port = port;
  entry.updated = nowTicks;
}

function insert(bridge: u32, mac: u64): FdbEntry {
  const bucket = bucketOf(bridge, mac);
  const entry = changetype<FdbEntry>(entries.take());
  entry.mac = mac;
  entry.bridge = bridge;
  entry.next = load<usize>(bucket);
  store<usize>(bucket, changetype<usize>(entry));
  return entry;
}

/** Enters an address that the host knows; `mac` is where its six bytes lie, `flags` are `FDB_*`. */
export function setFdbEntry(bridge: u32, mac: usize, port: u32, flags: u32): void {
  const address = load<u64>(mac) & 0x0000ffffffffffff;
  const known = find(bridge, address);
  const entry = known == 0 ? insert(bridge, address) : changetype<FdbEntry>(known);
  if (entry.flags != 0 && entry.port == NO_DEVICE) return;
  entry.port = port;
  entry.flags = flags;
  entry.updated = nowTicks;
}

/** Addresses that were learned at a port are behind it no more (br_fdb_delete_by_port). */
export function forgetAddresses(port: u32): void {
  for (let i: u32 = 0; i < BUCKETS; i++) {
    let link = buckets + (i << 2);
    while (load<usize>(link) != 0) {
      const at = load<usize>(link);
      const entry = changetype<FdbEntry>(at);
      if (entry.port != port || entry.flags & FDB_STATIC) {
        link = at + offsetof<FdbEntry>("next");
      } else {
        store<usize>(link, entry.next);
        entries.give(at);
      }
    }
  }
}
