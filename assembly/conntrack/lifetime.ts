import { CtInfo, IPS_CONFIRMED, IPS_DYING, IPS_FIXED_TIMEOUT, IPS_NAT_CLASH, IPS_SRC_NAT_DONE } from "../abi/conntrack";
import { removeBySource } from "../nat/by-source";
import { hz, nowTicks } from "../packet/clock";
import { config } from "../packet/config";
import { Packet } from "../packet/packet";
import { allAreDone, arm, disarm, nextDue } from "./due";
import { coldOf, ENTRY_ACCOUNTED, Entry } from "./entry";
import { reportEnd } from "./event";
import { removeExpectations } from "./expectation";
import { giveExtension, masterOf, packetsHigh, setPacketsHigh } from "./extension";
import { giveEntry, pageDue, pageEntries, pageEntrySize, pageStart, pageTotal } from "./pool";
import { findReference, insertReference, removeReference } from "./table";
import { noteStart, noteStop } from "./timestamp";
import { Tuple } from "./tuple";
import { hashTuple } from "./tuple-hash";
import { zoneIdIn, zonesInUse } from "./zone";

/** An entry's life: attached to packets, entered into the table, refreshed, killed, freed. */

/** Gives the packet a reference to the entry (nf_ct_set). It must not have one yet. */
export function attachEntry(packet: Packet, entry: Entry, ctinfo: CtInfo): void {
  entry.references += 1;
  packet.ct = changetype<usize>(entry);
  packet.ctinfo = <u8>ctinfo;
}

/** Takes it away again; an entry that nobody holds is freed (nf_ct_put). */
export function detachEntry(packet: Packet): void {
  if (packet.ct != 0) {
    const entry = changetype<Entry>(packet.ct);
    packet.ct = 0;
    letGo(entry);
  }
  packet.ctinfo = <u8>CtInfo.Established;
}

function letGo(entry: Entry): void {
  entry.references -= 1;
  if (entry.references != 0) return;
  if (entry.status & IPS_SRC_NAT_DONE) removeBySource(entry);
  if (coldOf(entry).extension != 0) endExtension(entry);
  giveEntry(entry);
}

/** What was expected is no longer, and the master is let go. */
function endExtension(entry: Entry): void {
  removeExpectations(entry);
  const master = masterOf(entry);
  giveExtension(entry);
  if (master != 0) letGo(changetype<Entry>(master));
}

/** Enters an entry into the table, in both directions or (a resolved clash) in the reply direction only. */
export function enterTable(entry: Entry): void {
  entry.addStatus(IPS_CONFIRMED);
  entry.references += 1;
  noteStart(entry);
  if (!(entry.status & IPS_NAT_CLASH)) insertReference(entry, 0);
  insertReference(entry, 1);
  arm(entry);
}

/** Ends an entry (nf_ct_delete). @returns false when it was ended before. */
export function kill(entry: Entry): bool {
  if (entry.isDying) return false;
  entry.addStatus(IPS_DYING);
  if (!entry.isConfirmed) return true;
  noteStop(entry);
  reportEnd(entry);
  if (!(entry.status & IPS_NAT_CLASH)) removeReference(entry, 0);
  removeReference(entry, 1);
  disarm(entry);
  removeExpectations(entry);
  letGo(entry);
  return true;
}

/**
 * The living entry with this tuple in a zone (nf_conntrack_find_get): looked for by the zone's original id, then by its
 * reply id. An entry whose time has come is ended and not found.
 *
 * @param besides an entry that does not count, nor any of the same flow; 0 for none.
 * @returns a reference: the entry's address, bit 0 the direction; 0 when there is none.
 */
export function findLive(tuple: Tuple, zone: u32, besides: usize = 0): usize {
  if (!zonesInUse) return findUnder(tuple, zone, 0, besides);
  const original = zoneIdIn(zone, 0);
  const found = findUnder(tuple, zone, original, besides);
  if (found != 0) return found;
  const reply = zoneIdIn(zone, 1);
  return reply == original ? 0 : findUnder(tuple, zone, reply, besides);
}

/** The same under one zone id only. */
export function findUnder(tuple: Tuple, zone: u32, zoneId: u32, besides: usize): usize {
  const hash = hashTuple(tuple, zoneId);
  let reference = findReference(tuple, zone, hash, besides);
  while (reference != 0) {
    const entry = changetype<Entry>(reference & ~1);
    if (!entry.isExpired) return reference;
    kill(entry);
    reference = findReference(tuple, zone, hash, besides);
  }
  return 0;
}

/** Sets the entry's time anew and counts the packet (nf_ct_refresh_acct). */
export function refresh(entry: Entry, packet: Packet, ticks: u32): void {
  if (!(entry.status & IPS_FIXED_TIMEOUT)) setTimeout(entry, ticks);
  count(entry, packet);
}

/** Ends the entry, counting the packet (nf_ct_kill_acct). */
export function killCounting(entry: Entry, packet: Packet): void {
  count(entry, packet);
  kill(entry);
}

/** The entry lives `ticks` more; before it is confirmed, `ticks` from then. */
export function setTimeout(entry: Entry, ticks: u32): void {
  if (!entry.isConfirmed) {
    entry.timeout = ticks;
    return;
  }
  const timeout = ticks + <u32>nowTicks;
  const sooner = <i32>(timeout - entry.timeout) < 0;
  entry.timeout = timeout;
  if (sooner) hasten(entry);
}

/**
 * {@link refresh} of a confirmed entry whose timeout is not fixed, by a packet that is not attached to it, but for what calls.
 *
 * @returns whether it expires sooner than before: the caller has to {@link hasten} it.
 * @inline
 */
export function keepAlive(entry: Entry, ticks: u32): bool {
  const timeout = ticks + <u32>nowTicks;
  const sooner = <i32>(timeout - entry.timeout) < 0;
  entry.timeout = timeout;
  return sooner;
}

/** The entry expires sooner than when it was armed. */
export function hasten(entry: Entry): void {
  if (entry.isDying) return;
  disarm(entry);
  arm(entry);
}

/** Adds the packet to the counters of its direction (nf_ct_acct_update). */
function count(entry: Entry, packet: Packet): void {
  if (entry.status & ENTRY_ACCOUNTED) addCounts(entry, packet.isReply ? 1 : 0, 1, packet.length);
}

/** @inline */
export function addCounts(entry: Entry, direction: u32, packets: u32, bytes: u64): void {
  const at = changetype<usize>(entry);
  const packetsAt = at + (direction << 2);
  const before = load<u32>(packetsAt, offsetof<Entry>("originalPackets"));
  const after = before + packets;
  store<u32>(packetsAt, after, offsetof<Entry>("originalPackets"));
  if (after < before) setPacketsHigh(entry, direction, packetsHigh(entry, direction) + 1);
  const bytesAt = at + (direction << 3);
  store<u64>(bytesAt, load<u64>(bytesAt, offsetof<Entry>("originalBytes")) + bytes, offsetof<Entry>("originalBytes"));
}

/** Does the direction's count of packets not pass 32 bits with the next one? @inline */
export function mayCountBelow(entry: Entry, direction: u32): bool {
  return load<u32>(changetype<usize>(entry) + (direction << 2), offsetof<Entry>("originalPackets")) != u32.MAX_VALUE;
}

/** {@link addCounts} of one packet where that is so. @inline */
export function countBelow(entry: Entry, direction: u32, bytes: u32): void {
  const packetsAt = changetype<usize>(entry) + (direction << 2);
  const bytesAt = changetype<usize>(entry) + (direction << 3);
  store<u32>(
    packetsAt,
    load<u32>(packetsAt, offsetof<Entry>("originalPackets")) + 1,
    offsetof<Entry>("originalPackets"),
  );
  store<u64>(bytesAt, load<u64>(bytesAt, offsetof<Entry>("originalBytes")) + bytes, offsetof<Entry>("originalBytes"));
}

/** New entries count packets and bytes where net.netfilter.nf_conntrack_acct is on. */
export function accountNew(entry: Entry): void {
  if (config.conntrackAcct) entry.status |= <u16>ENTRY_ACCOUNTED;
}

/**
 * Entries that may be looked at: one more with every packet, which makes one entry at most, and so many at once. What is not looked
 * at now waits: whether an entry lives is asked wherever it matters, and goes by its time alone.
 */
const MOST_AT_ONCE: u32 = 512;
/** Timeouts are 32 bits: beyond this many ticks without a look, what is left of them would be misread. */
const LONGEST_GAP: u64 = 1 << 30;

let lastLook: u64 = 0;
let allowance: u32 = MOST_AT_ONCE;

/** Lets entries expire whose time has come; called once a packet. The work of a call is bounded. */
export function expireEntries(): void {
  passGap();
  allowOneLook();
  if (allAreDone()) return;
  for (; allowance != 0; allowance--) {
    const due = nextDue(true);
    if (due == 0) return;
    lookAt(changetype<Entry>(due));
  }
}

/** What {@link expireEntries} comes to when there is nothing to look at. @inline */
export function allowOneLook(): void {
  if (allowance < MOST_AT_ONCE) allowance += 1;
}

/** The same for so many packets. */
export function allowLooks(packets: u32): void {
  allowance = min(allowance + packets, MOST_AT_ONCE);
}

/** Lets all entries expire whose time has come, those of the present second included. */
export function expireAllEntries(): void {
  passGap();
  for (let due = nextDue(false); due != 0; due = nextDue(false)) lookAt(changetype<Entry>(due));
  const next = nowTicks / hz + 1;
  for (let page: u32 = 0; page < pageTotal(); page++) {
    if (pageDue(page) <= next) expirePage(page);
  }
}

function expirePage(page: u32): void {
  let at = pageStart(page);
  for (let left = pageEntries(page); left != 0; left--) {
    const entry = changetype<Entry>(at);
    at += pageEntrySize(page);
    if (entry.isConfirmed && !entry.isDying && entry.isExpired) kill(entry);
  }
}

function lookAt(entry: Entry): void {
  if (entry.isExpired) kill(entry);
  else arm(entry);
}

function passGap(): void {
  if (nowTicks - lastLook > LONGEST_GAP) expireAfterGap(nowTicks - lastLook);
  lastLook = nowTicks;
}

function expireAfterGap(gap: u64): void {
  for (let page: u32 = 0; page < pageTotal(); page++) {
    let at = pageStart(page);
    for (let left = pageEntries(page); left != 0; left--) {
      const entry = changetype<Entry>(at);
      at += pageEntrySize(page);
      if (!entry.isConfirmed || entry.isDying) continue;
      const remaining = <i32>(entry.timeout - <u32>lastLook);
      if (<i64>remaining <= <i64>gap) kill(entry);
    }
  }
}
