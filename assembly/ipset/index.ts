import { SET_WITH_COUNTERS, SET_WITH_TIMEOUT, SetResult, SetType } from "../abi/ipset";
import {
  SET_QUERY_EXIST,
  SET_QUERY_KEEP_COUNTERS,
  SET_QUERY_KEEP_SUBCOUNTERS,
  SET_QUERY_RETURN_NOMATCH,
} from "../abi/set-query";
import { allocate } from "../memory/allocate";
import { Packet } from "../packet/packet";
import { addToBitmap, INCOMPLETE, removeFromBitmap, testBitmap } from "./bitmap";
import { Addition, Inquiry, matchExtensions } from "./extensions";
import { addToHash, collectHash, removeFromHash } from "./hash";
import { FOUND, NOMATCH, NOT_FOUND, testHash } from "./hash-test";
import { collectList, firstMember, isLive, nextMember } from "./list";
import { candidate, candidateId, candidateMac, fillFromPacket, placeInBitmap } from "./packet-element";
import { KernelSet, kernelSet } from "./set";

/** What a rule asks of a set (struct xt_set_info with struct ip_set_adt_opt), as the host writes it. */
@unmanaged
export class SetQuery {
  packets: u64;
  bytes: u64;
  /** Number of the set, from 1. */
  set: u32;
  /** Bit i set: dimension i + 1 is taken from the packet's source. */
  directions: u32;
  dimensions: u32;
  /** `SET_QUERY_*` bits. */
  flags: u32;
  /** A `SetCompare` of the packet and of the byte counters. */
  packetsCompare: u8;
  bytesCompare: u8;
  /** A rule's match is inverted (`!`), whatever made the look-up fail. */
  invert: u8;
  /** SET target: the timeout to give, seconds; 0xffffffff is the set's own. */
  timeout: u32;
}

/** "The set's own timeout" in a SetQuery. */
const NO_TIMEOUT: u32 = 0xffffffff;
/** More seconds than this do not fit into the kernel's timers (IPSET_MAX_TIMEOUT). */
const MAX_TIMEOUT: u32 = 2147483;

const inquiry = changetype<Inquiry>(allocate(offsetof<Inquiry>()));
const addition = changetype<Addition>(allocate(offsetof<Addition>()));

/** What the last look-up found beside the element itself: its skbinfo. */
export function foundInfo(): Inquiry {
  return inquiry;
}

/** Is the packet's element in the set (ip_set_test)? */
export function testSet(packet: Packet, query: SetQuery): bool {
  inquiry.bytes = packet.length;
  inquiry.comparePackets = query.packets;
  inquiry.compareBytes = query.bytes;
  inquiry.packetsCompare = query.packetsCompare;
  inquiry.bytesCompare = query.bytesCompare;
  inquiry.compare = (query.packetsCompare | query.bytesCompare) != 0;
  inquiry.keepCounters = (query.flags & SET_QUERY_KEEP_COUNTERS) != 0;
  inquiry.keepSubcounters = (query.flags & SET_QUERY_KEEP_SUBCOUNTERS) != 0;
  inquiry.returnNomatch = (query.flags & SET_QUERY_RETURN_NOMATCH) != 0;
  inquiry.mark = 0;
  inquiry.markMask = 0;
  inquiry.priority = 0;
  inquiry.queue = 0;
  const set = kernelSet(query.set);
  if (changetype<usize>(set) == 0) return false;
  return testOne(set, packet, query);
}

/** Has the rule a direction for every dimension, and the family of the set? */
function fits(set: KernelSet, packet: Packet, query: SetQuery): bool {
  return query.dimensions >= set.dimensions && (set.family == 0 || set.family == packet.family);
}

function testOne(set: KernelSet, packet: Packet, query: SetQuery): bool {
  if (!fits(set, packet, query)) return false;
  if (set.isList) return testList(set, packet, query);
  if (set.isHash) {
    if (set.timeoutOffset != 0) collectHash(set);
    if (!fillFromPacket(set, packet, query.directions, true)) return false;
    const found = testHash(set, candidate, inquiry);
    return found == (inquiry.returnNomatch && set.hasNomatch ? NOMATCH : FOUND);
  }
  if (!placeInBitmap(set, packet, query.directions)) return false;
  const found = testBitmap(set, candidateId, candidateMac, inquiry);
  if (found != INCOMPLETE) return found != NOT_FOUND;
  prepareAddition(set, packet);
  addToBitmap(set, candidateId, candidateMac, addition);
  return true;
}

/** list_set_ktest: the first member that has the element and whose own timeout and counters agree. */
function testList(set: KernelSet, packet: Packet, query: SetQuery): bool {
  if (set.timeoutOffset != 0) collectList(set);
  const compare = inquiry.compare;
  const keepCounters = inquiry.keepCounters;
  for (let member = firstMember(set); changetype<usize>(member) != 0; member = nextMember(member)) {
    // Counters of the sets in the list are never compared.
    inquiry.compare = false;
    inquiry.keepCounters = keepCounters || inquiry.keepSubcounters;
    const found = testOne(kernelSet(member.set), packet, query);
    inquiry.compare = compare;
    inquiry.keepCounters = keepCounters;
    if (found && matchExtensions(set, changetype<usize>(member), inquiry)) return true;
  }
  return false;
}

/** Adds the packet's element (ip_set_add). */
export function addToSet(packet: Packet, query: SetQuery): SetResult {
  const set = kernelSet(query.set);
  if (changetype<usize>(set) == 0 || !fits(set, packet, query)) return SetResult.TypeMismatch;
  if (set.isList) {
    if (set.timeoutOffset != 0) collectList(set);
    for (let member = firstMember(set); changetype<usize>(member) != 0; member = nextMember(member)) {
      if (isLive(set, member) && addToMember(packet, query, member.set) == SetResult.Ok) break;
    }
    return SetResult.Ok;
  }
  return addToMember(packet, query, query.set);
}

function addToMember(packet: Packet, query: SetQuery, number: u32): SetResult {
  const set = kernelSet(number);
  if (!fits(set, packet, query)) return SetResult.TypeMismatch;
  prepareAddition(set, packet);
  addition.exist = (query.flags & SET_QUERY_EXIST) != 0;
  const timeout = query.timeout;
  if (timeout != NO_TIMEOUT) addition.timeout = timeout > MAX_TIMEOUT ? MAX_TIMEOUT : timeout;
  if (set.isHash) {
    if (set.timeoutOffset != 0) collectHash(set);
    if (!fillFromPacket(set, packet, query.directions, false)) return SetResult.NoElement;
    return addToHash(set, candidate, addition);
  }
  if (!placeInBitmap(set, packet, query.directions)) return SetResult.NoElement;
  return addToBitmap(set, candidateId, candidateMac, addition);
}

/** IP_SET_INIT_KEXT: the element begins with this packet in its counters, and with neither skbinfo nor comment. */
function prepareAddition(set: KernelSet, packet: Packet): void {
  addition.packets = 1;
  addition.bytes = packet.length;
  addition.hasPackets = true;
  addition.hasBytes = true;
  addition.exist = false;
  addition.nomatch = false;
  addition.timeout = set.timeout;
}

/** Removes the packet's element (ip_set_del). */
export function removeFromSet(packet: Packet, query: SetQuery): SetResult {
  const set = kernelSet(query.set);
  if (changetype<usize>(set) == 0 || !fits(set, packet, query)) return SetResult.TypeMismatch;
  if (set.isList) {
    if (set.timeoutOffset != 0) collectList(set);
    for (let member = firstMember(set); changetype<usize>(member) != 0; member = nextMember(member)) {
      if (isLive(set, member) && removeFromMember(packet, query, member.set) == SetResult.Ok) break;
    }
    return SetResult.Ok;
  }
  return removeFromMember(packet, query, query.set);
}

function removeFromMember(packet: Packet, query: SetQuery, number: u32): SetResult {
  const set = kernelSet(number);
  if (!fits(set, packet, query)) return SetResult.TypeMismatch;
  if (set.isHash) {
    if (set.timeoutOffset != 0) collectHash(set);
    if (!fillFromPacket(set, packet, query.directions, false)) return SetResult.NoElement;
    return removeFromHash(set, candidate);
  }
  if (!placeInBitmap(set, packet, query.directions)) return SetResult.NoElement;
  return removeFromBitmap(set, candidateId);
}

/** Does looking into this set change or depend on more than its members: timeouts, counters, a list of such sets? */
export function isVolatileSet(number: u32): bool {
  const set = kernelSet(number);
  if (changetype<usize>(set) == 0) return false;
  if (set.has(SET_WITH_TIMEOUT | SET_WITH_COUNTERS) || set.type == SetType.BitmapIpMac) return true;
  if (!set.isList) return false;
  for (let member = firstMember(set); changetype<usize>(member) != 0; member = nextMember(member)) {
    if (isVolatileSet(member.set)) return true;
  }
  return false;
}

/** Does a look-up read the link header? */
export function readsLink(number: u32): bool {
  const set = kernelSet(number);
  if (changetype<usize>(set) == 0) return false;
  if (set.type == SetType.HashMac || set.type == SetType.HashIpMac || set.type == SetType.BitmapIpMac) return true;
  if (!set.isList) return false;
  for (let member = firstMember(set); changetype<usize>(member) != 0; member = nextMember(member)) {
    if (readsLink(member.set)) return true;
  }
  return false;
}

/** A number that is greater after any change of what the set, or a set in it, holds. */
export function setGeneration(number: u32): u64 {
  const set = kernelSet(number);
  if (changetype<usize>(set) == 0) return 0;
  let generation = set.generation;
  if (!set.isList) return generation;
  for (let member = firstMember(set); changetype<usize>(member) != 0; member = nextMember(member)) {
    const inner = kernelSet(member.set).generation;
    if (inner > generation) generation = inner;
  }
  return generation;
}
