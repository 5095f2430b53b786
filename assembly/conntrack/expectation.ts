import { CtEvent, EXPECT_INACTIVE, EXPECT_PERMANENT, Helper } from "../abi/conntrack";
import { allocate } from "../memory/allocate";
import { Pool } from "../memory/pool";
import { hz, nowTicks } from "../packet/clock";
import { config } from "../packet/config";
import { ctZone, Entry } from "./entry";
import { reportExpectation } from "./expectation-event";
import { Expectation, isOver } from "./expected";
import { Help, helperOf, helpOf } from "./extension";
import { Tuple } from "./tuple";
import { hashTuple4, hashTuple6 } from "./tuple-hash";

export { Expectation, isOver, OnArrival } from "./expected";

/** How {@link expectRelated} went. */
export enum Expect {
  Ok = 0,
  /** Another one clashes (-EBUSY). */
  Busy = 1,
  /** The same is expected by another connection (-EALREADY). */
  Already = 2,
  /** The table is full (-EMFILE). */
  Full = 3,
  /** The master never had a helper (-ESHUTDOWN). */
  NoHelper = 4,
}

/** Policy of FTP and TFTP: one expectation a connection, for five minutes. */
const MAX_EXPECTED: u32 = 1;
const POLICY_SECONDS: u64 = 300;

const BUCKETS: u32 = 256;
const heads = allocate(BUCKETS << 2);
const expectations = Pool.create(offsetof<Expectation>());

/** How many there are (cnet->expect_count). */
let count: u32 = 0;
/** No expectation ends before this tick. */
let earliestEnd: u64 = u64.MAX_VALUE;

export function expectationCount(): u32 {
  return count;
}

/** An expectation of `master`'s, not in the table yet (nf_ct_expect_alloc, nf_ct_expect_init). */
export function newExpectation(master: Entry): Expectation {
  const made = changetype<Expectation>(expectations.take());
  made.master = changetype<usize>(master);
  made.zoneId = ctZone(changetype<usize>(master)) & 0xffff;
  made.helper = <u8>helperOf(master);
  return made;
}

/** Frees one that is not in the table. */
export function giveExpectation(expectation: Expectation): void {
  expectations.give(changetype<usize>(expectation));
}

/** Enters an expectation (nf_ct_expect_related). Whatever the answer but `Ok`, it stays the caller's. */
export function expectRelated(made: Expectation): Expect {
  const master = changetype<Entry>(made.master);
  if (helpOf(master) == 0) return Expect.NoHelper;
  const help = changetype<Help>(helpOf(master));
  const head = headOf(made);
  let at = load<usize>(head);
  while (at != 0) {
    const other = changetype<Expectation>(at);
    at = other.next;
    if (isOver(other)) {
      unlink(other);
    } else if (other.master == made.master && isSame(other, made)) {
      if (other.class != made.class) return Expect.Already;
      unlink(other);
      break;
    } else if (clashes(other, made)) {
      return Expect.Busy;
    }
  }
  if (help.helper != Helper.None && help.expecting >= MAX_EXPECTED) evictOldest(help, made.class);
  if (count >= config.expectMax) removeOver();
  if (count >= config.expectMax) return Expect.Full;
  insert(made, help, head);
  return Expect.Ok;
}

/**
 * The expectation that a new connection meets (nf_ct_find_expectation), out of the table unless it is permanent.
 *
 * @returns its address, 0 for none. Give it to {@link giveMet} when done.
 */
export function meetExpectation(tuple: Tuple, zone: u32): usize {
  if (count == 0) return 0;
  let at = load<usize>(headOf(tuple));
  while (at != 0) {
    const met = changetype<Expectation>(at);
    at = met.next;
    if (isOver(met)) {
      unlink(met);
      continue;
    }
    if (met.flags & EXPECT_INACTIVE || !fits(tuple, met) || met.zoneId != (zone & 0xffff)) continue;
    // Nobody can know of it before the master's packet has left; and a master that ends takes it along.
    const master = changetype<Entry>(met.master);
    if (!master.isConfirmed || master.isDying) return 0;
    if (!(met.flags & EXPECT_PERMANENT)) take(met);
    return changetype<usize>(met);
  }
  return 0;
}

/** The new connection is set up: frees what it met. */
export function giveMet(met: Expectation): void {
  if (!(met.flags & EXPECT_PERMANENT)) giveExpectation(met);
}

/** Ends all expectations of a connection (nf_ct_remove_expectations). */
export function removeExpectations(entry: Entry): void {
  const help = helpOf(entry);
  if (help == 0) return;
  while (changetype<Help>(help).expectations != 0) {
    unlink(changetype<Expectation>(changetype<Help>(help).expectations));
  }
}

/** Takes an expectation back before its time. */
export function unexpect(expectation: Expectation): void {
  unlink(expectation);
}

/** For the host: the first bucket's head, and how many there are. */
export function expectationHead(bucket: u32): usize {
  return load<usize>(heads + (bucket << 2));
}

export const EXPECTATION_BUCKETS: u32 = BUCKETS;

/** Lists are by destination, which is never masked. */
function headOf(tuple: Tuple): usize {
  const ports = tuple.ports >> 16;
  const rest: u32 = tuple.protocol;
  const hash =
    tuple.family == 4
      ? hashTuple4(tuple.destination0, ports, rest)
      : hashTuple6(changetype<usize>(destinationOnly(tuple)), ports, rest);
  return heads + ((<usize>(hash >> 56)) << 2);
}

const hashed = changetype<Tuple>(allocate(offsetof<Tuple>()));

function destinationOnly(tuple: Tuple): Tuple {
  hashed.destination0 = tuple.destination0;
  hashed.destination1 = tuple.destination1;
  return hashed;
}

function sameDestination(a: Tuple, b: Tuple): bool {
  return (
    a.destination0 == b.destination0 &&
    a.destination1 == b.destination1 &&
    a.ports >> 16 == b.ports >> 16 &&
    a.protocol == b.protocol &&
    a.family == b.family
  );
}

/** Is the tuple one of those expected (nf_ct_tuple_mask_cmp)? */
function fits(tuple: Tuple, expectation: Expectation): bool {
  return agrees(tuple, expectation, expectation.mask0, expectation.mask1, expectation.portMask);
}

function agrees(a: Tuple, b: Tuple, mask0: u64, mask1: u64, portMask: u32): bool {
  return (
    ((a.source0 ^ b.source0) & mask0) == 0 &&
    ((a.source1 ^ b.source1) & mask1) == 0 &&
    ((a.ports ^ b.ports) & portMask) == 0 &&
    sameDestination(a, b)
  );
}

function isSame(a: Expectation, b: Expectation): bool {
  return (
    a.source0 == b.source0 &&
    a.source1 == b.source1 &&
    a.ports == b.ports &&
    sameDestination(a, b) &&
    a.mask0 == b.mask0 &&
    a.mask1 == b.mask1 &&
    a.portMask == b.portMask &&
    a.zoneId == b.zoneId
  );
}

/** Could one connection meet both (expect_clash)? */
function clashes(a: Expectation, b: Expectation): bool {
  return agrees(a, b, a.mask0 & b.mask0, a.mask1 & b.mask1, a.portMask & b.portMask) && a.zoneId == b.zoneId;
}

/** Ends those of the master's whose time has come, then the oldest of a class where there are still too many. */
function evictOldest(help: Help, ofClass: u32): void {
  let at = help.expectations;
  let last: usize = 0;
  while (at != 0) {
    const expectation = changetype<Expectation>(at);
    at = expectation.nextOfMaster;
    if (isOver(expectation)) unlink(expectation);
    else if (expectation.class == ofClass) last = changetype<usize>(expectation);
  }
  if (last != 0 && <u32>help.expecting >= MAX_EXPECTED) unlink(changetype<Expectation>(last));
}

/** Ends expectations whose time has come. */
export function expireExpectations(): void {
  if (nowTicks >= earliestEnd) removeOver();
}

function removeOver(): void {
  earliestEnd = u64.MAX_VALUE;
  for (let bucket: u32 = 0; bucket < BUCKETS; bucket++) {
    let at = load<usize>(heads + (bucket << 2));
    while (at != 0) {
      const expectation = changetype<Expectation>(at);
      at = expectation.next;
      if (isOver(expectation)) unlink(expectation);
      else earliestEnd = min(earliestEnd, expectation.timeout);
    }
  }
}

function insert(made: Expectation, help: Help, head: usize): void {
  made.timeout = nowTicks + (help.helper == Helper.None ? 0 : POLICY_SECONDS * hz);
  made.next = load<usize>(head);
  store<usize>(head, changetype<usize>(made));
  made.nextOfMaster = help.expectations;
  help.expectations = changetype<usize>(made);
  help.expecting += 1;
  count += 1;
  earliestEnd = min(earliestEnd, made.timeout);
  reportExpectation(made, CtEvent.ExpectNew);
}

/** Out of both lists, and freed. */
function unlink(expectation: Expectation): void {
  take(expectation);
  giveExpectation(expectation);
}

function take(expectation: Expectation): void {
  reportExpectation(expectation, CtEvent.ExpectDestroy);
  const at = changetype<usize>(expectation);
  const help = changetype<Help>(helpOf(changetype<Entry>(expectation.master)));
  removeFrom(headOf(expectation), at, offsetof<Expectation>("next"));
  removeFrom(changetype<usize>(help) + offsetof<Help>("expectations"), at, offsetof<Expectation>("nextOfMaster"));
  help.expecting -= 1;
  count -= 1;
}

function removeFrom(head: usize, at: usize, link: usize): void {
  let place = head;
  while (load<usize>(place) != at) place = load<usize>(place) + link;
  store<usize>(place, load<usize>(at + link));
}
