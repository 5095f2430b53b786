import { SetResult } from "../abi/ipset";
import { allocate, release } from "../memory/allocate";
import { createBitmap, destroyBitmap, flushBitmap } from "./bitmap";
import { createHash, destroyHash, flushHash } from "./hash";
import { createList, flushList } from "./list";
import { addMember, removeMember, testMember } from "./member";
import { KERNEL_SET_SIZE, KernelSet, kernelSet, putSet, touchSet } from "./set";

/** What the host calls of ipset: making, filling and reading sets. */
export { isVolatileSet, setGeneration } from "./index";
export { beginListing, listingAddress, listMembers } from "./listing";
export { memberAddress } from "./member";

/** A record for a new set of that number; the host fills in its upper half, then calls `finishSet`. */
export function newSet(number: u32): usize {
  const set = changetype<KernelSet>(allocate(KERNEL_SET_SIZE));
  putSet(number, set);
  return changetype<usize>(set);
}

export function finishSet(number: u32): void {
  const set = kernelSet(number);
  if (set.isHash) createHash(set);
  else if (set.isList) createList(set);
  else createBitmap(set);
  touchSet(set);
}

export function setAddress(number: u32): usize {
  return changetype<usize>(kernelSet(number));
}

/** Adds the member at `memberAddress`; answers a `SetResult`. */
export function addSetMember(number: u32, exist: bool): SetResult {
  return addMember(kernelSet(number), exist);
}

export function removeSetMember(number: u32): SetResult {
  return removeMember(kernelSet(number));
}

export function testSetMember(number: u32): bool {
  return testMember(kernelSet(number));
}

export function flushSet(number: u32): void {
  const set = kernelSet(number);
  if (set.isHash) flushHash(set);
  else if (set.isList) flushList(set);
  else flushBitmap(set);
}

/** The host has made sure that nothing refers to the set. */
export function destroySet(number: u32): void {
  const set = kernelSet(number);
  if (set.isHash) destroyHash(set);
  else if (set.isList) flushList(set);
  else destroyBitmap(set);
  putSet(number, changetype<KernelSet>(0));
  release(changetype<usize>(set));
}

/** Exchanges what two numbers stand for (ip_set_swap): rules that named the one now look into the other. */
export function swapSets(a: u32, b: u32): void {
  const first = kernelSet(a);
  const second = kernelSet(b);
  putSet(a, second);
  putSet(b, first);
  touchSet(first);
  touchSet(second);
}
