import { RouteResult } from "../abi/route";
import { Packet } from "../packet/packet";

/** What is looked up (struct flowi4 / flowi6). Addresses are 16 bytes, IPv4 in the first four. */
@unmanaged
export class FlowKey {
  destination0: u64;
  destination1: u64;
  source0: u64;
  source1: u64;
  mark: u32;
  /** Input device; for local packets the loopback device. */
  inDevice: u32;
  /** Output device asked for, or 0. */
  outDevice: u32;
  sourcePort: u16;
  destinationPort: u16;
  family: u8;
  protocol: u8;
  tos: u8;
  /** FLOWI_FLAG_ANYSRC: the source need not be local. */
  anySource: u8;
  /** IPv6: the route's device must be the one asked for (RT6_LOOKUP_F_IFACE). */
  strictDevice: u8;
  /** IPv6: the device that the route should use: the input device for received packets. */
  preferredDevice: u32;
  /** Multipath hash that is known already; 0 for none. */
  hash: u32;
}

export const FLOW_KEY_SIZE: usize = offsetof<FlowKey>();
export const ROUTE_SIZE: usize = offsetof<Route>();

/** What a look-up answers. */
@unmanaged
export class Route {
  /** Where the frame goes: the gateway, or the destination itself. */
  nextHop0: u64;
  nextHop1: u64;
  /** Source address that a local packet without one gets; zero where the look-up names none. */
  prefSource0: u64;
  prefSource1: u64;
  /** A `RouteResult`. */
  result: u32;
  /** A `RouteType`. */
  type: u32;
  device: u32;
  mtu: u32;
  realm: u32;
  /** Family of the gateway, 0 when the destination is on the link. */
  viaGateway: u8;
  /** Does the packet leave where it came in, so that its sender could be told (IPSKB_DOREDIRECT)? */
  redirect: u8;
  /** Prefix length of the route. */
  prefixLength: u8;
}

/** Value of `Packet.routed`: in OUTPUT, for what the packet has become. */
export const ROUTED_AGAIN: u8 = 2;

/** Copies a look-up's answer into the packet. */
export function setRoute(packet: Packet, route: Route): void {
  packet.routed = 1;
  packet.routeResult = <u8>route.result;
  packet.routeType = <u8>route.type;
  packet.outDevice = route.device;
  packet.routeMtu = route.mtu;
  packet.nextHop0 = route.nextHop0;
  packet.nextHop1 = route.nextHop1;
  packet.prefSource0 = route.prefSource0;
  packet.prefSource1 = route.prefSource1;
  packet.realm = route.realm;
  packet.viaGateway = route.viaGateway;
  packet.doRedirect = route.redirect;
}

/** Did routing find a way (to the node, on, or to many)? */
export function isUsable(result: u32): bool {
  return result == RouteResult.Local || result == RouteResult.Forward || result == RouteResult.Broadcast;
}
