import { SetResult } from "../abi/ipset";
import { allocate, release } from "../memory/allocate";
import { hz, nowTicks } from "../packet/clock";
import { Addition, initExtensions, isExpired, startTimeout, wasExpired } from "./extensions";
import { gcPeriod } from "./hash";
import { KernelSet, placeExtensions, touchSet } from "./set";

/** A member of a list:set: this header, then its extensions (ip_set_list_set.c). */
@unmanaged
export class ListMember {
  next: usize;
  previous: usize;
  /** Number of the set. */
  set: u32;
}

const LIST_MEMBER_SIZE: u32 = <u32>offsetof<ListMember>();

export function createList(set: KernelSet): void {
  set.dimensions = 1;
  placeExtensions(set, LIST_MEMBER_SIZE);
  set.gcTicks = nowTicks + <u64>gcPeriod(set.timeout) * hz;
}

export function flushList(set: KernelSet): void {
  while (set.members != 0) unlink(set, changetype<ListMember>(set.members));
  touchSet(set);
}

export function firstMember(set: KernelSet): ListMember {
  return changetype<ListMember>(set.members);
}

export function nextMember(member: ListMember): ListMember {
  return changetype<ListMember>(member.next);
}

function isNone(member: ListMember): bool {
  return changetype<usize>(member) == 0;
}

/** Runs the timer's collections that were due until now (list_set_gc). */
export function collectList(set: KernelSet): void {
  if (set.gcTicks > nowTicks) return;
  const period = <u64>gcPeriod(set.timeout) * hz;
  const last = nowTicks - ((nowTicks - set.gcTicks) % period);
  removeExpired(set, last);
  set.gcTicks = last + period;
}

function removeExpired(set: KernelSet, ticks: u64): void {
  let member = firstMember(set);
  while (!isNone(member)) {
    const next = nextMember(member);
    if (wasExpired(set, changetype<usize>(member), ticks)) unlink(set, member);
    member = next;
  }
}

/**
 * list_set_uadd
 *
 * @param position 0: at the end; 1: before the set `reference`; -1: after it.
 */
export function addToList(set: KernelSet, number: u32, position: i32, reference: u32, addition: Addition): SetResult {
  if (set.timeoutOffset != 0) removeExpired(set, nowTicks);
  let same = changetype<ListMember>(0);
  let neighbour = same;
  for (let member = firstMember(set); !isNone(member); member = nextMember(member)) {
    if (member.set == number) same = member;
    else if (position != 0 && member.set == reference) neighbour = member;
  }
  if (position != 0 && isNone(neighbour)) return SetResult.NoReference;
  if (!isNone(same)) {
    if (!addition.exist) return SetResult.Exist;
    finishMember(set, same, addition);
    return SetResult.Ok;
  }
  const member = changetype<ListMember>(allocate(set.elementSize));
  member.set = number;
  if (position > 0) link(set, member, changetype<ListMember>(neighbour.previous), neighbour);
  else if (position < 0) link(set, member, neighbour, nextMember(neighbour));
  else link(set, member, changetype<ListMember>(set.extensions), changetype<ListMember>(0));
  finishMember(set, member, addition);
  return SetResult.Ok;
}

function finishMember(set: KernelSet, member: ListMember, addition: Addition): void {
  const element = changetype<usize>(member);
  initExtensions(set, element, addition);
  if (set.timeoutOffset != 0) startTimeout(set, element, addition.timeout);
  touchSet(set);
}

/** list_set_udel: with `before` and `after` only where the set stands there. */
export function removeFromList(set: KernelSet, number: u32, position: i32, reference: u32): SetResult {
  if (set.timeoutOffset != 0) removeExpired(set, nowTicks);
  for (let member = firstMember(set); !isNone(member); member = nextMember(member)) {
    if (member.set != number) continue;
    if (position != 0) {
      const neighbour = changetype<ListMember>(position > 0 ? member.next : member.previous);
      if (isNone(neighbour) || neighbour.set != reference) return SetResult.NoReference;
    }
    unlink(set, member);
    touchSet(set);
    return SetResult.Ok;
  }
  return position != 0 ? SetResult.NoReference : SetResult.Exist;
}

/** list_set_utest: is the set in the list, and where it is said to be? */
export function listHas(set: KernelSet, number: u32, position: i32, reference: u32): bool {
  for (let member = firstMember(set); !isNone(member); member = nextMember(member)) {
    if (member.set != number || !isLive(set, member)) continue;
    if (position == 0) return true;
    const neighbour = changetype<ListMember>(position > 0 ? member.next : member.previous);
    return !isNone(neighbour) && neighbour.set == reference;
  }
  return false;
}

/** Is the member visible: not expired? */
export function isLive(set: KernelSet, member: ListMember): bool {
  return !isExpired(set, changetype<usize>(member));
}

function link(set: KernelSet, member: ListMember, previous: ListMember, next: ListMember): void {
  member.previous = changetype<usize>(previous);
  member.next = changetype<usize>(next);
  if (isNone(previous)) set.members = changetype<usize>(member);
  else previous.next = changetype<usize>(member);
  if (isNone(next)) set.extensions = changetype<usize>(member);
  else next.previous = changetype<usize>(member);
  set.elements += 1;
}

function unlink(set: KernelSet, member: ListMember): void {
  const previous = changetype<ListMember>(member.previous);
  const next = nextMember(member);
  if (isNone(previous)) set.members = changetype<usize>(next);
  else previous.next = changetype<usize>(next);
  if (isNone(next)) set.extensions = changetype<usize>(previous);
  else next.previous = changetype<usize>(previous);
  set.elements -= 1;
  release(changetype<usize>(member));
}
