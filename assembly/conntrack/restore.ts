import { Helper, IPS_DST_NAT, IPS_DST_NAT_DONE, IPS_SRC_NAT, IPS_SRC_NAT_DONE } from "../abi/conntrack";
import { PROTO_DCCP, PROTO_GRE, PROTO_TCP, PROTO_UDP } from "../abi/protocol";
import { addBySource } from "../nat/by-source";
import { hz, nowTicks } from "../packet/clock";
import { config } from "../packet/config";
import { DccpEntry } from "./dccp";
import { coldOf, ENTRY_ACCOUNTED, Entry } from "./entry";
import { EntryRecord } from "./entry-record";
import { beginEvents } from "./event";
import { addHelp, addSeqAdjust, setPacketsHigh } from "./extension";
import { GreEntry } from "./gre-entry";
import { restoreLabels } from "./labels";
import { enterTable, findUnder } from "./lifetime";
import { takeEntry } from "./pool";
import { TCP_BE_LIBERAL, TCP_SACK_PERM, TcpEntry } from "./tcp-entry";
import { restoreStart } from "./timestamp";
import { invertTuple, newTuple, storeTuple, Tuple } from "./tuple";
import { UdpEntry } from "./udp";
import { packZone, useZone, zoneIdIn } from "./zone";

const record = changetype<EntryRecord>(memory.data(offsetof<EntryRecord>(), 8));
const original = newTuple();
const reply = newTuple();
const unchanged = newTuple();

/** The record that the host fills before it calls {@link restoreEntry}. */
export function entryToRestore(): usize {
  return changetype<usize>(record);
}

/**
 * Enters a connection that was open before the run began, as far as a listing tells of it.
 *
 * TCP windows are not in a listing: as with connections that conntrackd or the kernel itself picks up, none are checked.
 * UDP counts as older than the two seconds after which traffic is a stream.
 *
 * @returns false when another connection has one of its tuples.
 */
export function restoreEntry(): bool {
  readTuple(
    original,
    offsetof<EntryRecord>("originalSource0"),
    record.originalSourcePort,
    record.originalDestinationPort,
  );
  readTuple(reply, offsetof<EntryRecord>("replySource0"), record.replySourcePort, record.replyDestinationPort);
  const zone = packZone(record.zone, record.zoneDirections);
  useZone(record.zone);
  if (findUnder(original, zone, zoneIdIn(zone, 0), 0) != 0) return false;
  if (findUnder(reply, zone, zoneIdIn(zone, 1), 0) != 0) return false;

  const entry = takeEntry(record.family);
  entry.protocol = record.protocol;
  entry.state = record.state;
  entry.mark = record.mark;
  storeTuple(entry, 0, original);
  storeTuple(entry, 1, reply);
  coldOf(entry).zone = zone;
  entry.addStatus(record.status | translation() | IPS_SRC_NAT_DONE | IPS_DST_NAT_DONE);
  restoreCounts(entry);
  entry.timeout = <u32>nowTicks + record.secondsLeft * hz;
  restoreProtocol(entry);
  restoreHelper(entry);
  beginEvents(entry, 0);
  restoreLabels(entry, record.labels0, record.labels1);
  addBySource(entry);
  enterTable(entry);
  if (record.isTimed) restoreStart(entry, record.startNs);
  return true;
}

function readTuple(tuple: Tuple, at: usize, sourcePort: u32, destinationPort: u32): void {
  memory.copy(changetype<usize>(tuple), changetype<usize>(record) + at, 32);
  tuple.family = record.family;
  tuple.protocol = record.protocol;
  tuple.sourcePort = sourcePort;
  tuple.destinationPort = destinationPort;
}

/** What NAT changed shows in what an answer looks like. */
function translation(): u32 {
  if (!invertTuple(unchanged, original)) return 0;
  let bits: u32 = 0;
  if (
    reply.destination0 != unchanged.destination0 ||
    reply.destination1 != unchanged.destination1 ||
    reply.destinationPort != unchanged.destinationPort
  ) {
    bits |= IPS_SRC_NAT;
  }
  if (
    reply.source0 != unchanged.source0 ||
    reply.source1 != unchanged.source1 ||
    reply.sourcePort != unchanged.sourcePort
  ) {
    bits |= IPS_DST_NAT;
  }
  return bits;
}

function restoreCounts(entry: Entry): void {
  if (!record.accounted) return;
  entry.status |= <u16>ENTRY_ACCOUNTED;
  entry.originalPackets = <u32>record.originalPackets;
  entry.replyPackets = <u32>record.replyPackets;
  setPacketsHigh(entry, 0, <u32>(record.originalPackets >> 32));
  setPacketsHigh(entry, 1, <u32>(record.replyPackets >> 32));
  entry.originalBytes = record.originalBytes;
  entry.replyBytes = record.replyBytes;
}

/** Where a line begins is not in the listing: the next segment of a direction is taken to begin one. */
function restoreHelper(entry: Entry): void {
  if (record.helper == Helper.None) return;
  const help = addHelp(entry);
  help.helper = record.helper;
  help.pickUp = 3;
  addSeqAdjust(entry);
}

function restoreProtocol(entry: Entry): void {
  const at = changetype<usize>(entry);
  switch (<u32>entry.protocol) {
    case PROTO_TCP: {
      const tcp = changetype<TcpEntry>(at);
      tcp.setFlags(0, TCP_BE_LIBERAL | TCP_SACK_PERM);
      tcp.setFlags(1, TCP_BE_LIBERAL | TCP_SACK_PERM);
      return;
    }
    case PROTO_UDP:
      changetype<UdpEntry>(at).streamFrom = <u32>nowTicks - 1;
      return;
    case PROTO_DCCP:
      changetype<DccpEntry>(at).role1 = 1;
      return;
    case PROTO_GRE:
      changetype<GreEntry>(at).greTimeout = orSetting(record.greTimeout, config.greTimeout) * hz;
      changetype<GreEntry>(at).greStreamTimeout = orSetting(record.greStreamTimeout, config.greTimeoutStream) * hz;
  }
}

/** What the listing said, or the setting where it said nothing. */
function orSetting(listed: u32, setting: u32): u32 {
  return listed == 0 ? setting : listed;
}
