/** What the host calls of connection tracking: beginning again, reading the table. */

import { Direction, IPS_NAT_CLASH } from "../abi/conntrack";
import { hz, nowTicks } from "../packet/clock";
import { arm, disarm } from "./due";
import { ctBytes, ctPackets, ctRemainingTicks, ctZone, Entry, isAccounted } from "./entry";
import { EntryRecord } from "./entry-record";
import { helperOf } from "./extension";
import { labelsOf } from "./labels";
import { kill } from "./lifetime";
import { pageEntries, pageEntrySize, pageStart, pageTotal } from "./pool";
import { loadTuple, newTuple, Tuple } from "./tuple";

export { auditConnections } from "./audit";
export { firstExpectation, nextExpectation } from "./expectation-list";
export { openFlow, openFlowCount, openFlowPackets, openFlowsUnnamed } from "./open-flows";
export { liveEntries as entryCount } from "./pool";
export { entryToRestore, restoreEntry } from "./restore";
export { resumeTracking } from "./resume";

const record = changetype<EntryRecord>(memory.data(offsetof<EntryRecord>(), 8));
const tuple = newTuple();

/** The entry that {@link nextEntry} described last. */
let listed: usize = 0;
let page: u32 = 0;
let place: u32 = 0;

/** Begins a walk over the table. */
export function firstEntry(): void {
  page = 0;
  place = 0;
}

/**
 * The next entry that `conntrack -L` would show (ctnetlink_dump_table): confirmed, not yet expired, not a resolved clash.
 *
 * @returns address of an `EntryRecord` that the next call overwrites; 0 at the end.
 */
export function nextEntry(): usize {
  for (; page < pageTotal(); page++, place = 0) {
    while (place < pageEntries(page)) {
      const entry = changetype<Entry>(pageStart(page) + place * pageEntrySize(page));
      place += 1;
      if (isListed(entry)) return describe(entry);
    }
  }
  return 0;
}

/** Ends the entry that {@link nextEntry} described last (ctnetlink_del_conntrack). */
export function deleteEntry(): void {
  kill(changetype<Entry>(listed));
}

/**
 * Changes the entry that {@link nextEntry} described last (ctnetlink_change_conntrack): its mark, `IPS_*` bits that are set,
 * and the seconds that it lives; -1 leaves them.
 */
export function changeEntry(mark: u32, status: u32, secondsLeft: i32): void {
  const entry = changetype<Entry>(listed);
  entry.mark = mark;
  entry.addStatus(status);
  if (secondsLeft < 0) return;
  disarm(entry);
  entry.timeout = <u32>nowTicks + <u32>secondsLeft * hz;
  arm(entry);
}

function isListed(entry: Entry): bool {
  return entry.isConfirmed && !entry.isDying && !entry.isExpired && !(entry.status & IPS_NAT_CLASH);
}

function describe(entry: Entry): usize {
  const ct = changetype<usize>(entry);
  listed = ct;
  loadTuple(entry, 0, tuple);
  memory.copy(changetype<usize>(record), changetype<usize>(tuple), 32);
  record.originalSourcePort = <u16>tuple.sourcePort;
  record.originalDestinationPort = <u16>tuple.destinationPort;
  loadTuple(entry, 1, tuple);
  memory.copy(changetype<usize>(record) + offsetof<EntryRecord>("replySource0"), changetype<usize>(tuple), 32);
  record.replySourcePort = <u16>tuple.sourcePort;
  record.replyDestinationPort = <u16>tuple.destinationPort;
  record.originalPackets = ctPackets(ct, Direction.Original);
  record.originalBytes = ctBytes(ct, Direction.Original);
  record.replyPackets = ctPackets(ct, Direction.Reply);
  record.replyBytes = ctBytes(ct, Direction.Reply);
  record.secondsLeft = <u32>(ctRemainingTicks(ct) / hz);
  record.status = entry.status;
  record.mark = entry.mark;
  record.zone = ctZone(ct) & 0xffff;
  record.zoneDirections = ctZone(ct) >> 16;
  record.family = entry.family;
  record.protocol = entry.protocol;
  record.state = entry.state;
  record.accounted = isAccounted(ct) ? 1 : 0;
  record.helper = <u8>helperOf(entry);
  record.labels0 = labelsOf(entry, 0);
  record.labels1 = labelsOf(entry, 1);
  return changetype<usize>(record);
}

assert(offsetof<Tuple>("ports") == 32);
