import { hz, nowTicks } from "../packet/clock";
import { Entry } from "./entry";
import { EXPECTATION_BUCKETS, Expectation, expectationHead, isOver } from "./expectation";
import { loadTuple, newTuple, Tuple } from "./tuple";

/** An expectation as the host reads it, filled by nextExpectation(). Ports are in host order. */
@unmanaged
export class ExpectationRecord {
  source0: u64;
  source1: u64;
  destination0: u64;
  destination1: u64;
  mask0: u64;
  mask1: u64;
  masterSource0: u64;
  masterSource1: u64;
  masterDestination0: u64;
  masterDestination1: u64;
  secondsLeft: u32;
  sourcePort: u16;
  destinationPort: u16;
  sourcePortMask: u16;
  masterSourcePort: u16;
  masterDestinationPort: u16;
  family: u8;
  protocol: u8;
  /** `EXPECT_*` bits. */
  flags: u8;
  class: u8;
  /** A `Helper`. */
  helper: u8;
}

const record = changetype<ExpectationRecord>(memory.data(offsetof<ExpectationRecord>(), 8));
const tuple = newTuple();

let bucket: u32 = 0;
let at: usize = 0;

/** Begins a walk over what is expected. */
export function firstExpectation(): void {
  bucket = 0;
  at = expectationHead(0);
}

/** @returns address of an `ExpectationRecord` that the next call overwrites; 0 at the end. */
export function nextExpectation(): usize {
  while (true) {
    while (at == 0) {
      bucket += 1;
      if (bucket >= EXPECTATION_BUCKETS) return 0;
      at = expectationHead(bucket);
    }
    const expectation = changetype<Expectation>(at);
    at = expectation.next;
    if (!isOver(expectation)) return describe(expectation);
  }
}

function describe(expectation: Expectation): usize {
  const to = changetype<usize>(record);
  memory.copy(to, changetype<usize>(expectation), 32);
  record.mask0 = expectation.mask0;
  record.mask1 = expectation.mask1;
  loadTuple(changetype<Entry>(expectation.master), 0, tuple);
  memory.copy(to + offsetof<ExpectationRecord>("masterSource0"), changetype<usize>(tuple), 32);
  record.masterSourcePort = <u16>tuple.sourcePort;
  record.masterDestinationPort = <u16>tuple.destinationPort;
  record.secondsLeft = <u32>((expectation.timeout - nowTicks) / hz);
  record.sourcePort = <u16>expectation.sourcePort;
  record.destinationPort = <u16>expectation.destinationPort;
  record.sourcePortMask = <u16>expectation.portMask;
  record.family = expectation.family;
  record.protocol = expectation.protocol;
  record.flags = expectation.flags;
  record.class = expectation.class;
  record.helper = expectation.helper;
  return to;
}

assert(offsetof<Tuple>("ports") == 32);
