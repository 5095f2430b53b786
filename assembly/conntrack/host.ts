/** What the host calls of connection tracking: beginning again, reading the table. */

import { IPS_NAT_CLASH } from "../abi/conntrack";
import { hz, nowTicks } from "../packet/clock";
import { arm, disarm } from "./due";
import { Entry } from "./entry";
import { describeEntry } from "./entry-record";
import { actForUser, reportChange } from "./event";
import { kill } from "./lifetime";
import { pageEntries, pageEntrySize, pageStart, pageTotal } from "./pool";

export { auditConnections, longestChain } from "./audit";
export { firstExpectation, nextExpectation } from "./expectation-list";
export { openFlow, openFlowCount, openFlowPackets, openFlowsUnnamed } from "./open-flows";
export { liveEntries as entryCount } from "./pool";
export { entryToRestore, restoreEntry } from "./restore";
export { expectationToRestore, restoreExpectation } from "./restore-expectation";
export { resumeTracking } from "./resume";
export { seedTupleHash } from "./tuple-hash";

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
      if (!isListed(entry)) continue;
      listed = changetype<usize>(entry);
      return changetype<usize>(describeEntry(entry));
    }
  }
  return 0;
}

/** Ends the entry that {@link nextEntry} described last (ctnetlink_del_conntrack). */
export function deleteEntry(): void {
  actForUser(true);
  kill(changetype<Entry>(listed));
  actForUser(false);
}

/**
 * Changes the entry that {@link nextEntry} described last (ctnetlink_change_conntrack): its mark, `IPS_*` bits that are set,
 * and the seconds that it lives; -1 leaves them.
 */
export function changeEntry(mark: u32, status: u32, secondsLeft: i32): void {
  const entry = changetype<Entry>(listed);
  entry.mark = mark;
  entry.addStatus(status);
  if (secondsLeft >= 0) {
    disarm(entry);
    entry.timeout = <u32>nowTicks + <u32>secondsLeft * hz;
    arm(entry);
  }
  actForUser(true);
  reportChange(entry);
  actForUser(false);
}

function isListed(entry: Entry): bool {
  return entry.isConfirmed && !entry.isDying && !entry.isExpired && !(entry.status & IPS_NAT_CLASH);
}
