import { ConntrackFault, Direction, IPS_NAT_CLASH, IPS_SRC_NAT_DONE } from "../abi/conntrack";
import { countBySource } from "../nat/by-source";
import { ctZone, Entry } from "./entry";
import { givenEntries, liveEntries, pageEntries, pageEntrySize, pageStart, pageTotal, takenEntries } from "./pool";
import { bucketAt, bucketBits, findReference, hashOfDirection, nextBucket, referenceCount } from "./table";
import { loadTuple, newTuple } from "./tuple";

const tuple = newTuple();

/**
 * Looks over the whole table, with no packet under way: for tests, as it takes as long as there are connections.
 *
 * @returns `ConntrackFault` bits, 0: all is well.
 */
export function auditConnections(): u32 {
  let faults: u32 = 0;
  let alive: u32 = 0;
  let references: u32 = 0;
  let bound: u32 = 0;
  for (let page: u32 = 0; page < pageTotal(); page++) {
    let at = pageStart(page);
    for (let left = pageEntries(page); left != 0; left--, at += pageEntrySize(page)) {
      const entry = changetype<Entry>(at);
      if (!entry.isConfirmed) continue;
      alive += 1;
      if (entry.status & IPS_SRC_NAT_DONE) bound += 1;
      // Ended, and held by a connection that it expected.
      if (entry.isDying) continue;
      if (!(entry.status & IPS_NAT_CLASH)) {
        references += 1;
        if (!isFound(entry, Direction.Original)) faults |= ConntrackFault.NotFound;
      }
      references += 1;
      if (!isFound(entry, Direction.Reply)) faults |= ConntrackFault.NotFound;
    }
  }
  if (references != referenceCount()) faults |= ConntrackFault.References;
  if (bound != countBySource()) faults |= ConntrackFault.BySource;
  if (alive != liveEntries() || takenEntries() != <u64>alive + givenEntries()) faults |= ConntrackFault.Balance;
  return faults;
}

function isFound(entry: Entry, direction: Direction): bool {
  loadTuple(entry, direction, tuple);
  const reference = findReference(tuple, ctZone(changetype<usize>(entry)), hashOfDirection(entry, direction), 0);
  return reference == (changetype<usize>(entry) | direction);
}

/** How many buckets a look-up walks at most, one after the other: for tests, as {@link auditConnections}. */
export function longestChain(): u32 {
  let longest: u32 = 0;
  for (let index: u32 = 0; index < (<u32>1) << bucketBits(); index++) {
    for (let twin = 0; twin < 2; twin++) {
      let length: u32 = 0;
      for (let bucket = bucketAt(index, twin == 1); bucket != 0; bucket = nextBucket(bucket)) length += 1;
      longest = max(longest, length);
    }
  }
  return longest;
}
