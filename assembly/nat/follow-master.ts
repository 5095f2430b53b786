import { NAT_RANGE_MAP_IPS, NAT_RANGE_PROTO_SPECIFIED } from "../abi/nat";
import { Entry } from "../conntrack/entry";
import { Expect, Expectation, expectRelated } from "../conntrack/expectation";
import { loadTuple, newTuple, Tuple } from "../conntrack/tuple";
import { allocate } from "../memory/allocate";
import { randomBelow } from "../packet/random";
import { bind } from "./binding";
import { Manip } from "./manip";
import { NatRange } from "./range";

/** NAT of expected connections (net/netfilter/nf_nat_helper.c). */

const range = changetype<NatRange>(allocate(offsetof<NatRange>()));
const masterTuple = newTuple();
const LAST_PORT: u32 = 65535;
const MAX_ATTEMPTS: u32 = 128;

/** An expected connection is translated as its master is (nf_nat_follow_master), to the port that was announced. */
export function followMaster(entry: Entry, expectation: Expectation): void {
  loadTuple(changetype<Entry>(expectation.master), expectation.direction ^ 1, masterTuple);
  bindTo(entry, changetype<usize>(masterTuple) + offsetof<Tuple>("destination0"), 0, NAT_RANGE_MAP_IPS, Manip.Source);
  loadTuple(changetype<Entry>(expectation.master), expectation.direction ^ 1, masterTuple);
  const port: u32 = bswap<u16>(expectation.savedPort);
  const flags = NAT_RANGE_MAP_IPS | NAT_RANGE_PROTO_SPECIFIED;
  bindTo(entry, changetype<usize>(masterTuple), port, flags, Manip.Destination);
}

function bindTo(entry: Entry, address: usize, port: u32, flags: u32, manip: Manip): void {
  memory.copy(changetype<usize>(range) + offsetof<NatRange>("min0"), address, 16);
  memory.copy(changetype<usize>(range) + offsetof<NatRange>("max0"), address, 16);
  range.minPort = <u16>port;
  range.maxPort = <u16>port;
  range.flags = flags;
  bind(entry, range, manip);
}

/**
 * Enters an expectation under a port that nobody else expects, `port` where possible (nf_nat_exp_find_port).
 *
 * @returns the port, 0 when none was free; the expectation is then not in the table.
 */
export function expectOnFreePort(expectation: Expectation, port: u32): u32 {
  const choice = LAST_PORT - port;
  let left = <i32>min(choice, MAX_ATTEMPTS);
  let tried = port;
  while (true) {
    expectation.toPort(bswap<u16>(<u16>tried));
    const answer = expectRelated(expectation);
    if (answer == Expect.Ok) return tried;
    left -= 1;
    if (answer != Expect.Busy || left < 0) return 0;
    tried = port + randomBelow(choice);
  }
}
