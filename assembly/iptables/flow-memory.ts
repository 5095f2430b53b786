import { CtInfo, IPS_CONFIRMED } from "../abi/conntrack";
import { PROTO_TCP } from "../abi/protocol";
import { setGeneration } from "../ipset/index";
import { Pool } from "../memory/pool";
import { config } from "../packet/config";
import { Packet } from "../packet/packet";
import { routeGeneration } from "../route/index";
import { CONSULTED_KEYED, CONSULTED_SET, CONSULTED_TCP_FLAGS, context } from "./context";
import { giveHead, memoriesOf } from "./flow-head";
import { addressesOf, portsOf } from "./flow-print";
import { isIndexable } from "./indexable";

/**
 * What a packet of one direction of a connection met in one table at one hook, and everything that this depended on.
 * While the key is the same the walk need not be walked again: its steps are counted, its marks set, its verdict given.
 *
 * Addresses, ports and protocol stand in the key although they follow from direction and hook: IPVS sends packets of one
 * entry in several forms. What is neither keyed nor constant makes a walk not remembered (`CONSULTED_*`).
 */
@unmanaged
export class FlowMemory {
  addresses: u64;
  /** Sets that the walk looked into (0: none), and what they were then. */
  setGeneration0: u64;
  setGeneration1: u64;
  set0: u32;
  set1: u32;
  ports: u32;
  /** The next one of the same direction. */
  next: usize;
  /** Number of the walk. */
  walk: u32;
  generation: u32;
  mark: u32;
  ctMark: u32;
  newMark: u32;
  newCtMark: u32;
  ctStatus: u16;
  inDevice: u16;
  outDevice: u16;
  /** Hook << 3 | table. */
  place: u8;
  ctinfo: u8;
  protocol: u8;
  /** TCP flags, where the walk looked at them. */
  tcpFlags: u8;
  flagsKeyed: bool;
  verdict: u8;
  reason: u8;
}

/** At most this many states of one place are kept for a direction; the last in the list makes room. */
const STATES_PER_PLACE: u32 = 4;

const memories = Pool.create(offsetof<FlowMemory>());

/** Grows when any table is replaced, or anything else that rules depend on. */
let generation: u32 = 1;

export function forgetFlows(): void {
  generation += 1;
}

/** Rules ask for routes, too (addrtype, rpfilter): another number voids everything remembered. */
export function flowGeneration(): u32 {
  return generation + routeGeneration();
}

/**
 * Can walks of this packet be remembered? It needs a confirmed entry to hang them on, and a complete header. Errors about
 * a connection (RELATED) come from anywhere, so they are not alike.
 */
export function isMemorable(packet: Packet, ctStatus: u32): bool {
  if (!config.pathCache) return false;
  const ctinfo: CtInfo = packet.ctinfo;
  if (ctinfo == CtInfo.Related || ctinfo == CtInfo.RelatedReply) return false;
  return (ctStatus & IPS_CONFIRMED) != 0 && !packet.moreFragments && isIndexable(packet);
}

/** The remembered walk for this place and state, or null. `head` is the first memory of the packet's direction. */
export function recall(packet: Packet, head: usize, ctStatus: u32, ctMark: u32): FlowMemory | null {
  const place = placeOf();
  for (let at = head; at != 0; ) {
    const known = changetype<FlowMemory>(at);
    if (known.place == place && isValid(packet, known, ctStatus, ctMark)) return known;
    at = known.next;
  }
  return null;
}

/** May the walk that just ended be remembered? */
export function isRepeatable(): bool {
  const known = CONSULTED_KEYED | CONSULTED_SET | CONSULTED_TCP_FLAGS;
  return (context.consulted & ~known) == 0;
}

/** What a walk found and left behind; the key is taken from the packet and the context. */
@unmanaged
export class WalkOutcome {
  walk: u32;
  /** A `Verdict` and a `Reason`. */
  verdict: u32;
  reason: u32;
  /** The packet's mark before, and the connection's before and after. */
  mark: u32;
  ctMark: u32;
  newCtMark: u32;
  ctStatus: u32;
}

/**
 * Remembers a walk, in place of one of the same place that is no longer valid, or that this state replaces.
 * @returns the first memory of the direction.
 */
export function remember(packet: Packet, head: usize, outcome: WalkOutcome): usize {
  const place = placeOf();
  let known = findStale(head, place);
  if (known === null) {
    known = changetype<FlowMemory>(memories.take());
    known.next = head;
    head = changetype<usize>(known);
  }
  known.addresses = addressesOf(packet);
  known.ports = portsOf(packet);
  known.protocol = packet.protocol;
  known.walk = outcome.walk;
  known.generation = flowGeneration();
  known.set0 = context.set0;
  known.set1 = context.set1;
  known.setGeneration0 = context.set0 == 0 ? 0 : setGeneration(context.set0);
  known.setGeneration1 = context.set1 == 0 ? 0 : setGeneration(context.set1);
  known.mark = outcome.mark;
  known.ctMark = outcome.ctMark;
  known.ctStatus = <u16>outcome.ctStatus;
  known.newMark = packet.mark;
  known.newCtMark = outcome.newCtMark;
  known.inDevice = <u16>context.inDevice;
  known.outDevice = <u16>context.outDevice;
  known.place = place;
  known.ctinfo = packet.ctinfo;
  known.flagsKeyed = (context.consulted & CONSULTED_TCP_FLAGS) != 0;
  known.tcpFlags = tcpFlags(packet);
  known.verdict = <u8>outcome.verdict;
  known.reason = <u8>outcome.reason;
  return head;
}

/** Frees what hangs on a direction; called when its connection goes. */
export function forgetFlow(head: usize): void {
  forgetMemories(memoriesOf(head));
  giveHead(head);
}

/** Frees a list of memories. */
export function forgetMemories(first: usize): void {
  while (first != 0) {
    const next = changetype<FlowMemory>(first).next;
    memories.give(first);
    first = next;
  }
}

function placeOf(): u8 {
  return <u8>((context.hook << 3) | context.table);
}

function isValid(packet: Packet, known: FlowMemory, ctStatus: u32, ctMark: u32): bool {
  if (known.generation != flowGeneration()) return false;
  // Every recorded step shows the mark that it saw; only a walk that leaves it alone can be told again.
  if (config.record && known.newMark != known.mark) return false;
  if (known.ctinfo != packet.ctinfo || known.mark != packet.mark) return false;
  if (known.ctStatus != ctStatus || known.ctMark != ctMark) return false;
  if (known.inDevice != context.inDevice || known.outDevice != context.outDevice) return false;
  if (known.flagsKeyed && known.tcpFlags != tcpFlags(packet)) return false;
  if (known.protocol != packet.protocol || known.ports != portsOf(packet)) return false;
  return known.addresses == addressesOf(packet) && !isSetChanged(known);
}

function isSetChanged(known: FlowMemory): bool {
  if (known.set0 == 0) return false;
  if (setGeneration(known.set0) != known.setGeneration0) return true;
  return known.set1 != 0 && setGeneration(known.set1) != known.setGeneration1;
}

function findStale(head: usize, place: u8): FlowMemory | null {
  const now = flowGeneration();
  let found: u32 = 0;
  let last: usize = 0;
  for (let at = head; at != 0; ) {
    const known = changetype<FlowMemory>(at);
    if (known.place == place) {
      if (known.generation != now || isSetChanged(known)) return known;
      found += 1;
      last = at;
    }
    at = known.next;
  }
  return found < STATES_PER_PLACE ? null : changetype<FlowMemory>(last);
}

export function tcpFlags(packet: Packet): u8 {
  return packet.protocol == PROTO_TCP ? load<u8>(packet.transport, 13) : 0;
}
