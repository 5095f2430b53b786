import { StepKind } from "../abi/trace";
import { allocate, release } from "../memory/allocate";
import { Packet } from "../packet/packet";
import { extendPath, pathNode } from "../trace/path";
import { firstPathCount, PathCount } from "../trace/path-counts";
import { chainById, ruleById } from "./numbers";

/**
 * Walks through a table that happened, each kept once: the rules that matched, the chains that returned, the policy that
 * decided. A packet counts at its walk (two additions, whatever the number of rules); the counters of rules and policies
 * are the sums over the walks that hold them, worked out when somebody asks (`foldWalks`).
 */
@unmanaged
export class TableWalk {
  packets: u64;
  bytes: u64;
  /** The steps, `stepCount` u32s (see `WALK_*`). */
  steps: usize;
  stepCount: u32;
  hash: u32;
}

/** A step is an address-free u32: what it names, shifted by two, and one of these. */
export const WALK_RULE: u32 = 0;
export const WALK_RETURN: u32 = 1;
export const WALK_POLICY: u32 = 2;

export const TABLE_WALK_SIZE: u32 = (<u32>offsetof<TableWalk>() + 7) & ~7;

/** Above this many different walks, rules are counted directly (random ports in a rule's path would have no end). */
const MAX_WALKS: u32 = 1 << 18;

/** Steps of the walks under way; nested walks (a reset sent by a rule) use the part above. */
const MAX_STEPS: u32 = 1 << 18;
const stepStack = allocate(MAX_STEPS * 4);
let stepTop: u32 = 0;

let walks: usize = allocate(256 * TABLE_WALK_SIZE);
let walkCapacity: u32 = 256;
let walkCount: u32 = 1;

/** Open addressing from a walk's hash to its number; 0 is empty. */
let slots: usize = allocate(1024 * 4);
let slotMask: u32 = 1023;

/** Begins a walk; the answer goes back into `endSteps`. */
export function beginSteps(): u32 {
  return stepTop;
}

export function pushStep(kind: u32, subject: u32): void {
  if (stepTop == MAX_STEPS) unreachable();
  store<u32>(stepStack + (stepTop << 2), (subject << 2) | kind);
  stepTop += 1;
}

/** Forgets the steps since `first` without counting them. */
export function dropSteps(first: u32): void {
  stepTop = first;
}

/** Ends a walk (or a part of one, where the packet's length changed): counts it and adds it to the packet's path. */
export function endSteps(packet: Packet, first: u32, length: u32): u32 {
  const count = stepTop - first;
  stepTop = first;
  const steps = stepStack + (first << 2);
  const number = internWalk(steps, count);
  if (number == 0) {
    countDirectly(steps, count, 1, length);
    return 0;
  }
  countWalk(packet, number, length);
  return number;
}

/** One more packet on a remembered walk. */
export function countWalk(packet: Packet, number: u32, length: u32): void {
  const walk = tableWalk(number);
  walk.packets += 1;
  walk.bytes += length;
  packet.path = extendPath(packet.path, StepKind.TableWalk, number);
}

export function tableWalk(number: u32): TableWalk {
  return changetype<TableWalk>(walks + number * TABLE_WALK_SIZE);
}

export function tableWalks(): usize {
  return walks;
}

export function tableWalkCount(): u32 {
  return walkCount;
}

/** Moves what the walks counted into the rules' and chains' own counters. Before they are read, and before a table goes. */
export function foldWalks(): void {
  foldPathCounts();
  for (let number: u32 = 1; number < walkCount; number++) {
    const walk = tableWalk(number);
    if (walk.packets == 0) continue;
    countDirectly(walk.steps, walk.stepCount, walk.packets, walk.bytes);
    walk.packets = 0;
    walk.bytes = 0;
  }
}

/** Gives the walks what was counted at the ends of the paths that they are on. */
function foldPathCounts(): void {
  for (let at = firstPathCount(); at != 0; at = changetype<PathCount>(at).next) {
    const count = changetype<PathCount>(at);
    if (count.packets == 0) continue;
    for (let path = count.path; path != 0; path = pathNode(path).parent) {
      const step = pathNode(path).step;
      if (step >> 28 != StepKind.TableWalk) continue;
      const walk = tableWalk(step & 0x0fffffff);
      walk.packets += count.packets;
      walk.bytes += count.bytes;
    }
    count.packets = 0;
    count.bytes = 0;
  }
}

/** The walk that ends at once by the policy of a chain without rules. */
export function policyWalk(base: u32): u32 {
  const first = beginSteps();
  pushStep(WALK_POLICY, base);
  stepTop = first;
  return internWalk(stepStack + (first << 2), 1);
}

/** A table goes: what was walked counts now, and no walk may be found again. Their paths stay readable. */
export function forgetWalks(): void {
  foldWalks();
  memory.fill(slots, 0, (<usize>slotMask + 1) * 4);
}

function countDirectly(steps: usize, count: u32, packets: u64, bytes: u64): void {
  for (let i: u32 = 0; i < count; i++) {
    const step = load<u32>(steps + (i << 2));
    const subject = step >> 2;
    if ((step & 3) == WALK_RULE) {
      const rule = ruleById(subject);
      rule.packets += packets;
      rule.bytes += bytes;
    } else if ((step & 3) == WALK_POLICY) {
      const base = chainById(subject);
      base.packets += packets;
      base.bytes += bytes;
    }
  }
}

/** The number of the walk with these steps; 0 when there are too many walks. */
function internWalk(steps: usize, count: u32): u32 {
  const hash = hashSteps(steps, count);
  let slot = hash & slotMask;
  while (true) {
    const number = load<u32>(slots + (slot << 2));
    if (number == 0) return walkCount < MAX_WALKS ? insertWalk(slot, hash, steps, count) : 0;
    const walk = tableWalk(number);
    if (walk.hash == hash && walk.stepCount == count && memory.compare(walk.steps, steps, count << 2) == 0)
      return number;
    slot = (slot + 1) & slotMask;
  }
  return 0;
}

function insertWalk(slot: u32, hash: u32, steps: usize, count: u32): u32 {
  if (walkCount == walkCapacity) growWalks();
  const number = walkCount++;
  const walk = tableWalk(number);
  walk.hash = hash;
  walk.stepCount = count;
  walk.steps = allocate(count << 2);
  memory.copy(walk.steps, steps, count << 2);
  store<u32>(slots + (slot << 2), number);
  if (walkCount * 2 > slotMask) growSlots();
  return number;
}

function hashSteps(steps: usize, count: u32): u32 {
  let hash: u64 = count;
  for (let i: u32 = 0; i < count; i++) hash = (hash ^ load<u32>(steps + (i << 2))) * 0x9e3779b97f4a7c15;
  return <u32>(hash >> 32);
}

function growWalks(): void {
  const moved = allocate(walkCapacity * 2 * TABLE_WALK_SIZE);
  memory.copy(moved, walks, walkCapacity * TABLE_WALK_SIZE);
  release(walks);
  walks = moved;
  walkCapacity *= 2;
}

function growSlots(): void {
  const old = slots;
  const oldMask = slotMask;
  slotMask = slotMask * 2 + 1;
  slots = allocate((<usize>slotMask + 1) * 4);
  // Only what can still be found moves: walks of replaced tables stay forgotten.
  for (let i: u32 = 0; i <= oldMask; i++) {
    const number = load<u32>(old + (i << 2));
    if (number == 0) continue;
    let slot = tableWalk(number).hash & slotMask;
    while (load<u32>(slots + (slot << 2)) != 0) slot = (slot + 1) & slotMask;
    store<u32>(slots + (slot << 2), number);
  }
  release(old);
}
