import { PROTO_ICMPV6 } from "../abi/protocol";
import { RouteResult, RouteType } from "../abi/route";
import { allocate } from "../memory/allocate";
import { copyAddress } from "../packet/bytes";
import { device, loopback } from "../packet/device";
import { Packet } from "../packet/packet";
import { isJoined6, isMulticast6, needsDevice6, selectAddress6 } from "./address6";
import { FibEntry, FibNextHop } from "./fib";
import { fillRoute, resultOf } from "./fill";
import { FibResult, FibStatus, newFibResult } from "./lookup";
import { multipathHash, selectMultipath } from "./multipath";
import { dissectForRules, trafficClass } from "./ports";
import { FLOW_KEY_SIZE, FlowKey, Route } from "./route";
import { lookup } from "./rules";

const flow = changetype<FlowKey>(allocate(FLOW_KEY_SIZE));
const result: FibResult = newFibResult();
let status: FibStatus = FibStatus.Found;

/** Bits of the traffic class that rules compare (the DSCP). */
const DSCP_MASK: u32 = 0xfc;

/** Routes a received IPv6 packet (ip6_route_input, net/ipv6/route.c). */
export function routeInput6(packet: Packet, route: Route): RouteResult {
  memory.fill(changetype<usize>(flow), 0, FLOW_KEY_SIZE);
  copyAddress(changetype<usize>(flow), packet.destination, 6);
  copyAddress(changetype<usize>(flow) + offsetof<FlowKey>("source0"), packet.source, 6);
  flow.family = 6;
  flow.mark = packet.mark;
  flow.inDevice = packet.inDevice;
  flow.preferredDevice = packet.inDevice;
  flow.strictDevice = needsDevice6(packet.destination) ? 1 : 0;
  flow.protocol = load<u8>(packet.data, 6);
  flow.tos = <u8>(trafficClass(packet) & DSCP_MASK);
  dissectForRules(flow, packet);
  if (flow.protocol == PROTO_ICMPV6) flow.hash = multipathHash(flow, packet);
  status = lookup(flow, result);
  if (status != FibStatus.Found) return errorOf(status);
  selectMultipath(flow, packet, result);
  const entry = changetype<FibEntry>(result.entry);
  if (entry.type == RouteType.Local || entry.type == RouteType.Anycast) {
    route.type = entry.type;
    route.mtu = device(loopback).mtu;
    return RouteResult.Local;
  }
  if (<u8>entry.destination0 == 0xff && entry.prefixLength >= 8) {
    route.type = RouteType.Multicast;
    route.mtu = device(packet.inDevice).mtu;
    return isJoined6(packet.inDevice, packet.destination) ? RouteResult.Broadcast : RouteResult.NotJoined;
  }
  fillRoute(flow, result, route);
  return RouteResult.Forward;
}

/** Routes of type unreachable answer as if there were none (ip6_rt_init_dst_reject: ip6_pkt_discard for both). */
function errorOf(status: FibStatus): RouteResult {
  return resultOf(status == FibStatus.HostUnreachable ? FibStatus.NetUnreachable : status);
}

/**
 * Routes a packet of the node (ip6_route_output_flags). A flow without source address gets one (ip6_dst_lookup_tail):
 * `flow.source0`, also in `route.prefSource0`.
 */
export function routeOutput6(flow: FlowKey, route: Route): RouteResult {
  const destination = changetype<usize>(flow);
  const anySource = flow.source0 == 0 && flow.source1 == 0;
  if (!prepareOutput(flow)) return errorOf(status);
  selectMultipath(flow, null, result);
  const entry = changetype<FibEntry>(result.entry);
  if (anySource) chooseSource(flow, entry, changetype<FibNextHop>(result.hop));
  fillRoute(flow, result, route);
  if (route.prefSource0 == 0 && route.prefSource1 == 0) {
    route.prefSource0 = flow.source0;
    route.prefSource1 = flow.source1;
  }
  if (entry.type == RouteType.Local || entry.type == RouteType.Anycast) {
    route.device = loopback;
    route.mtu = device(loopback).mtu;
    return RouteResult.Local;
  }
  if (isMulticast6(destination)) route.type = RouteType.Multicast;
  return RouteResult.Forward;
}

/** ip6_route_get_saddr */
function chooseSource(flow: FlowKey, entry: FibEntry, hop: FibNextHop): void {
  flow.source0 = entry.prefSource0;
  flow.source1 = entry.prefSource1;
  if (flow.source0 != 0 || flow.source1 != 0) return;
  const address = selectAddress6(hop.device, changetype<usize>(flow));
  if (address == 0) return;
  flow.source0 = load<u64>(address);
  flow.source1 = load<u64>(address, 8);
}

/** Does the route to a destination name a source address? */
export function routeHasSource6(flow: FlowKey): bool {
  if (!prepareOutput(flow)) return false;
  const entry = changetype<FibEntry>(result.entry);
  return entry.prefSource0 != 0 || entry.prefSource1 != 0;
}

/** Looks a flow of the node up. */
function prepareOutput(flow: FlowKey): bool {
  const anySource = flow.source0 == 0 && flow.source1 == 0;
  flow.inDevice = loopback;
  flow.tos = flow.tos & <u8>DSCP_MASK;
  flow.preferredDevice = flow.outDevice;
  flow.strictDevice = needsDevice6(changetype<usize>(flow)) || (flow.outDevice != 0 && anySource) ? 1 : 0;
  status = lookup(flow, result);
  return status == FibStatus.Found;
}
