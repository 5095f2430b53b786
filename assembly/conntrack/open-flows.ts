import { allocate } from "../memory/allocate";
import { PagedArray } from "../memory/paged-array";
import { Packet } from "../packet/packet";
import { Entry } from "./entry";
import { copyTuple, loadTuple, newTuple, sameTuple, Tuple } from "./tuple";
import { hashTuple } from "./tuple-hash";

/**
 * Connections that were open before the capture began, as far as their first packet here shows it: TCP in the middle, answers whose
 * question was never seen. The report names them and asks for the table that the node had.
 */
@unmanaged
export class OpenFlow extends Tuple {
  /** Packets that showed it, and the number of the first. */
  packets: u32;
  firstPacket: u32;
  /** The next one with the same hash: its number plus 1, 0 for none. */
  next: u32;
}

/** Named at most; of more than that only the packets are counted. */
const LIMIT: u32 = 1024;
const FLOW_SHIFT: u32 = 6;

const flows = PagedArray.create(FLOW_SHIFT);
const heads = allocate(LIMIT << 2);
const tuple = newTuple();
let count: u32 = 0;
let packets: u32 = 0;
let unnamed: u32 = 0;

/** Connections that are named, packets that showed any, and those of them that no named one has. */
export function openFlowCount(): u32 {
  return count;
}

export function openFlowPackets(): u32 {
  return packets;
}

export function openFlowsUnnamed(): u32 {
  return unnamed;
}

/** Address of the {@link OpenFlow} with a number. */
export function openFlow(number: u32): usize {
  return flows.at(number);
}

/** The packet shows that its connection, whose entry is new, has been open before. */
export function noteOpenFlow(entry: Entry, packet: Packet): void {
  packets += 1;
  loadTuple(entry, 0, tuple);
  const head = heads + ((<usize>hashTuple(tuple, 0) & (LIMIT - 1)) << 2);
  for (let number = load<u32>(head); number != 0; number = flowAt(number).next) {
    if (!sameTuple(flowAt(number), tuple)) continue;
    flowAt(number).packets += 1;
    return;
  }
  if (count == LIMIT) {
    unnamed += 1;
    return;
  }
  count += 1;
  flows.reserve(count);
  const flow = flowAt(count);
  copyTuple(flow, tuple);
  flow.packets = 1;
  flow.firstPacket = packet.number;
  flow.next = load<u32>(head);
  store<u32>(head, count);
}

/** Numbered from 1 here. */
function flowAt(number: u32): OpenFlow {
  return changetype<OpenFlow>(flows.at(number - 1));
}

assert(offsetof<OpenFlow>() <= 1 << FLOW_SHIFT);
