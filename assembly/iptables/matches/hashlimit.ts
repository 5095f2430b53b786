import { PROTO_NONE } from "../../abi/protocol";
import {
  HASHLIMIT_BYTES,
  HASHLIMIT_DESTINATION,
  HASHLIMIT_DESTINATION_PORT,
  HASHLIMIT_INVERT,
  HASHLIMIT_RATE_MATCH,
  HASHLIMIT_SOURCE,
  HASHLIMIT_SOURCE_PORT,
} from "../../abi/rule";
import { allocate } from "../../memory/allocate";
import { copyAddress, load32, store32 } from "../../packet/bytes";
import { nowTicks } from "../../packet/clock";
import { Packet } from "../../packet/packet";
import { CONSULTED_STATE, context } from "../context";
import { bytesAt } from "../header";
import { placeOfPorts } from "../ports";
import { chargeBytes, isWithinRate, refill, startRate } from "./hashlimit-rate";
import {
  addHashlimit,
  collectExpired,
  dropHashlimitTable,
  findHashlimit,
  HashlimitEntry,
  HashlimitTable,
  hashlimitTable,
  holdHashlimitTable,
  ticksOf,
} from "./hashlimit-table";

/** -m hashlimit (net/netfilter/xt_hashlimit.c, revision 3). */
@unmanaged
export class HashlimitTest {
  /** Millionths of a second between packets; in byte mode the rate's inverse. */
  average: u64;
  burst: u64;
  /** Number of the table's name. */
  table: u32;
  /** `HASHLIMIT_*` bits. */
  mode: u32;
  sourceMask: u32;
  destinationMask: u32;
  tableSize: u32;
  tableMax: u32;
  expireMs: u32;
  collectMs: u32;
  interval: u32;
}

/** Buckets of a table where the rule does not say, on machines with 1 GB and more. */
const DEFAULT_SIZE: u32 = 8192;

export function beginHashlimit(test: HashlimitTest): void {
  const table = holdHashlimitTable(test.table);
  if (table.users != 1) return;
  const size = test.tableSize != 0 ? test.tableSize : DEFAULT_SIZE;
  table.average = test.average;
  table.burst = test.burst;
  table.mode = test.mode;
  table.sourceMask = test.sourceMask;
  table.destinationMask = test.destinationMask;
  table.maxEntries = test.tableMax == 0 ? 8 * size : max(test.tableMax, size);
  table.expireTicks = ticksOf(test.expireMs);
  table.collectTicks = ticksOf(test.collectMs);
  table.interval = test.interval;
}

export function endHashlimit(test: HashlimitTest): void {
  dropHashlimitTable(test.table);
}

const key = changetype<HashlimitEntry>(allocate(offsetof<HashlimitEntry>()));

export function matchesHashlimit(packet: Packet, test: HashlimitTest): bool {
  context.consulted |= CONSULTED_STATE;
  const table = hashlimitTable(test.table);
  collectExpired(table);
  if (!makeKey(packet, table)) return hotdrop();
  let found = findHashlimit(table, key);
  if (found === null) {
    found = addHashlimit(table, key);
    if (found === null) return hotdrop();
    startRate(found, table);
  } else {
    refill(found, table.mode);
  }
  const entry = found;
  entry.expires = nowTicks + table.expireTicks;
  const isUnder = spend(packet, entry, test.mode);
  return isUnder != ((test.mode & HASHLIMIT_INVERT) != 0);
}

function hotdrop(): bool {
  context.hotdrop = true;
  return false;
}

/** Takes what the packet costs; is it under the limit? */
function spend(packet: Packet, entry: HashlimitEntry, mode: u32): bool {
  if (mode & HASHLIMIT_RATE_MATCH) return isWithinRate(entry, mode & HASHLIMIT_BYTES ? packet.length : 1);
  const cost = mode & HASHLIMIT_BYTES ? chargeBytes(entry, packet.length) : entry.cost;
  if (entry.credit < cost) return false;
  entry.credit -= cost;
  return true;
}

/** hashlimit_init_dst(). @returns false when the packet lacks what the table tells apart. */
function makeKey(packet: Packet, table: HashlimitTable): bool {
  memory.fill(changetype<usize>(key), 0, offsetof<HashlimitEntry>());
  const family = packet.family;
  if (table.mode & HASHLIMIT_DESTINATION)
    copyMasked(changetype<usize>(key), packet.destination, family, table.destinationMask);
  if (table.mode & HASHLIMIT_SOURCE) {
    copyMasked(changetype<usize>(key) + offsetof<HashlimitEntry>("source0"), packet.source, family, table.sourceMask);
  }
  if ((table.mode & (HASHLIMIT_SOURCE_PORT | HASHLIMIT_DESTINATION_PORT)) == 0) return true;
  if (family == 6 && (packet.brokenChain || packet.protocol == <u8>PROTO_NONE)) return false;
  const place = placeOfPorts(packet.protocol);
  if (place < 0) return true;
  const ports = bytesAt(packet, packet.transportOffset + place, 4);
  if (ports == 0) return false;
  let kept: u32 = 0;
  if (table.mode & HASHLIMIT_SOURCE_PORT) kept |= load<u16>(ports);
  if (table.mode & HASHLIMIT_DESTINATION_PORT) kept |= (<u32>load<u16>(ports, 2)) << 16;
  key.ports = kept;
  return true;
}

/** The first `bits` bits of an address. */
function copyMasked(to: usize, address: usize, family: u32, bits: u32): void {
  copyAddress(to, address, family);
  const words: u32 = family == 4 ? 1 : 4;
  for (let i: u32 = 0; i < words; i++) {
    const left = <i32>bits - <i32>(i << 5);
    if (left >= 32) continue;
    const mask: u32 = left <= 0 ? 0 : 0xffffffff << (32 - left);
    store32(to + (i << 2), load32(to + (i << 2)) & mask);
  }
}
