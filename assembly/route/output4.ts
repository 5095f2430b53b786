import { PROTO_IGMP } from "../abi/protocol";
import { RouteResult, RouteType, SCOPE_HOST, SCOPE_LINK, SCOPE_UNIVERSE } from "../abi/route";
import { DEVICE_IPV4, DEVICE_LOOPBACK, DEVICE_UP, device, loopback } from "../packet/device";
import { isLocalMulticast4, isLoopback4, isMulticast4, selectAddress4 } from "./addresses";
import { FibEntry, FibNextHop } from "./fib";
import { fillOnLink, fillRoute, resultOf } from "./fill";
import { TOS_MASK } from "./input4";
import { localDevice } from "./local";
import { FibResult, FibStatus, newFibResult } from "./lookup";
import { selectMultipath } from "./multipath";
import { FlowKey, Route } from "./route";
import { lookup } from "./rules";

const result: FibResult = newFibResult();
const LIMITED_BROADCAST: u64 = 0xffffffff;

/**
 * Routes a packet of the node (ip_route_output_key_hash_rcu, net/ipv4/route.c). A flow without source address gets one:
 * `flow.source0`, also in `route.prefSource0`.
 */
export function routeOutput4(flow: FlowKey, route: Route): RouteResult {
  flow.inDevice = loopback;
  flow.tos = flow.tos & <u8>TOS_MASK;
  const refused = checkSource(flow);
  if (refused != RouteResult.Forward) return refused;
  const destination = <u32>flow.destination0;
  const toMany = isMulticast4(destination) || flow.destination0 == LIMITED_BROADCAST;
  if (flow.source0 != 0 && flow.outDevice == 0 && toMany) {
    const own = localDevice(flow.source0);
    if (own == 0) return RouteResult.NetUnreachable;
    flow.outDevice = own;
    return onLink(flow, own, RouteType.Unicast, route);
  }
  if (flow.outDevice != 0) {
    if (!isUsable(flow.outDevice)) return RouteResult.NetUnreachable;
    if (isLocalMulticast4(destination) || flow.destination0 == LIMITED_BROADCAST || flow.protocol == PROTO_IGMP) {
      if (flow.source0 == 0) flow.source0 = selectAddress4(flow.outDevice, 0, SCOPE_LINK);
      return onLink(flow, flow.outDevice, RouteType.Unicast, route);
    }
    if (flow.source0 == 0 && toMany) flow.source0 = selectAddress4(flow.outDevice, 0, SCOPE_UNIVERSE);
    else if (flow.source0 == 0 && destination == 0) flow.source0 = selectAddress4(flow.outDevice, 0, SCOPE_HOST);
  }
  if (destination == 0) return routeToSelf(flow, route);
  return byTables(flow, route);
}

/** The source must be one of the node's own, unless the caller says otherwise. */
function checkSource(flow: FlowKey): RouteResult {
  const source = <u32>flow.source0;
  if (source == 0) return RouteResult.Forward;
  if (isMulticast4(source) || flow.source0 == LIMITED_BROADCAST) return RouteResult.Invalid;
  if (!flow.anySource && localDevice(source) == 0) return RouteResult.NetUnreachable;
  return RouteResult.Forward;
}

function isUsable(index: u32): bool {
  const flags = device(index).flags;
  return (flags & DEVICE_UP) != 0 && (flags & DEVICE_IPV4) != 0;
}

/** A packet to 0.0.0.0 goes to the node itself. */
function routeToSelf(flow: FlowKey, route: Route): RouteResult {
  if (flow.source0 == 0) flow.source0 = 0x0100007f;
  flow.destination0 = flow.source0;
  return onLink(flow, loopback, RouteType.Local, route);
}

function byTables(flow: FlowKey, route: Route): RouteResult {
  const status = lookup(flow, result);
  if (status != FibStatus.Found) {
    if (flow.outDevice == 0) return resultOf(status);
    // With a device asked for, the tables only tell whether there is a gateway.
    if (flow.source0 == 0) flow.source0 = selectAddress4(flow.outDevice, 0, SCOPE_LINK);
    return onLink(flow, flow.outDevice, RouteType.Unicast, route);
  }
  const entry = changetype<FibEntry>(result.entry);
  if (entry.type == RouteType.Local) {
    if (flow.source0 == 0) flow.source0 = entry.prefSource0 != 0 ? entry.prefSource0 : flow.destination0;
    return onLink(flow, loopback, RouteType.Local, route);
  }
  if (flow.outDevice == 0) selectMultipath(flow, null, result);
  if (flow.source0 == 0) flow.source0 = sourceOf(result);
  fillRoute(flow, result, route);
  if (isMulticast4(<u32>flow.destination0) && entry.prefixLength < 4) fillOnLink(flow, route.device, route);
  return finish(flow, entry.type, route);
}

/** Source that a route gives a packet without one (fib_result_prefsrc). */
function sourceOf(found: FibResult): u64 {
  const entry = changetype<FibEntry>(found.entry);
  if (entry.prefSource0 != 0) return entry.prefSource0;
  const hop = changetype<FibNextHop>(found.hop);
  const gateway: u64 = hop.gatewayFamily == 4 ? hop.gateway0 : 0;
  return selectAddress4(hop.device, gateway, entry.scope);
}

function onLink(flow: FlowKey, index: u32, type: RouteType, route: Route): RouteResult {
  fillOnLink(flow, index, route);
  return finish(flow, type, route);
}

/** __mkroute_output */
function finish(flow: FlowKey, entryType: u32, route: Route): RouteResult {
  const output = device(route.device);
  if (!output.routeLocalnet && isLoopback4(<u32>flow.source0) && !(output.flags & DEVICE_LOOPBACK)) {
    return RouteResult.Invalid;
  }
  route.type = entryType;
  if (flow.destination0 == LIMITED_BROADCAST) {
    route.type = RouteType.Broadcast;
    fillOnLink(flow, route.device, route);
  } else if (isMulticast4(<u32>flow.destination0)) {
    route.type = RouteType.Multicast;
  }
  if (route.prefSource0 == 0) route.prefSource0 = flow.source0;
  return route.type == RouteType.Local ? RouteResult.Local : RouteResult.Forward;
}

/** The source that the route to a destination prefers; 0 when there is no route. */
export function preferredSource4(flow: FlowKey): u64 {
  flow.inDevice = loopback;
  flow.tos = flow.tos & <u8>TOS_MASK;
  return lookup(flow, result) == FibStatus.Found ? sourceOf(result) : 0;
}
