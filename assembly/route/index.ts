import { RouteResult, RouteType, SCOPE_LINK, SCOPE_UNIVERSE } from "../abi/route";
import { allocate } from "../memory/allocate";
import { copyAddress } from "../packet/bytes";
import { Packet } from "../packet/packet";
import { isAny6, isLinkLocal6, isMulticast6, selectAddress6 } from "./address6";
import { class4, hasOwnAddress, isMulticast4, selectAddress4 } from "./addresses";
import { isRemembered, remember, rememberedRoute, slotOf } from "./input-cache";
import { routeInput4 } from "./input4";
import { tableType4 } from "./local";
import { multipathChoices } from "./multipath";
import { preferredSource4, routeOutput4 } from "./output4";
import { dissectForRules } from "./ports";
import { FLOW_KEY_SIZE, FlowKey, ROUTE_SIZE, ROUTED_AGAIN, Route, setRoute } from "./route";
import { routeHasSource6, routeInput6, routeOutput6 } from "./route6";
import { rulesNeedFlow } from "./rules";

export { routeFlushes, routeGeneration } from "./input-cache";
export { multipathChoices } from "./multipath";
export { findNeighbour } from "./neighbour";

const answer = changetype<Route>(allocate(ROUTE_SIZE));
const flow = changetype<FlowKey>(allocate(FLOW_KEY_SIZE));

/** Routes a received packet (ip_route_input_slow, ip6_route_input) and stores the answer in the packet. */
export function routeInput(packet: Packet): RouteResult {
  const slot = isCacheable(packet) ? slotOf(packet, routedTos(packet)) : 0;
  if (slot != 0 && isRemembered(slot)) {
    setRoute(packet, rememberedRoute(slot));
    return rememberedRoute(slot).result;
  }
  memory.fill(changetype<usize>(answer), 0, ROUTE_SIZE);
  const choices = multipathChoices;
  const result = packet.family == 4 ? routeInput4(packet, answer) : routeInput6(packet, answer);
  answer.result = result;
  setRoute(packet, answer);
  // Among several next hops more may decide than addresses.
  if (slot != 0 && choices == multipathChoices) remember(slot, answer);
  return result;
}

/** Ports decide where policy rules ask for them, the protocol for multicast and packets without source. */
function isCacheable(packet: Packet): bool {
  if (rulesNeedFlow(packet.family)) return false;
  return packet.family == 6 || (!isMulticast4(load<u32>(packet.destination)) && load<u32>(packet.source) != 0);
}

/** The part of TOS or traffic class that routing compares. */
function routedTos(packet: Packet): u32 {
  return packet.tos & (packet.family == 4 ? 0x1c : 0xfc);
}

/** Routes a packet of the node (ip_route_output_key_hash, ip6_route_output); a flow without source address gets one. */
export function routeOutput(flow: FlowKey, route: Route): RouteResult {
  memory.fill(changetype<usize>(route), 0, ROUTE_SIZE);
  const result = flow.family == 4 ? routeOutput4(flow, route) : routeOutput6(flow, route);
  route.result = result;
  return result;
}

/** Routes a packet again after its addresses, mark or TOS changed in OUTPUT (ip_route_me_harder, ip6_route_me_harder). */
export function reroute(packet: Packet): RouteResult {
  memory.fill(changetype<usize>(flow), 0, FLOW_KEY_SIZE);
  copyAddress(changetype<usize>(flow), packet.destination, packet.family);
  copyAddress(changetype<usize>(flow) + offsetof<FlowKey>("source0"), packet.source, packet.family);
  flow.family = packet.family;
  flow.mark = packet.mark;
  flow.tos = <u8>packet.tos;
  if (packet.family == 4) {
    const type = addressType(4, changetype<usize>(flow) + offsetof<FlowKey>("source0"), 0);
    if (type == RouteType.Local || type == RouteType.Unicast) flow.anySource = 1;
    else flow.source0 = 0;
  } else if (isMulticast6(packet.destination) || isLinkLocal6(packet.destination)) {
    flow.outDevice = packet.outDevice;
  }
  dissectForRules(flow, packet);
  const result = routeOutput(flow, answer);
  setRoute(packet, answer);
  packet.routed = ROUTED_AGAIN;
  return result;
}

/**
 * The source address for a destination on a device (inet_select_addr, ipv6_dev_get_saddr): writes 16 bytes to `to`.
 * `destination` is 16 bytes, or 0 for any.
 * @returns false when there is none.
 */
export function selectAddress(family: u32, device: u32, destination: usize, scope: u32, to: usize): bool {
  if (family == 4) {
    const found = selectAddress4(device, destination == 0 ? 0 : load<u64>(destination), scope);
    store<u64>(to, found);
    store<u64>(to, 0, 8);
    return found != 0;
  }
  const found = selectAddress6(device, destination);
  if (found == 0) return false;
  store<u64>(to, load<u64>(found));
  store<u64>(to, load<u64>(found, 8), 8);
  return true;
}

/**
 * Type of an address: for IPv4 by its class, else by table local (inet_dev_addr_type); for IPv6 `Multicast`, or what a
 * look-up gives: `Local`, `Anycast`, `Unicast`, or `Unreachable`. `device` limits it to that device; 0: any.
 */
export function addressType(family: u32, address: usize, device: u32): RouteType {
  if (family == 4) {
    const known = class4(load<u32>(address));
    return known != RouteType.Unspec ? known : tableType4(load<u32>(address), device);
  }
  if (isMulticast6(address)) return RouteType.Multicast;
  if (isAny6(address)) return RouteType.Unspec;
  if (device != 0 && hasOwnAddress(device, 6, load<u64>(address), load<u64>(address, 8))) return RouteType.Local;
  memory.fill(changetype<usize>(flow), 0, FLOW_KEY_SIZE);
  copyAddress(changetype<usize>(flow), address, 6);
  flow.family = 6;
  flow.outDevice = device;
  const result = routeOutput(flow, answer);
  if (result != RouteResult.Local && result != RouteResult.Forward) return RouteType.Unreachable;
  if (answer.type == RouteType.Local && device != 0) return RouteType.Unicast;
  return answer.type;
}

/** IPv6: does the route to the flow's destination name a source (icmpv6_rt_has_prefsrc)? */
export function hasPreferredSource(wanted: FlowKey): bool {
  memory.copy(changetype<usize>(flow), changetype<usize>(wanted), FLOW_KEY_SIZE);
  return routeHasSource6(flow);
}

/** The node's own address as the packet's sender sees it (fib_compute_spec_dst): four bytes as in packets. */
export function specDestination(packet: Packet): u32 {
  if (packet.routeType == RouteType.Local) return load<u32>(packet.destination);
  const source = load<u32>(packet.source);
  memory.fill(changetype<usize>(flow), 0, FLOW_KEY_SIZE);
  flow.destination0 = source;
  flow.family = 4;
  flow.tos = <u8>packet.tos;
  const found = source == 0 ? 0 : preferredSource4(flow);
  if (found != 0) return <u32>found;
  return <u32>selectAddress4(packet.inDevice, source, source == 0 ? SCOPE_LINK : SCOPE_UNIVERSE);
}

/** The address that a forwarded packet's options record: that of the way out (ip_rt_get_source). */
export function addressOnWay(packet: Packet): u32 {
  memory.fill(changetype<usize>(flow), 0, FLOW_KEY_SIZE);
  flow.destination0 = load<u32>(packet.destination);
  flow.source0 = load<u32>(packet.source);
  flow.family = 4;
  flow.tos = <u8>packet.tos;
  flow.outDevice = packet.outDevice;
  flow.mark = packet.mark;
  const found = preferredSource4(flow);
  return <u32>(found != 0 ? found : selectAddress4(packet.outDevice, packet.nextHop0, SCOPE_UNIVERSE));
}
