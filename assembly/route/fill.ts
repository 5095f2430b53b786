import { RouteResult } from "../abi/route";
import { device } from "../packet/device";
import { FibEntry, FibNextHop } from "./fib";
import { FibResult, FibStatus } from "./lookup";
import { FlowKey, Route } from "./route";

/** IP_MAX_MTU, IP6_MAX_MTU: no packet is larger. */
const MAX_MTU: u32 = 65535;

/** Writes what was found into a route: device, next hop, MTU (rt_set_nexthop, ip_dst_mtu_maybe_forward). */
export function fillRoute(flow: FlowKey, result: FibResult, route: Route): void {
  const entry = changetype<FibEntry>(result.entry);
  const hop = changetype<FibNextHop>(result.hop);
  route.device = hop.device;
  route.type = entry.type;
  route.prefixLength = entry.prefixLength;
  const mtu = entry.mtu != 0 ? entry.mtu : device(hop.device).mtu;
  route.mtu = min(mtu, MAX_MTU);
  route.viaGateway = hop.gatewayFamily;
  route.nextHop0 = hop.gatewayFamily != 0 ? hop.gateway0 : flow.destination0;
  route.nextHop1 = hop.gatewayFamily != 0 ? hop.gateway1 : flow.destination1;
  route.prefSource0 = entry.prefSource0;
  route.prefSource1 = entry.prefSource1;
}

/** The next hop is the destination itself, on a device. */
export function fillOnLink(flow: FlowKey, index: u32, route: Route): void {
  route.device = index;
  route.mtu = min(device(index).mtu, MAX_MTU);
  route.viaGateway = 0;
  route.nextHop0 = flow.destination0;
  route.nextHop1 = flow.destination1;
}

export function resultOf(status: FibStatus): RouteResult {
  switch (status) {
    case FibStatus.HostUnreachable:
      return RouteResult.HostUnreachable;
    case FibStatus.Prohibited:
      return RouteResult.Prohibited;
    case FibStatus.Invalid:
      return RouteResult.Invalid;
    default:
      return RouteResult.NetUnreachable;
  }
}
