import { RecentAction } from "../../abi/rule";
import { allocate } from "../../memory/allocate";
import { copyAddress } from "../../packet/bytes";
import { hz, nowTicks } from "../../packet/clock";
import { Packet } from "../../packet/packet";
import { CONSULTED_STATE, context } from "../context";
import { hasSocket } from "../socket";
import {
  addRecent,
  dropRecentTable,
  findRecent,
  holdRecentTable,
  RecentEntry,
  RecentTable,
  recentStamp,
  recentTable,
  removeRecent,
  updateRecent,
} from "./recent-table";

/** -m recent (net/netfilter/xt_recent.c: recent_mt). */
@unmanaged
export class RecentTest {
  mask0: u64;
  mask1: u64;
  /** Number of the table's name. */
  table: u32;
  seconds: u32;
  hitCount: u32;
  /** A `RecentAction`. */
  action: u8;
  invert: bool;
  reap: bool;
  comparesTtl: bool;
  fromDestination: bool;
}

/** Stamps an entry keeps when no rule asks for a hit count. */
const DEFAULT_STAMPS: u32 = 32;

export function beginRecent(test: RecentTest): void {
  holdRecentTable(test.table, stampsFor(test.hitCount) - 1, changetype<usize>(test));
}

export function endRecent(test: RecentTest): void {
  dropRecentTable(test.table);
}

const masked = allocate(16);

export function matchesRecent(packet: Packet, test: RecentTest): bool {
  context.consulted |= CONSULTED_STATE;
  const table = recentTable(test.table);
  copyAddress(masked, test.fromDestination ? packet.destination : packet.source, packet.family);
  store<u64>(masked, load<u64>(masked) & table.mask0);
  store<u64>(masked, load<u64>(masked, 8) & table.mask1, 8);
  const ttl = ttlBeforeForwarding(packet);
  const found = findRecent(table, masked, packet.family, test.comparesTtl ? ttl : 0);
  const action: RecentAction = test.action;
  if (found === null) {
    if (action != RecentAction.Set) return test.invert;
    addRecent(table, masked, packet.family, ttl);
    return !test.invert;
  }
  const entry = found;
  if (action == RecentAction.Set) {
    updateRecent(table, entry, ttl);
    return !test.invert;
  }
  if (action == RecentAction.Remove) {
    removeRecent(table, entry);
    return !test.invert;
  }
  const answer = isHit(entry, test) != test.invert;
  const updates = action == RecentAction.Update && answer;
  if (test.reap) reapOldest(table, test, updates ? changetype<usize>(entry) : 0);
  if (updates) updateRecent(table, entry, ttl);
  return answer;
}

/** Are enough stamps (or one) no older than the rule's seconds? */
function isHit(entry: RecentEntry, test: RecentTest): bool {
  const since = oldestAllowed(test);
  let hits: u32 = 0;
  for (let i: u32 = 0; i < entry.stamps; i++) {
    if (test.seconds != 0 && recentStamp(entry, i) < since) continue;
    hits += 1;
    if (test.hitCount == 0 || hits >= test.hitCount) return true;
  }
  return false;
}

/** recent_entry_reap(): the table's oldest entry goes if it is too old, unless it is about to be updated (`working`). */
function reapOldest(table: RecentTable, test: RecentTest, working: usize): void {
  if (table.oldest == working) return;
  const oldest = changetype<RecentEntry>(table.oldest);
  if (recentStamp(oldest, <u8>(oldest.index - 1)) < oldestAllowed(test)) removeRecent(table, oldest);
}

function oldestAllowed(test: RecentTest): i64 {
  return <i64>nowTicks - <i64>(test.seconds * hz);
}

/** Forwarding has taken one off where an outgoing device is known and the packet is not a socket's. */
function ttlBeforeForwarding(packet: Packet): u32 {
  const ttl = packet.ttl;
  return context.outDevice != 0 && !hasSocket(packet) ? (ttl + 1) & 0xff : ttl;
}

/** The next power of two that holds the hit count. */
function stampsFor(hitCount: u32): u32 {
  if (hitCount == 0) return DEFAULT_STAMPS;
  let stamps: u32 = 1;
  while (stamps < hitCount) stamps *= 2;
  return stamps;
}
