import { RouteResult, RouteType } from "../abi/route";
import { Packet } from "../packet/packet";
import { FlowKey, Route } from "./route";

/** Routes a received packet (ip_route_input_slow, ip6_route_input) and stores the answer in the packet. */
export function routeInput(_packet: Packet): RouteResult {
  return RouteResult.NetUnreachable;
}

/** Routes a packet of the node (ip_route_output_key_hash, ip6_route_output). */
export function routeOutput(_flow: FlowKey, _route: Route): RouteResult {
  return RouteResult.NetUnreachable;
}

/** Routes a packet again after its addresses, mark or TOS changed in OUTPUT (ip_route_me_harder, ip6_route_me_harder). */
export function reroute(_packet: Packet): RouteResult {
  return RouteResult.NetUnreachable;
}

/**
 * The source address for a destination on a device (inet_select_addr, ipv6_dev_get_saddr): writes 16 bytes to `to`.
 * @returns false when there is none.
 */
export function selectAddress(_family: u32, _device: u32, _destination: usize, _scope: u32, _to: usize): bool {
  return false;
}

/** Type of an address by the local table (inet_dev_addr_type; IPv6 by address class and local routes). */
export function addressType(_family: u32, _address: usize, _device: u32): RouteType {
  return RouteType.Unicast;
}

/** Address of the six bytes of the neighbour's MAC, 0 when it is unknown. */
export function findNeighbour(_device: u32, _family: u32, _address: usize): usize {
  return 0;
}
