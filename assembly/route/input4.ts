import { PROTO_IGMP } from "../abi/protocol";
import { RouteResult, RouteType } from "../abi/route";
import { allocate } from "../memory/allocate";
import { DEVICE_IPV4, device, loopback } from "../packet/device";
import { Packet } from "../packet/packet";
import { areOnLink, isJoined4, isLocalMulticast4, isLoopback4, isMulticast4 } from "./addresses";
import { FibEntry, FibNextHop } from "./fib";
import { fillRoute, resultOf } from "./fill";
import { FibResult, FibStatus, newFibResult } from "./lookup";
import { selectMultipath } from "./multipath";
import { dissectForRules } from "./ports";
import { FLOW_KEY_SIZE, FlowKey, Route } from "./route";
import { lookup } from "./rules";
import { isOnLink, SourceCheck, validateSource } from "./validate-source";

const flow = changetype<FlowKey>(allocate(FLOW_KEY_SIZE));
const result: FibResult = newFibResult();

/** Bits of the TOS that routing compares in 6.1 (IPTOS_RT_MASK). */
export const TOS_MASK: u32 = 0x1c;

/** Routes a received IPv4 packet (ip_route_input_rcu, net/ipv4/route.c). */
export function routeInput4(packet: Packet, route: Route): RouteResult {
  const source = load<u32>(packet.source);
  const destination = load<u32>(packet.destination);
  if (!(device(packet.inDevice).flags & DEVICE_IPV4)) return RouteResult.Invalid;
  if (isMulticast4(destination)) return routeMulticast(packet, route, source, destination);
  return routeUnicast(packet, route, source, destination);
}

/** Multicast that the device has joined (ip_route_input_mc, ip_mc_validate_source). */
function routeMulticast(packet: Packet, route: Route, source: u32, destination: u32): RouteResult {
  if (!isJoined4(packet.inDevice, destination)) return RouteResult.NotJoined;
  if (isMulticast4(source) || source == 0xffffffff) return RouteResult.MartianSource;
  if (isLoopback4(source) && !device(packet.inDevice).routeLocalnet) return RouteResult.MartianSource;
  if (source == 0) {
    if (!isLocalMulticast4(destination) && packet.protocol != PROTO_IGMP) return RouteResult.MartianSource;
  } else {
    const check = validateSource(packet, source, 0, 0);
    if (!passes(check)) return failure(check);
  }
  return localRoute(route, RouteType.Multicast, RouteResult.Broadcast);
}

/** ip_route_input_slow */
function routeUnicast(packet: Packet, route: Route, source: u32, destination: u32): RouteResult {
  const input = device(packet.inDevice);
  if (isMulticast4(source) || source == 0xffffffff) return RouteResult.MartianSource;
  if (destination == 0xffffffff || (source == 0 && destination == 0)) return routeBroadcast(packet, route, source);
  if (source == 0) return RouteResult.MartianSource;
  if (destination == 0) return RouteResult.MartianDestination;
  if (isLoopback4(destination)) {
    if (!input.routeLocalnet) return RouteResult.MartianDestination;
  } else if (isLoopback4(source) && !input.routeLocalnet) {
    return RouteResult.MartianSource;
  }
  prepareFlow(packet, source, destination);
  const status = lookup(flow, result);
  if (status != FibStatus.Found) return input.forwarding4 ? resultOf(status) : RouteResult.HostUnreachable;
  const entry = changetype<FibEntry>(result.entry);
  const type: RouteType = entry.type;
  if (type == RouteType.Broadcast && !input.bcForwarding) return routeBroadcast(packet, route, source);
  if (type == RouteType.Local) {
    const check = validateSource(packet, source, destination, 0);
    if (!passes(check)) return failure(check);
    return localRoute(route, RouteType.Local, RouteResult.Local);
  }
  if (type != RouteType.Broadcast) {
    if (!input.forwarding4) return RouteResult.HostUnreachable;
    if (type != RouteType.Unicast) return RouteResult.MartianDestination;
  }
  return forwardRoute(packet, route, source, destination);
}

function prepareFlow(packet: Packet, source: u32, destination: u32): void {
  memory.fill(changetype<usize>(flow), 0, FLOW_KEY_SIZE);
  flow.destination0 = destination;
  flow.source0 = source;
  flow.mark = packet.mark;
  flow.inDevice = packet.inDevice;
  flow.family = 4;
  flow.tos = <u8>(packet.tos & TOS_MASK);
  dissectForRules(flow, packet);
}

function routeBroadcast(packet: Packet, route: Route, source: u32): RouteResult {
  if (source != 0) {
    const check = validateSource(packet, source, 0, 0);
    if (!passes(check)) return failure(check);
  }
  return localRoute(route, RouteType.Broadcast, RouteResult.Broadcast);
}

/** __mkroute_input: the source is checked against the way out. */
function forwardRoute(packet: Packet, route: Route, source: u32, destination: u32): RouteResult {
  selectMultipath(flow, packet, result);
  const hop = changetype<FibNextHop>(result.hop);
  const check = validateSource(packet, source, destination, hop.device);
  if (!passes(check)) return failure(check);
  fillRoute(flow, result, route);
  const output = device(hop.device);
  if (hop.device == packet.inDevice && isOnLink(check) && output.sendRedirects) {
    const gateway = hop.gatewayFamily == 4 ? hop.gateway0 : 0;
    route.redirect = output.sharedMedia || areOnLink(hop.device, source, gateway) ? 1 : 0;
  }
  return RouteResult.Forward;
}

function localRoute(route: Route, type: RouteType, answer: RouteResult): RouteResult {
  route.type = type;
  route.mtu = device(loopback).mtu;
  return answer;
}

function passes(check: SourceCheck): bool {
  return check == SourceCheck.OnLink || check == SourceCheck.Valid;
}

function failure(check: SourceCheck): RouteResult {
  return check == SourceCheck.ReversePath ? RouteResult.ReversePath : RouteResult.MartianSource;
}
