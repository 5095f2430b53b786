import { PROTO_TCP, PROTO_UDP } from "../abi/protocol";
import { RULE_NOT_DESTINATION, RULE_NOT_PROTOCOL, RULE_NOT_SOURCE } from "../abi/rule";
import { allocate, release } from "../memory/allocate";
import { Packet } from "../packet/packet";
import { exactDestinationPort, isPure } from "./matches/purity";
import { Addresses6, Chain, Match, RULE_SIZE, Rule } from "./rule";

/**
 * An index over a long chain: rules that test one destination address, one source address or one port exactly are found
 * by hash; all others are in `generic`. A packet's candidates are the generic rules and those of its own keys, in the
 * order of the chain; each candidate is then evaluated in full, so a hash collision costs time and nothing else.
 *
 * ```text
 *  rule 1  -d 10.0.0.1/32 -p tcp --dport 80   ─┐ key (address, protocol, port)   ┌ slots: hash | list of positions
 *  rule 2  -m conntrack --ctstate INVALID      │ generic                          │
 *  rule 3  -s 10.9.0.9/32                     ─┘ key (source address)             └ ...
 * ```
 */
@unmanaged
export class ChainIndex {
  slots: usize;
  slotMask: u32;
  /** Which kinds of keys the chain has (`SHAPE_*` bits). */
  shapes: u32;
  /** Positions (from 0) of the rules without key, sorted. */
  generic: usize;
  genericCount: u32;
}

/** A key's rules: positions (from 0), sorted. Mostly it is one, which stands in the slot itself. */
@unmanaged
class IndexSlot {
  hash: u32;
  count: u32;
  /** Where the positions lie. */
  positions: usize;
  /** The only one; of several, how many there is room for. */
  single: u32;
}

const SLOT_SIZE: usize = offsetof<IndexSlot>();

/** Chains shorter than this are walked faster than indexed. */
const MIN_RULES: u32 = 16;

const SHAPE_DESTINATION_PORT: u32 = 1;
const SHAPE_DESTINATION: u32 = 2;
const SHAPE_SOURCE: u32 = 4;
const SHAPE_PORT: u32 = 8;
const SHAPE_COUNT: u32 = 4;

/** Builds the chain's index, in place of the one that it may have. */
export function indexChain(chain: Chain, family: u32): void {
  dropIndex(chain);
  if (chain.ruleCount < MIN_RULES) return;
  const index = changetype<ChainIndex>(allocate(offsetof<ChainIndex>()));
  let slots: u32 = 16;
  while (slots < chain.ruleCount * 2) slots *= 2;
  index.slotMask = slots - 1;
  index.slots = allocate(slots * SLOT_SIZE);
  index.generic = allocate(chain.ruleCount * 4);
  for (let position: u32 = 0; position < chain.ruleCount; position++) {
    const rule = changetype<Rule>(chain.rules + position * RULE_SIZE);
    const shape = shapeOf(rule, family);
    if (shape == 0) {
      store<u32>(index.generic + (index.genericCount << 2), position);
      index.genericCount += 1;
    } else {
      index.shapes |= shape;
      const hash = hashOfRule(rule, family, shape);
      const slot = slotOf(index, hash);
      slot.hash = hash;
      addPosition(slot, position);
    }
  }
  chain.index = changetype<usize>(index);
}

export function dropIndex(chain: Chain): void {
  if (chain.index == 0) return;
  const index = changetype<ChainIndex>(chain.index);
  for (let i: u32 = 0; i <= index.slotMask; i++) {
    const slot = changetype<IndexSlot>(index.slots + i * SLOT_SIZE);
    if (slot.count > 1) release(slot.positions);
  }
  release(index.slots);
  release(index.generic);
  release(chain.index);
  chain.index = 0;
}

/** Sorted lists of candidate positions that a packet has in one chain: the generic one and one a shape. */
const MAX_LISTS: u32 = SHAPE_COUNT + 1;
const listAt = allocate(MAX_LISTS * 4);
const listEnd = allocate(MAX_LISTS * 4);
let listCount: u32 = 0;

/** Collects the packet's candidates from position `from` on. */
export function findCandidates(index: ChainIndex, packet: Packet, from: u32): void {
  listCount = 0;
  addList(index.generic, index.genericCount, from);
  for (let shape: u32 = 1; shape <= SHAPE_PORT; shape <<= 1) {
    if ((index.shapes & shape) == 0) continue;
    if (
      (shape & (SHAPE_DESTINATION_PORT | SHAPE_PORT)) != 0 &&
      packet.protocol != PROTO_TCP &&
      packet.protocol != PROTO_UDP
    )
      continue;
    const slot = slotOf(index, hashOfPacket(packet, shape));
    addList(slot.positions, slot.count, from);
  }
}

/** The next candidate's position, or 0xffffffff after the last. */
export function nextCandidate(): u32 {
  let best: u32 = 0xffffffff;
  for (let i: u32 = 0; i < listCount; i++) {
    const at = load<u32>(listAt + (i << 2));
    if (at == load<u32>(listEnd + (i << 2))) continue;
    const position = load<u32>(at);
    if (position < best) best = position;
  }
  if (best == 0xffffffff) return best;
  for (let i: u32 = 0; i < listCount; i++) {
    const at = load<u32>(listAt + (i << 2));
    if (at != load<u32>(listEnd + (i << 2)) && load<u32>(at) == best) store<u32>(listAt + (i << 2), at + 4);
  }
  return best;
}

function addList(positions: usize, count: u32, from: u32): void {
  let low: u32 = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (load<u32>(positions + (middle << 2)) < from) low = middle + 1;
    else high = middle;
  }
  if (low == count) return;
  store<u32>(listAt + (listCount << 2), <u32>positions + (low << 2));
  store<u32>(listEnd + (listCount << 2), <u32>positions + (count << 2));
  listCount += 1;
}

/**
 * Looking ahead: where an IPv4 packet's key of address, protocol and port begins to be looked for, 0 where the chain has no such keys.
 *
 * @param index a `ChainIndex`.
 */
export function touchKey(index: usize, data: usize): usize {
  const chain = changetype<ChainIndex>(index);
  if (!(chain.shapes & SHAPE_DESTINATION_PORT)) return 0;
  const port = ((<u32>load<u8>(data, 9)) << 16) | bswap<u16>(load<u16>(data, 22));
  const hash = hashKey(SHAPE_DESTINATION_PORT, load<u32>(data, 16), 0, port);
  return chain.slots + (hash & chain.slotMask) * SLOT_SIZE;
}

/** The position of the first rule of what probably is the key's slot; all ones for none. */
export function keyedRule(slot: usize): u32 {
  const found = changetype<IndexSlot>(slot);
  return found.count == 0 ? u32.MAX_VALUE : load<u32>(found.positions);
}

/** Which key finds this rule; 0 for none. */
function shapeOf(rule: Rule, family: u32): u32 {
  const destination = isExactDestination(rule, family);
  const port = hasExactPort(rule);
  if (destination) return port ? SHAPE_DESTINATION_PORT : SHAPE_DESTINATION;
  if (isExactSource(rule, family)) return SHAPE_SOURCE;
  return port ? SHAPE_PORT : 0;
}

function isExactDestination(rule: Rule, family: u32): bool {
  if (rule.flags & RULE_NOT_DESTINATION) return false;
  if (family == 4) return rule.destinationMask == 0xffffffff;
  if (rule.addresses6 == 0) return false;
  const test = changetype<Addresses6>(rule.addresses6);
  return (test.destinationMask0 & test.destinationMask1) == u64.MAX_VALUE;
}

function isExactSource(rule: Rule, family: u32): bool {
  if (rule.flags & RULE_NOT_SOURCE) return false;
  if (family == 4) return rule.sourceMask == 0xffffffff;
  if (rule.addresses6 == 0) return false;
  const test = changetype<Addresses6>(rule.addresses6);
  return (test.sourceMask0 & test.sourceMask1) == u64.MAX_VALUE;
}

/** A port test finds the rule only if nothing with a side effect stands before it. */
function hasExactPort(rule: Rule): bool {
  return rulePort(rule) >= 0;
}

function rulePort(rule: Rule): i32 {
  if (rule.flags & RULE_NOT_PROTOCOL) return -1;
  if (rule.protocol != PROTO_TCP && rule.protocol != PROTO_UDP) return -1;
  let at = rule.matches;
  for (let left = rule.matchCount; left != 0; left--) {
    const match = changetype<Match>(at);
    const port = exactDestinationPort(match);
    if (port >= 0) return port;
    if (!isPure(match)) return -1;
    at += match.size;
  }
  return -1;
}

function hashOfRule(rule: Rule, family: u32, shape: u32): u32 {
  if (shape == SHAPE_PORT) return hashKey(shape, 0, 0, ((<u32>rule.protocol) << 16) | <u32>rulePort(rule));
  const more = shape == SHAPE_DESTINATION_PORT ? ((<u32>rule.protocol) << 16) | <u32>rulePort(rule) : 0;
  if (family == 4) return hashKey(shape, shape == SHAPE_SOURCE ? rule.source : rule.destination, 0, more);
  const test = changetype<Addresses6>(rule.addresses6);
  if (shape == SHAPE_SOURCE) return hashKey(shape, test.source0, test.source1, more);
  return hashKey(shape, test.destination0, test.destination1, more);
}

function hashOfPacket(packet: Packet, shape: u32): u32 {
  const port = ((<u32>packet.protocol) << 16) | bswap<u16>(load<u16>(packet.transport, 2));
  if (shape == SHAPE_PORT) return hashKey(shape, 0, 0, port);
  const address = shape == SHAPE_SOURCE ? packet.source : packet.destination;
  const more = shape == SHAPE_DESTINATION_PORT ? port : 0;
  if (packet.family == 4) return hashKey(shape, load<u32>(address), 0, more);
  return hashKey(shape, load<u64>(address), load<u64>(address, 8), more);
}

function hashKey(shape: u32, address0: u64, address1: u64, more: u32): u32 {
  let hash = (address0 ^ (((<u64>shape) << 60) | more)) * 0x9e3779b97f4a7c15;
  hash = (hash ^ address1 ^ (hash >> 29)) * 0xbf58476d1ce4e5b9;
  const folded = <u32>(hash >> 32);
  return folded == 0 ? 1 : folded;
}

/** The slot of a hash, or the empty one where it would go. */
function slotOf(index: ChainIndex, hash: u32): IndexSlot {
  let at = hash & index.slotMask;
  while (true) {
    const slot = changetype<IndexSlot>(index.slots + at * SLOT_SIZE);
    if (slot.hash == hash || slot.count == 0) return slot;
    at = (at + 1) & index.slotMask;
  }
  return changetype<IndexSlot>(0);
}

function addPosition(slot: IndexSlot, position: u32): void {
  if (slot.count == 0) {
    slot.positions = changetype<usize>(slot) + offsetof<IndexSlot>("single");
  } else if (slot.count == 1 || slot.count == slot.single) {
    const capacity = slot.count * 2;
    const moved = allocate(capacity * 4);
    memory.copy(moved, slot.positions, slot.count * 4);
    if (slot.count > 1) release(slot.positions);
    slot.positions = moved;
    slot.single = capacity;
  }
  store<u32>(slot.positions + (slot.count << 2), position);
  slot.count += 1;
}
