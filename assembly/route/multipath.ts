import { PROTO_ICMP, PROTO_ICMPV6 } from "../abi/protocol";
import { config } from "../packet/config";
import { Packet } from "../packet/packet";
import { FibEntry, FibNextHop } from "./fib";
import { FibResult } from "./lookup";
import { findNeighbour } from "./neighbour";
import { flowPorts } from "./ports";
import { FlowKey } from "./route";

/** How often a next hop has been chosen among several. */
export let multipathChoices: u32 = 0;

/**
 * Choice among the next hops of a route (fib_select_multipath, fib6_select_path). Unlike Linux, whose hash has a random key
 * a boot, the hash here is fixed: the same flow takes the same next hop in every run, but perhaps not the one that it took
 * on the real node.
 */
export function selectMultipath(flow: FlowKey, packet: Packet | null, result: FibResult): void {
  const entry = changetype<FibEntry>(result.entry);
  if (entry.nextHopCount < 2) return;
  multipathChoices += 1;
  const hash = flow.hash != 0 ? flow.hash : multipathHash(flow, packet);
  if (flow.family == 4) select4(entry, hash, result);
  else select6(entry, flow, hash, result);
}

function select4(entry: FibEntry, hash: u32, result: FibResult): void {
  let first = true;
  for (let i: u32 = 0; i < entry.nextHopCount; i++) {
    const hop = entry.nextHop(i);
    if (hop.dead) continue;
    if (config.fibMultipathUseNeigh) {
      if (!isGood(hop)) continue;
      if (first) result.hop = changetype<usize>(hop);
      first = false;
    }
    if (hash > hop.upperBound) continue;
    result.hop = changetype<usize>(hop);
    return;
  }
}

/** A gateway whose neighbour is known, or no gateway (fib_good_nh). */
function isGood(hop: FibNextHop): bool {
  if (hop.gatewayFamily == 0) return true;
  return findNeighbour(hop.device, hop.gatewayFamily, changetype<usize>(hop)) != 0;
}

function select6(entry: FibEntry, flow: FlowKey, hash: u32, result: FibResult): void {
  const chosen = changetype<FibNextHop>(result.hop);
  if (hash <= chosen.upperBound) return;
  for (let i: u32 = 0; i < entry.nextHopCount; i++) {
    const hop = entry.nextHop(i);
    if (hop == chosen || hop.dead || hash > hop.upperBound) continue;
    if (flow.strictDevice && flow.preferredDevice != 0 && flow.preferredDevice != hop.device) return;
    result.hop = changetype<usize>(hop);
    return;
  }
}

/** 31 bits from what the hash policy names, the same in both directions of a flow. */
export function multipathHash(flow: FlowKey, packet: Packet | null): u32 {
  const policy = flow.family == 4 ? config.fibMultipathHashPolicy : config.ipv6MultipathHashPolicy;
  let source = changetype<usize>(flow) + offsetof<FlowKey>("source0");
  let destination = changetype<usize>(flow);
  let ports: u64 = 0;
  if (policy == 0 && packet !== null) {
    const inner = quotedHeader(packet);
    if (inner != 0) return innerHash(inner, flow.family);
  }
  if (policy == 1) {
    const pair = packet === null ? ((<u32>flow.sourcePort) << 16) | flow.destinationPort : flowPorts(packet);
    ports = sortedPorts(pair) | ((<u64>flow.protocol) << 32);
  }
  return mix(load<u64>(source), load<u64>(source, 8), load<u64>(destination), load<u64>(destination, 8), ports);
}

function sortedPorts(pair: u32): u64 {
  const a = pair >> 16;
  const b = pair & 0xffff;
  return a < b ? ((<u64>a) << 16) | b : ((<u64>b) << 16) | a;
}

/** The quoted IP header of an ICMP error whose flow is to take the same way (ip_multipath_l3_keys), 0 for others. */
function quotedHeader(packet: Packet): usize {
  if (packet.fragmentOffset != 0) return 0;
  const header: u32 = packet.family == 4 ? 20 : 40;
  const expected: u32 = packet.family == 4 ? PROTO_ICMP : PROTO_ICMPV6;
  if (packet.protocol != expected || !packet.hasCaptured(8 + header)) return 0;
  const type = load<u8>(packet.transport);
  const isError = packet.family == 4 ? type == 3 || type == 5 || type == 11 || type == 12 : type >= 1 && type <= 4;
  return isError ? packet.transport + 8 : 0;
}

function innerHash(header: usize, family: u32): u32 {
  if (family == 4) return mix(<u64>load<u32>(header, 12), 0, <u64>load<u32>(header, 16), 0, 0);
  return mix(load<u64>(header, 8), load<u64>(header, 16), load<u64>(header, 24), load<u64>(header, 32), 0);
}

function mix(a0: u64, a1: u64, b0: u64, b1: u64, ports: u64): u32 {
  // The sum does not depend on the direction.
  let hash = scramble(a0 ^ scramble(a1)) + scramble(b0 ^ scramble(b1));
  hash = scramble(hash ^ (ports * 0x9e3779b97f4a7c15));
  return <u32>(hash >> 33);
}

function scramble(value: u64): u64 {
  value ^= value >> 33;
  value *= 0xff51afd7ed558ccd;
  value ^= value >> 33;
  value *= 0xc4ceb9fe1a85ec53;
  return value ^ (value >> 33);
}
