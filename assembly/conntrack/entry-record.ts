import { Direction } from "../abi/conntrack";
import { PROTO_GRE } from "../abi/protocol";
import { PAGE } from "../memory/pages";
import { hz } from "../packet/clock";
import { coldOf, ctBytes, ctRemainingTicks, ctZone, Entry, isAccounted } from "./entry";
import { ctPackets, Extension, helperOf, labelsOf } from "./extension";
import { GreEntry } from "./gre-entry";
import { loadTuple, newTuple, Tuple } from "./tuple";
import { hashTuple } from "./tuple-hash";
/** An entry as the host reads it, in the table's listing and in events. */
@unmanaged
export class EntryRecord {
  // The two tuples, as in packets; ports are in host order.
  originalSource0: u64;
  originalSource1: u64;
  originalDestination0: u64;
  originalDestination1: u64;
  replySource0: u64;
  replySource1: u64;
  replyDestination0: u64;
  replyDestination1: u64;
  originalPackets: u64;
  originalBytes: u64;
  replyPackets: u64;
  replyBytes: u64;
  /** Labels 0 to 63, and 64 to 127, a bit for each. */
  labels0: u64;
  labels1: u64;
  /** When it began and ended, in nanoseconds; 0 where that is not kept, or not yet. */
  startNs: u64;
  stopNs: u64;
  secondsLeft: u32;
  /** Tells connections apart; the kernel's is random (nf_ct_get_id). */
  id: u32;
  status: u32;
  mark: u32;
  zone: u32;
  zoneDirections: u32;
  /** Seconds that GRE gives it without and with answers. */
  greTimeout: u32;
  greStreamTimeout: u32;
  originalSourcePort: u16;
  originalDestinationPort: u16;
  replySourcePort: u16;
  replyDestinationPort: u16;
  /** Holders: the table, connections that it expected, packets under way. */
  references: u16;
  family: u8;
  protocol: u8;
  state: u8;
  accounted: u8;
  /** A `Helper`. */
  helper: u8;
  /** Is it kept when it began? */
  isTimed: u8;
}

const record = changetype<EntryRecord>(memory.data(offsetof<EntryRecord>(), 8));
const tuple = newTuple();

/** Fills the record of an entry, which the next call overwrites. */
export function describeEntry(entry: Entry): EntryRecord {
  const ct = changetype<usize>(entry);
  loadTuple(entry, 0, tuple);
  memory.copy(changetype<usize>(record), changetype<usize>(tuple), 32);
  // Its place in its page: where the page lies is no matter of the connection.
  record.id = <u32>(hashTuple(tuple, 0) >> 32) ^ (<u32>ct & (<u32>PAGE - 1));
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
  record.references = entry.references;
  describeTimes(entry);
  describeGre(entry);
  record.labels0 = labelsOf(entry, 0);
  record.labels1 = labelsOf(entry, 1);
  return record;
}

function describeTimes(entry: Entry): void {
  const extension = coldOf(entry).extension;
  record.isTimed = extension == 0 ? 0 : changetype<Extension>(extension).isTimed;
  record.startNs = record.isTimed ? changetype<Extension>(extension).startNs : 0;
  record.stopNs = record.isTimed ? changetype<Extension>(extension).stopNs : 0;
}

function describeGre(entry: Entry): void {
  const isGre = <u32>entry.protocol == PROTO_GRE;
  const gre = changetype<GreEntry>(changetype<usize>(entry));
  record.greTimeout = isGre ? gre.greTimeout / hz : 0;
  record.greStreamTimeout = isGre ? gre.greStreamTimeout / hz : 0;
}

assert(offsetof<Tuple>("ports") == 32);
