import { detach } from "../conntrack/index";
import { allocate } from "../memory/allocate";
import { Pool } from "../memory/pool";
import { nowTicks } from "../packet/clock";
import { freePacket, HEADROOM, ownBuffer, Packet } from "../packet/packet";
import { slotEnd, wheelLevel } from "../packet/timer-wheel";
import { releaseSizes } from "./fragment-sizes";

/**
 * Queues of fragments that wait for the rest of their datagram (net/ipv4/inet_fragment.c).
 *
 * ```text
 * hash of key ─▶ FragQueue ── first ─▶ Fragment 0..1400 ─▶ Fragment 1400..2800      Fragment 5600..7000
 *                                      └── run: arrived one after the other ──┘     └── another run ──┘
 * ```
 * A piece inside one run is a duplicate; one that touches a run otherwise is an overlap.
 */
@unmanaged
export class FragQueue {
  source0: u64;
  source1: u64;
  destination0: u64;
  destination1: u64;
  id: u32;
  /** Kept apart: the stack's own queues and those of each hook. */
  user: u32;
  /** A `FragKind`. */
  kind: u8;
  protocol: u8;
  /** Device, for IPv6 addresses that mean something else on every link. */
  scopeDevice: u16;
  /** Tick at which it is given up, the slot of the timer wheel that this is one of, and the place in it. */
  due: u64;
  level: u32;
  startNumber: u32;
  first: usize;
  /** Last piece of the run that lies farthest, and that run's first. */
  tail: usize;
  lastRun: usize;
  /** Length of the datagram's payload as far as known, and how much of it is here. */
  length: u32;
  meat: u32;
  count: u32;
  /** Largest fragment, and largest with DF. */
  maxSize: u32;
  maxDfSize: u32;
  /** The source's count of fragments when the last one came. */
  peerCount: u32;
  memory: u32;
  inDevice: u32;
  /** ECN fields seen, a bit each. */
  ecn: u8;
  firstIn: u8;
  lastIn: u8;
  nextInBucket: usize;
  /** Queues of a kind in the order in which they are given up. */
  sooner: usize;
  later: usize;
}

/** Whose rules and limits hold: IPv4, conntrack's IPv6, the stack's IPv6. */
export enum FragKind {
  Ipv4 = 0,
  Conntrack6 = 1,
  Ipv6 = 2,
}

@unmanaged
export class Fragment {
  packet: Packet;
  next: usize;
  offset: u32;
  end: u32;
  /** Bytes of header before the payload. */
  header: u32;
  /** Does a run begin here? */
  startsRun: u32;
}

const queues = Pool.create(offsetof<FragQueue>());
const fragments = Pool.create(offsetof<Fragment>());

const BUCKETS: u32 = 1024;
const buckets: usize = allocate(BUCKETS << 2);

/** Queues of a kind by their timers: the first and last to be given up, and the first of the last one's slot. */
@unmanaged
class TimerEnds {
  first: usize;
  last: usize;
  lastSlot: usize;
}

const KINDS: usize = 3;
const timers: usize = allocate(KINDS * offsetof<TimerEnds>());
const memoryInUse: usize = allocate(KINDS << 2);
let starts: u32 = 0;

function timerEnds(kind: usize): TimerEnds {
  return changetype<TimerEnds>(timers + kind * offsetof<TimerEnds>());
}

export function memoryOf(kind: FragKind): u32 {
  return load<u32>(memoryInUse + ((<usize>kind) << 2));
}

/** Size of the kernel's queue record (struct ipq, struct frag_queue), which counts as memory. */
const QUEUE_MEMORY: u32 = 216;

/** Finds the queue that has the key of `wanted`, or makes one that is given up after `timeout` ticks or a little more. */
export function findQueue(wanted: FragQueue, timeout: u64): FragQueue {
  const bucket = bucketOf(wanted);
  for (let at = load<usize>(bucket); at != 0; at = changetype<FragQueue>(at).nextInBucket) {
    if (isSame(changetype<FragQueue>(at), wanted)) return changetype<FragQueue>(at);
  }
  const queue = changetype<FragQueue>(queues.take());
  memory.copy(changetype<usize>(queue), changetype<usize>(wanted), offsetof<FragQueue>());
  queue.nextInBucket = load<usize>(bucket);
  store<usize>(bucket, changetype<usize>(queue));
  charge(queue, QUEUE_MEMORY);
  startTimer(queue, timeout);
  return queue;
}

function isSame(a: FragQueue, b: FragQueue): bool {
  if (a.id != b.id || a.user != b.user || a.kind != b.kind || a.protocol != b.protocol) return false;
  if (a.source0 != b.source0 || a.destination0 != b.destination0 || a.scopeDevice != b.scopeDevice) return false;
  return a.source1 == b.source1 && a.destination1 == b.destination1;
}

function bucketOf(queue: FragQueue): usize {
  let hash = (queue.source0 ^ queue.id) * 0x9e3779b97f4a7c15;
  hash ^= (queue.source1 ^ queue.destination0) * 0xc2b2ae3d27d4eb4f;
  hash ^= queue.destination1 * 0x165667b19e3779f9;
  return buckets + ((<usize>((hash ^ (hash >> 32)) & (BUCKETS - 1))) << 2);
}

/** Behind the timers of earlier slots, before those of its own. */
function startTimer(queue: FragQueue, timeout: u64): void {
  setSlot(queue, timeout);
  const ends = timerEnds(queue.kind);
  queue.startNumber = starts++;
  const isSlotMate = ends.last != 0 && changetype<FragQueue>(ends.last).due == queue.due;
  queue.later = isSlotMate ? ends.lastSlot : 0;
  queue.sooner = queue.later != 0 ? changetype<FragQueue>(queue.later).sooner : ends.last;
  if (queue.sooner != 0) changetype<FragQueue>(queue.sooner).later = changetype<usize>(queue);
  else ends.first = changetype<usize>(queue);
  if (queue.later != 0) changetype<FragQueue>(queue.later).sooner = changetype<usize>(queue);
  else ends.last = changetype<usize>(queue);
  ends.lastSlot = changetype<usize>(queue);
}

function setSlot(queue: FragQueue, timeout: u64): void {
  queue.level = wheelLevel(timeout);
  queue.due = slotEnd(nowTicks + timeout, queue.level);
}

function stopTimer(queue: FragQueue): void {
  const ends = timerEnds(queue.kind);
  if (queue.sooner != 0) changetype<FragQueue>(queue.sooner).later = queue.later;
  else ends.first = queue.later;
  if (queue.later != 0) changetype<FragQueue>(queue.later).sooner = queue.sooner;
  else ends.last = queue.sooner;
  if (ends.lastSlot == changetype<usize>(queue)) ends.lastSlot = queue.later;
}

/** The queue that is to be given up next, 0 for none now. */
export function nextDue(): usize {
  let best: usize = 0;
  for (let kind: usize = 0; kind < KINDS; kind++) {
    const at = timerEnds(kind).first;
    if (at == 0 || changetype<FragQueue>(at).due > nowTicks) continue;
    if (best == 0 || isBefore(changetype<FragQueue>(at), changetype<FragQueue>(best))) best = at;
  }
  return best;
}

function isBefore(a: FragQueue, b: FragQueue): bool {
  if (a.due != b.due) return a.due < b.due;
  if (a.level != b.level) return a.level > b.level;
  return a.startNumber > b.startNumber;
}

function charge(queue: FragQueue, bytes: u32): void {
  const at = memoryInUse + ((<usize>queue.kind) << 2);
  store<u32>(at, load<u32>(at) + bytes);
  queue.memory += bytes;
}

/** Begins anew with the same key and a fresh timer (ip_frag_reinit). */
export function restartQueue(queue: FragQueue, timeout: u64): void {
  const due = queue.due;
  setSlot(queue, timeout);
  // A timer that stays in its slot keeps its place there.
  if (queue.due != due) {
    stopTimer(queue);
    startTimer(queue, timeout);
  }
  purge(queue);
  queue.length = 0;
  queue.meat = 0;
  queue.count = 0;
  queue.tail = 0;
  queue.lastRun = 0;
  queue.inDevice = 0;
  queue.ecn = 0;
  queue.firstIn = 0;
  queue.lastIn = 0;
}

/** Gives the queue up with everything in it (inet_frag_kill). */
export function killQueue(queue: FragQueue): void {
  const bucket = bucketOf(queue);
  let at = load<usize>(bucket);
  if (at == changetype<usize>(queue)) {
    store<usize>(bucket, queue.nextInBucket);
  } else {
    while (changetype<FragQueue>(at).nextInBucket != changetype<usize>(queue))
      at = changetype<FragQueue>(at).nextInBucket;
    changetype<FragQueue>(at).nextInBucket = queue.nextInBucket;
  }
  stopTimer(queue);
  purge(queue);
  queues.give(changetype<usize>(queue));
}

function purge(queue: FragQueue): void {
  let at = queue.first;
  while (at != 0) {
    const fragment = changetype<Fragment>(at);
    at = fragment.next;
    releasePacket(fragment.packet);
    fragments.give(changetype<usize>(fragment));
  }
  queue.first = 0;
  const total = memoryInUse + ((<usize>queue.kind) << 2);
  store<u32>(total, load<u32>(total) - queue.memory);
  queue.memory = 0;
}

/** Frees a packet whose end has been reported. */
export function releasePacket(packet: Packet): void {
  releaseSizes(packet);
  detach(packet);
  freePacket(packet);
}

export enum Insertion {
  Done = 0,
  Duplicate = 1,
  Overlap = 2,
}

/** Puts a piece in its place (inet_frag_queue_insert). The packet belongs to the queue only when `Done`. */
export function insertFragment(queue: FragQueue, packet: Packet, header: u32, offset: u32, end: u32): Insertion {
  let startsRun: u32 = 1;
  let previous: usize = 0;
  if (queue.tail != 0) {
    const tail = changetype<Fragment>(queue.tail);
    if (tail.end < end) {
      if (offset < tail.end) return Insertion.Overlap;
      if (offset == tail.end) startsRun = 0;
      previous = queue.tail;
    } else {
      const found = findPlace(queue, offset, end);
      if (found != Insertion.Done) return found;
      previous = placeAfter;
    }
  }
  link(queue, newFragment(packet, header, offset, end, startsRun), previous);
  return Insertion.Done;
}

/** The piece behind which the new one goes, 0 for the front. */
let placeAfter: usize = 0;

function findPlace(queue: FragQueue, offset: u32, end: u32): Insertion {
  placeAfter = 0;
  let at = queue.first;
  while (at != 0) {
    const run = changetype<Fragment>(at);
    let last = run;
    while (last.next != 0 && !changetype<Fragment>(last.next).startsRun) last = changetype<Fragment>(last.next);
    if (end <= run.offset) return Insertion.Done;
    if (offset < last.end) return offset >= run.offset && end <= last.end ? Insertion.Duplicate : Insertion.Overlap;
    placeAfter = changetype<usize>(last);
    at = last.next;
  }
  return Insertion.Done;
}

function newFragment(packet: Packet, header: u32, offset: u32, end: u32, startsRun: u32): Fragment {
  const fragment = changetype<Fragment>(fragments.take());
  fragment.packet = packet;
  fragment.header = header;
  fragment.offset = offset;
  fragment.end = end;
  fragment.startsRun = startsRun;
  return fragment;
}

function link(queue: FragQueue, fragment: Fragment, previous: usize): void {
  const at = changetype<usize>(fragment);
  if (previous == 0) {
    fragment.next = queue.first;
    queue.first = at;
  } else {
    fragment.next = changetype<Fragment>(previous).next;
    changetype<Fragment>(previous).next = at;
  }
  if (queue.tail == 0 || previous == queue.tail) {
    queue.tail = at;
    if (fragment.startsRun) queue.lastRun = at;
  }
  queue.count += 1;
  queue.meat += fragment.end - fragment.offset;
  charge(queue, truesizeOf(fragment.packet.length));
}

/** What a buffer of this many bytes takes of the kernel's memory (SKB_TRUESIZE of a veth or small card's buffer). */
function truesizeOf(length: u32): u32 {
  const needed = length + 64 + 14 + 320;
  let size: u32 = 512;
  while (size < needed) size *= 2;
  return size + 256;
}

/** Moves the packet with its link header out of the host's chunk, which the next packets overwrite. */
export function keepPacket(packet: Packet): void {
  const mac = packet.mac;
  ownBuffer(packet, 0);
  if (mac == 0 || packet.macLength > HEADROOM) return;
  packet.mac = packet.data - packet.macLength;
  memory.copy(packet.mac, mac, packet.macLength);
}
