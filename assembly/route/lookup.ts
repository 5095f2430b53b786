import { RouteType } from "../abi/route";
import { allocate } from "../memory/allocate";
import { FibEntry, FibNextHop, FibTable, findPrefix, mask0, mask1 } from "./fib";
import { FlowKey } from "./route";

/** How a look-up in a table ends; the names of the errors are those of errno. */
export enum FibStatus {
  Found = 0,
  /** No route, or a throw route: the next rule's table is asked. */
  Again = 1,
  NetUnreachable = 2,
  HostUnreachable = 3,
  Prohibited = 4,
  Invalid = 5,
}

/** A route and the next hop chosen in it. */
@unmanaged
export class FibResult {
  /** A `FibEntry`, 0 for none. */
  entry: usize;
  /** A `FibNextHop` of it, 0 for none. */
  hop: usize;
  /** The table where it was found. */
  table: usize;
}

export function newFibResult(): FibResult {
  return changetype<FibResult>(allocate(offsetof<FibResult>()));
}

/** Looks a flow up in one table (fib_table_lookup, fib6_table_lookup). */
export function lookupTable(flow: FlowKey, table: usize, result: FibResult): FibStatus {
  const record = changetype<FibTable>(table);
  const lengths = record.lengths;
  const count = record.lengthCount;
  result.table = table;
  for (let i: u32 = 0; i < count; i++) {
    const length: u32 = load<u8>(lengths + i);
    const first = findPrefix(record, length, flow.destination0 & mask0(length), flow.destination1 & mask1(length));
    if (first == 0) continue;
    const found = flow.family == 4 ? select4(flow, first, result) : select6(flow, first, result);
    if (found) return statusOf(changetype<FibEntry>(result.entry).type);
  }
  result.entry = 0;
  result.hop = 0;
  return FibStatus.Again;
}

function statusOf(type: u32): FibStatus {
  const routeType: RouteType = type;
  switch (routeType) {
    case RouteType.Blackhole:
      return FibStatus.Invalid;
    case RouteType.Unreachable:
      return FibStatus.HostUnreachable;
    case RouteType.Prohibit:
      return FibStatus.Prohibited;
    case RouteType.Throw:
      return FibStatus.Again;
    default:
      return FibStatus.Found;
  }
}

/** The first route of the prefix that fits the TOS and has a usable next hop. */
function select4(flow: FlowKey, first: usize, result: FibResult): bool {
  for (let at = first; at != 0; at = changetype<FibEntry>(at).next) {
    const entry = changetype<FibEntry>(at);
    if (entry.tos != 0 && entry.tos != flow.tos) continue;
    result.entry = at;
    result.hop = 0;
    if (statusOf(entry.type) != FibStatus.Found) return true;
    for (let i: u32 = 0; i < entry.nextHopCount; i++) {
      const hop = entry.nextHop(i);
      if (hop.dead || (flow.outDevice != 0 && flow.outDevice != hop.device)) continue;
      result.hop = changetype<usize>(hop);
      return true;
    }
  }
  return false;
}

/** The best scored route of the smallest metric that has one (rt6_select, find_rr_leaf). */
function select6(flow: FlowKey, first: usize, result: FibResult): bool {
  let best: i32 = -1;
  let metric: u32 = 0;
  for (let at = first; at != 0; at = changetype<FibEntry>(at).next) {
    const entry = changetype<FibEntry>(at);
    if (best >= 0 && entry.metric != metric) break;
    if (!fitsSource(entry, flow)) continue;
    if (entry.nextHopCount == 0 && best < 0) {
      // Rejecting routes hang on lo.
      best = 2;
      metric = entry.metric;
      result.entry = at;
      result.hop = 0;
    }
    for (let i: u32 = 0; i < entry.nextHopCount; i++) {
      const score = scoreOf(entry.nextHop(i), flow);
      if (score <= best) continue;
      best = score;
      metric = entry.metric;
      result.entry = at;
      result.hop = changetype<usize>(entry.nextHop(i));
    }
  }
  return best >= 0;
}

function fitsSource(entry: FibEntry, flow: FlowKey): bool {
  const length: u32 = entry.sourceLength;
  if (length == 0) return true;
  if (((entry.source0 ^ flow.source0) & mask0(length)) != 0) return false;
  return ((entry.source1 ^ flow.source1) & mask1(length)) == 0;
}

/** rt6_score_route: negative means that the next hop cannot be used. */
function scoreOf(hop: FibNextHop, flow: FlowKey): i32 {
  if (hop.dead) return -1;
  if (flow.preferredDevice == 0 || flow.preferredDevice == hop.device) return 2;
  return flow.strictDevice ? -1 : 0;
}
