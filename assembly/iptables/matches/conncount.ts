import { IPS_ASSURED, IPS_CONFIRMED, TcpState } from "../../abi/conntrack";
import { PROTO_TCP } from "../../abi/protocol";
import { ctProtocol, ctState, ctStatus, ctZone, Entry } from "../../conntrack/entry";
import { isTrackable, tupleOf } from "../../conntrack/extract";
import { findReference } from "../../conntrack/table";
import { copyTuple, loadTuple, newTuple, sameTuple, Tuple } from "../../conntrack/tuple";
import { hashTuple } from "../../conntrack/tuple-hash";
import { DEFAULT_ZONE, zoneIdIn } from "../../conntrack/zone";
import { allocate, release } from "../../memory/allocate";
import { Pool } from "../../memory/pool";
import { sameAddress } from "../../packet/bytes";
import { nowTicks } from "../../packet/clock";
import { Packet } from "../../packet/packet";

/**
 * Lists of connections by key (net/netfilter/nf_conncount.c), one set of them for each connlimit rule.
 *
 * ```text
 *  256 slots -> list (key: masked address, zone) -> list -> 0
 *                 oldest connection -> ... -> newest -> 0
 * ```
 */
@unmanaged
class ConnectionList {
  address0: u64;
  address1: u64;
  zone: u32;
  next: usize;
  first: usize;
  last: usize;
  count: u32;
  /** Tick of the last look at all connections, and how many were left. */
  checked: u32;
  checkedCount: u32;
}

/** A connection that was counted, by its original tuple. */
@unmanaged
class CountedConnection {
  next: usize;
  zone: u32;
  source0: u64;
  source1: u64;
  destination0: u64;
  destination1: u64;
  ports: u32;
  protocol: u8;
  family: u8;
}

const SLOTS: u32 = 256;
/** CONNCOUNT_GC_MAX_COLLECT. */
const MAX_COLLECTED: u32 = 64;
const TUPLE: usize = offsetof<CountedConnection>("source0");

const lists = Pool.create(offsetof<ConnectionList>());
const connections = Pool.create(offsetof<CountedConnection>());
const current = newTuple();

/** Room for a rule's lists. */
export function newConncount(): usize {
  return allocate(SLOTS << 2);
}

export function freeConncount(slots: usize): void {
  for (let i: u32 = 0; i < SLOTS; i++) {
    let at = load<usize>(slots + (i << 2));
    while (at != 0) {
      const list = changetype<ConnectionList>(at);
      while (list.count != 0) remove(list, 0, list.first);
      at = list.next;
      lists.give(changetype<usize>(list));
    }
  }
  release(slots);
}

/** Counts the packet's connection under the key (16 bytes) and says how many there are; 0 when it has no tuple. */
export function countConnections(slots: usize, key: usize, packet: Packet): u32 {
  const ct = connectionOf(packet);
  if (ct == NO_TUPLE) return 0;
  const zone = zoneIdIn(packet.ct != 0 ? ctZone(packet.ct) : DEFAULT_ZONE, 0);
  let list = findList(slots, key, zone);
  if (list === null) {
    list = addList(slots, key, zone);
    append(list, zone);
    return 1;
  }
  if (ct != 0 && ctStatus(ct) & IPS_CONFIRMED) {
    // Established connections were counted when they began: only look whether others are gone.
    if (ctStatus(ct) & IPS_ASSURED) collect(list);
    else if (!isKnown(list, zone)) append(list, zone);
    return list.count;
  }
  const isFresh = list.checked == <u32>nowTicks && list.count - list.checkedCount < MAX_COLLECTED;
  if (isFresh || !isKnown(list, zone)) append(list, zone);
  return list.count;
}

const NO_TUPLE: usize = 1;

/** The packet's entry, or the one that it would belong to; 0 for none. `current` holds the original tuple. */
function connectionOf(packet: Packet): usize {
  if (packet.ct != 0) {
    loadTuple(changetype<Entry>(packet.ct), 0, current);
    return packet.ct;
  }
  return isTrackable(packet) && tupleOf(packet, current) ? find(current, zoneIdIn(DEFAULT_ZONE, 0)) : NO_TUPLE;
}

/** nf_conntrack_find_get(). */
function find(tuple: Tuple, zone: u32): usize {
  const reference = findReference(tuple, zone, hashTuple(tuple, zone), 0);
  if (reference == 0) return 0;
  const entry = reference & ~1;
  return changetype<Entry>(entry).isExpired ? 0 : entry;
}

/** Looks through the list, takes out what is gone or closed; is the current connection among the rest? */
function isKnown(list: ConnectionList, zone: u32): bool {
  let collected: u32 = 0;
  let previous: usize = 0;
  let at = list.first;
  while (at != 0 && collected <= MAX_COLLECTED) {
    const connection = changetype<CountedConnection>(at);
    const tuple = changetype<Tuple>(at + TUPLE);
    const next = connection.next;
    const ct = find(tuple, connection.zone);
    if (ct != 0 && connection.zone == zone && sameTuple(tuple, current)) return true;
    if (ct == 0 || isClosed(ct)) {
      remove(list, previous, at);
      collected += 1;
    } else {
      previous = at;
    }
    at = next;
  }
  list.checked = <u32>nowTicks;
  list.checkedCount = list.count;
  return false;
}

/** nf_conncount_gc_list(). */
function collect(list: ConnectionList): void {
  if (list.checked == <u32>nowTicks) return;
  let collected: u32 = 0;
  let previous: usize = 0;
  let at = list.first;
  while (at != 0) {
    const next = changetype<CountedConnection>(at).next;
    const ct = find(changetype<Tuple>(at + TUPLE), changetype<CountedConnection>(at).zone);
    if (ct == 0 || isClosed(ct)) {
      remove(list, previous, at);
      collected += 1;
    } else {
      previous = at;
      if (collected > MAX_COLLECTED) break;
    }
    at = next;
  }
  list.checked = <u32>nowTicks;
  list.checkedCount = list.count;
}

function isClosed(ct: usize): bool {
  if (ctProtocol(ct) != PROTO_TCP) return false;
  const state = ctState(ct);
  return state == TcpState.TimeWait || state == TcpState.Close;
}

function append(list: ConnectionList, zone: u32): void {
  const at = connections.take();
  changetype<CountedConnection>(at).zone = zone;
  copyTuple(changetype<Tuple>(at + TUPLE), current);
  if (list.last == 0) list.first = at;
  else changetype<CountedConnection>(list.last).next = at;
  list.last = at;
  list.count += 1;
}

function remove(list: ConnectionList, previous: usize, at: usize): void {
  const next = changetype<CountedConnection>(at).next;
  if (previous == 0) list.first = next;
  else changetype<CountedConnection>(previous).next = next;
  if (list.last == at) list.last = previous;
  list.count -= 1;
  connections.give(at);
}

function slotOf(slots: usize, key: usize): usize {
  const hash = (load<u64>(key) ^ (load<u64>(key, 8) * 0xbf58476d1ce4e5b9)) * 0x9e3779b97f4a7c15;
  return slots + ((<usize>(hash >> 56)) << 2);
}

function findList(slots: usize, key: usize, zone: u32): ConnectionList | null {
  for (let at = load<usize>(slotOf(slots, key)); at != 0; at = changetype<ConnectionList>(at).next) {
    if (changetype<ConnectionList>(at).zone == zone && sameAddress(at, key)) return changetype<ConnectionList>(at);
  }
  return null;
}

function addList(slots: usize, key: usize, zone: u32): ConnectionList {
  const list = changetype<ConnectionList>(lists.take());
  list.address0 = load<u64>(key);
  list.address1 = load<u64>(key, 8);
  list.zone = zone;
  list.checked = <u32>nowTicks;
  const slot = slotOf(slots, key);
  list.next = load<usize>(slot);
  store<usize>(slot, changetype<usize>(list));
  return list;
}
