import { hz, nowTicks } from "../packet/clock";
import { Entry } from "./entry";
import { Expectation, isOver } from "./expected";
import { loadTuple, newTuple, Tuple } from "./tuple";

/** An expectation as the host reads it, in listings and in events. Ports are in host order. */
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
  /** Of the connection's original direction; read when restoring only. */
  masterZone: u16;
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

/** Fills the record of an expectation, which the next call overwrites. @returns its address. */
export function describeExpectation(expectation: Expectation): usize {
  const to = changetype<usize>(record);
  memory.copy(to, changetype<usize>(expectation), 32);
  record.mask0 = expectation.mask0;
  record.mask1 = expectation.mask1;
  loadTuple(changetype<Entry>(expectation.master), 0, tuple);
  memory.copy(to + offsetof<ExpectationRecord>("masterSource0"), changetype<usize>(tuple), 32);
  record.masterSourcePort = <u16>tuple.sourcePort;
  record.masterDestinationPort = <u16>tuple.destinationPort;
  record.secondsLeft = isOver(expectation) ? 0 : <u32>((expectation.timeout - nowTicks) / hz);
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
