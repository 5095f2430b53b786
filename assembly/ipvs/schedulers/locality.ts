import { allocate, release } from "../../memory/allocate";
import { copyAddress } from "../../packet/bytes";
import { nowTicks, seconds } from "../../packet/clock";
import { IpvsServer } from "../server";
import { IpvsService } from "../service";
import { foldAddress, hash32 } from "./hash";

/**
 * What lblc and lblcr remember: for each destination address the server or servers that got its packets
 * (net/netfilter/ipvs/ip_vs_lblc.c, ip_vs_lblcr.c).
 */
@unmanaged
export class LocalityTable {
  entries: i32;
  /** Where the last cleaning stopped. */
  rover: u32;
  cleanings: u32;
  nextCleaning: u64;
  buckets: usize;
}

/** A destination address. Its servers are a list, newest first; lblc keeps one. */
@unmanaged
export class LocalityEntry {
  address0: u64;
  address1: u64;
  lastUse: u64;
  /** When the list was changed last. */
  lastChange: u64;
  size: u32;
  members: usize;
  next: usize;
}

@unmanaged
export class LocalityMember {
  server: IpvsServer;
  next: usize;
}

const TABLE_BITS: u32 = 10;
const TABLE_SIZE: u32 = 1 << TABLE_BITS;
const MAX_ENTRIES: i32 = <i32>TABLE_SIZE * 16;
/** Every so many cleanings all entries are looked at, and those go that were not used for the sysctl's time. */
const FULL_EVERY: u32 = 30;
const CLEANING_SECONDS: u32 = 60;
/** When the table is too full, entries go that were not used for six minutes. */
const ENTRY_SECONDS: u32 = 6 * 60;

export function initLocality(service: IpvsService): void {
  const table = changetype<LocalityTable>(allocate(offsetof<LocalityTable>()));
  table.buckets = allocate(TABLE_SIZE << 2);
  table.cleanings = 1;
  table.nextCleaning = nowTicks + seconds(CLEANING_SECONDS);
  service.schedulerState = changetype<usize>(table);
}

export function doneLocality(service: IpvsService): void {
  const table = localityOf(service);
  for (let i: u32 = 0; i < TABLE_SIZE; i++) {
    let at = load<usize>(table.buckets + (i << 2));
    while (at != 0) {
      const entry = changetype<LocalityEntry>(at);
      at = entry.next;
      freeEntry(entry);
    }
  }
  release(table.buckets);
  release(changetype<usize>(table));
}

export function localityOf(service: IpvsService): LocalityTable {
  return changetype<LocalityTable>(service.schedulerState);
}

export function findEntry(service: IpvsService, address: usize): LocalityEntry | null {
  copyAddress(wanted, address, service.family);
  let at = load<usize>(slotOf(service, address));
  while (at != 0) {
    const entry = changetype<LocalityEntry>(at);
    if (entry.address0 == load<u64>(wanted) && entry.address1 == load<u64>(wanted, 8)) return entry;
    at = entry.next;
  }
  return null;
}

/** A new entry with one server; nothing when the table is full beyond measure. */
export function addEntry(service: IpvsService, address: usize, server: IpvsServer): void {
  const table = localityOf(service);
  if (table.entries >= (MAX_ENTRIES * 3) / 2) return;
  const entry = changetype<LocalityEntry>(allocate(offsetof<LocalityEntry>()));
  copyAddress(changetype<usize>(entry), address, service.family);
  entry.lastUse = nowTicks;
  addMember(entry, server);
  const slot = slotOf(service, address);
  entry.next = load<usize>(slot);
  store<usize>(slot, changetype<usize>(entry));
  table.entries += 1;
}

export function removeEntry(service: IpvsService, address: usize): void {
  let slot = slotOf(service, address);
  copyAddress(wanted, address, service.family);
  while (load<usize>(slot) != 0) {
    const entry = changetype<LocalityEntry>(load<usize>(slot));
    if (entry.address0 == load<u64>(wanted) && entry.address1 == load<u64>(wanted, 8)) {
      unlinkEntry(localityOf(service), slot);
      return;
    }
    slot = load<usize>(slot) + offsetof<LocalityEntry>("next");
  }
}

/** Puts a server first in the list. */
export function addMember(entry: LocalityEntry, server: IpvsServer): void {
  const member = changetype<LocalityMember>(allocate(offsetof<LocalityMember>()));
  member.server = server;
  member.next = entry.members;
  entry.members = changetype<usize>(member);
  entry.size += 1;
  entry.lastChange = nowTicks;
  server.references += 1;
}

export function removeMember(entry: LocalityEntry, server: IpvsServer): void {
  let slot = changetype<usize>(entry) + offsetof<LocalityEntry>("members");
  while (load<usize>(slot) != 0) {
    const member = changetype<LocalityMember>(load<usize>(slot));
    if (member.server === server) {
      store<usize>(slot, member.next);
      entry.size -= 1;
      entry.lastChange = nowTicks;
      server.references -= 1;
      release(changetype<usize>(member));
      return;
    }
    slot = changetype<usize>(member) + offsetof<LocalityMember>("next");
  }
}

/**
 * Is the server beyond its weight while another one of the service is below half of its own (is_overloaded)?
 */
export function isOverworked(service: IpvsService, server: IpvsServer): bool {
  if (server.active <= server.weight) return false;
  for (let other = service.first; other !== service.head; other = other.next) {
    if (other.active * 2 < other.weight) return true;
  }
  return false;
}

/** The timer of the table, once a minute. @param expiration seconds, of the sysctl. */
export function cleanLocality(service: IpvsService, now: u64, expiration: u32): void {
  const table = localityOf(service);
  table.nextCleaning = now + seconds(CLEANING_SECONDS);
  if (table.cleanings % FULL_EVERY == 0) {
    table.cleanings = 1;
    sweep(table, now, seconds(expiration), i32.MAX_VALUE);
    return;
  }
  if (table.entries <= MAX_ENTRIES) {
    table.cleanings += 1;
    return;
  }
  const goal = ((table.entries - MAX_ENTRIES) * 4) / 3;
  sweep(table, now, seconds(ENTRY_SECONDS), min(goal, MAX_ENTRIES / 2));
}

/** Removes entries that were not used for `age` ticks, bucket by bucket, until `goal` of them are gone. */
function sweep(table: LocalityTable, now: u64, age: u64, goal: i32): void {
  let bucket = table.rover;
  for (let i: u32 = 0; i < TABLE_SIZE; i++) {
    bucket = (bucket + 1) & (TABLE_SIZE - 1);
    let slot = table.buckets + (bucket << 2);
    while (load<usize>(slot) != 0) {
      if (now < changetype<LocalityEntry>(load<usize>(slot)).lastUse + age) {
        slot = load<usize>(slot) + offsetof<LocalityEntry>("next");
        continue;
      }
      unlinkEntry(table, slot);
      goal -= 1;
    }
    if (goal <= 0) break;
  }
  table.rover = bucket;
}

function unlinkEntry(table: LocalityTable, slot: usize): void {
  const entry = changetype<LocalityEntry>(load<usize>(slot));
  store<usize>(slot, entry.next);
  table.entries -= 1;
  freeEntry(entry);
}

function freeEntry(entry: LocalityEntry): void {
  let at = entry.members;
  while (at != 0) {
    const member = changetype<LocalityMember>(at);
    at = member.next;
    member.server.references -= 1;
    release(changetype<usize>(member));
  }
  release(changetype<usize>(entry));
}

function slotOf(service: IpvsService, address: usize): usize {
  const key = hash32(foldAddress(address, service.family), TABLE_BITS);
  return localityOf(service).buckets + (key << 2);
}

const wanted = allocate(16);
