import {
  CtEvent,
  CtInfo,
  Direction,
  Helper,
  IPS_DST_NAT_DONE,
  IPS_FIXED_TIMEOUT,
  IPS_NAT_CLASH,
  IPS_SRC_NAT_DONE,
} from "../abi/conntrack";
import { Reason } from "../abi/fate";
import { Verdict } from "../abi/netfilter";
import { PROTO_DCCP, PROTO_GRE, PROTO_ICMP, PROTO_ICMPV6, PROTO_SCTP, PROTO_TCP } from "../abi/protocol";
import { hz, nowTicks } from "../packet/clock";
import { Packet } from "../packet/packet";
import { drop } from "../trace/output";
import { ctBytes, ctZone, ENTRY_ACCOUNTED, Entry } from "./entry";
import { noteEvent } from "./event";
import { helperOf, masterOf } from "./extension";
import { addCounts, attachEntry, detachEntry, enterTable, findUnder } from "./lifetime";
import { hasTuple, loadTuple, newTuple } from "./tuple";
import { zoneIdIn } from "./zone";

const tuple = newTuple();
const winnerTuple = newTuple();

/** Puts the packet's new entry into the table (__nf_conntrack_confirm); the packet is dropped where that cannot be. */
export function confirmPacket(packet: Packet): Verdict {
  if (packet.ct == 0) return Verdict.Accept;
  const entry = changetype<Entry>(packet.ct);
  if (entry.isConfirmed) return Verdict.Accept;
  // Only the packet that made the connection confirms it, not an answer that the node made (REJECT).
  if (packet.isReply) return Verdict.Accept;
  if (entry.isDying) return refuse(packet);
  const zone = ctZone(packet.ct);
  let taken = findDirection(entry, zone, 0);
  if (taken == 0) taken = findDirection(entry, zone, 1);
  if (taken != 0) return resolveClash(packet, entry, changetype<Entry>(taken & ~1), zone);
  // The trackers set how long it lives from now on.
  entry.timeout += <u32>nowTicks;
  enterTable(entry);
  if (helperOf(entry) != Helper.None) noteEvent(entry, CtEvent.Helper);
  noteEvent(entry, masterOf(entry) == 0 ? CtEvent.New : CtEvent.Related);
  return Verdict.Accept;
}

function findDirection(entry: Entry, zone: u32, direction: u32): usize {
  loadTuple(entry, direction, tuple);
  return findUnder(tuple, zone, zoneIdIn(zone, direction), 0);
}

function refuse(packet: Packet): Verdict {
  drop(packet, Reason.Clash);
  return Verdict.Drop;
}

/** Another entry has one of the tuples (nf_ct_resolve_clash). */
function resolveClash(packet: Packet, loser: Entry, winner: Entry, zone: u32): Verdict {
  if (!allowsClash(winner.protocol)) return refuse(packet);
  if (mergeInto(packet, loser, winner)) return Verdict.Accept;
  // Otherwise the reply tuple must be free: the entry then serves replies only, for a second.
  const other = findDirection(loser, zone, 1);
  if (other != 0) return mergeInto(packet, loser, changetype<Entry>(other & ~1)) ? Verdict.Accept : refuse(packet);
  loser.timeout = <u32>nowTicks + hz;
  loser.addStatus(IPS_FIXED_TIMEOUT | IPS_NAT_CLASH);
  enterTable(loser);
  return Verdict.Accept;
}

/** UDP, UDP-Lite and protocols that are not tracked by name. */
function allowsClash(protocol: u32): bool {
  return (
    protocol != PROTO_TCP &&
    protocol != PROTO_ICMP &&
    protocol != PROTO_ICMPV6 &&
    protocol != PROTO_SCTP &&
    protocol != PROTO_DCCP &&
    protocol != PROTO_GRE
  );
}

/** The packet takes the entry that was there first, if both are the same connection or nobody translated anything. */
function mergeInto(packet: Packet, loser: Entry, winner: Entry): bool {
  if (winner.isDying) return false;
  if (winner.status & (IPS_SRC_NAT_DONE | IPS_DST_NAT_DONE) && !isSameConnection(winner, loser)) return false;
  const ctinfo: CtInfo = packet.ctinfo;
  if (loser.status & ENTRY_ACCOUNTED && winner.status & ENTRY_ACCOUNTED) {
    addCounts(winner, Direction.Original, 1, ctBytes(changetype<usize>(loser), Direction.Original));
  }
  // Both are held now, so that the winner cannot go with the loser.
  winner.references += 1;
  detachEntry(packet);
  attachEntry(packet, winner, ctinfo);
  winner.references -= 1;
  return true;
}

function isSameConnection(a: Entry, b: Entry): bool {
  loadTuple(a, 0, winnerTuple);
  if (!hasTuple(b, 0, winnerTuple)) return false;
  loadTuple(a, 1, winnerTuple);
  return hasTuple(b, 1, winnerTuple) && ctZone(changetype<usize>(a)) == ctZone(changetype<usize>(b));
}
