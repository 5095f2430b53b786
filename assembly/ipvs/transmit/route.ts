import { Reason } from "../../abi/fate";
import { TUNNEL_CSUM, TunnelType } from "../../abi/ipvs";
import { RouteResult } from "../../abi/route";
import { sendIcmpError, sendIcmpv6Error } from "../../ip/icmp";
import { learnMtu } from "../../iptables/learning";
import { allocate, release } from "../../memory/allocate";
import { copyAddress, load16, store16 } from "../../packet/bytes";
import { config } from "../../packet/config";
import { DEVICE_LOOPBACK, device } from "../../packet/device";
import { Packet } from "../../packet/packet";
import { routeFlushes, routeOutput } from "../../route/index";
import { FlowKey, isUsable, ROUTE_SIZE, Route, setRoute } from "../../route/route";
import { drop } from "../../trace/output";
import { IpvsHeader } from "../header";
import { forgetRoute, IpvsServer } from "../server";
import { hasPathMtu, learnedPathMtus, pathMtu } from "./path-mtu";

/** Where a packet may be sent (IP_VS_RT_MODE_*). */
export const MODE_LOCAL: u32 = 1;
export const MODE_REMOTE: u32 = 2;
/** From a remote address to a local one. */
export const MODE_REDIRECT: u32 = 4;
/** The destination stays another one than the server. */
export const MODE_KNOWN_HOP: u32 = 16;
export const MODE_TUNNEL: u32 = 32;

/** How {@link routeToServer} ended. */
export enum Way {
  /** The packet cannot go; it was reported as dropped. */
  None = 0,
  /** The server is the node itself: the packet stays as it is routed. */
  Local = 1,
  /** The packet has the route to the server, and a smaller TTL. */
  Remote = 2,
}

/** Smallest MTUs that a tunnel may have left. */
const MIN_MTU4: u32 = 68;
const MIN_MTU6: u32 = 1280;

const flow = changetype<FlowKey>(allocate(offsetof<FlowKey>()));
const bypassRoute = changetype<Route>(allocate(ROUTE_SIZE));
const currentRoute = changetype<Route>(allocate(ROUTE_SIZE));

/** The route found last, for what goes around the packet. */
export let found: Route = bypassRoute;

/**
 * Routes a packet to its server and makes it ready to go (__ip_vs_get_out_rt and its IPv6 twin): may it cross between
 * local and remote, TTL, MTU. Errors go back to the client from the virtual address.
 *
 * @param server null for a bypassing connection: the packet goes to its own destination.
 */
export function routeToServer(packet: Packet, server: IpvsServer | null, header: IpvsHeader, mode: u32): Way {
  const family: u32 = server === null ? packet.family : server.family;
  if (!findRoute(packet, server, family, mode)) {
    reportUnreachable(packet);
    return refused(packet);
  }
  const route = found;
  const isLocal = route.result == RouteResult.Local;
  if (crossesBoundary(packet, isLocal, mode)) return refused(packet);
  if (isLocal) return Way.Local;
  if (!decrementTtl(packet)) {
    drop(packet, Reason.TtlExceeded);
    return Way.None;
  }
  let mtu = server === null ? route.mtu : pathMtu(server, route);
  if (mode & MODE_TUNNEL) {
    const outside = outsideSize(server!);
    const least = family == 4 ? MIN_MTU4 : MIN_MTU6;
    if (mtu < outside + least) return refused(packet);
    mtu -= outside;
  }
  learnMtu(mtu);
  if (isTooBig(packet, header, mtu, mode)) {
    drop(packet, Reason.TooBig);
    return Way.None;
  }
  setRoute(packet, route);
  return Way.Remote;
}

function refused(packet: Packet): Way {
  drop(packet, Reason.IpvsTransmit);
  return Way.None;
}

/** Looks the route up as for a packet of the node; a server keeps the answer, for packets of all forwarding methods. */
function findRoute(packet: Packet, server: IpvsServer | null, family: u32, mode: u32): bool {
  if (server === null) {
    found = bypassRoute;
    return lookUp(family, packet.destination, bypassRoute);
  }
  if (server.route !== null && isStale(server, family)) forgetRoute(server);
  if (server.route === null) {
    const route = changetype<Route>(allocate(ROUTE_SIZE));
    if (!lookUp(family, server.addressField, route)) {
      release(changetype<usize>(route));
      return false;
    }
    server.route = route;
    server.routeFlushes = routeFlushes();
    server.knowsPathMtu = hasPathMtu(server, route);
    // A route with an MTU of its own names the next hop, too (rt_bind_exception).
    server.leadsToServer = server.knowsPathMtu || (mode & MODE_KNOWN_HOP) != 0;
    server.learnedPathMtus = learnedPathMtus();
  }
  found = server.route!;
  return true;
}

/** Has the kernel forgotten the server's route? */
function isStale(server: IpvsServer, family: u32): bool {
  // The first MTU that is told for an address makes it look all routes up anew that it shares (update_or_create_fnhe).
  if (family == 4 && !server.leadsToServer && server.learnedPathMtus != learnedPathMtus()) return true;
  if (server.routeFlushes == routeFlushes()) return false;
  if (family == 4) return true;
  // IPv6 routes go one by one: a change elsewhere leaves a server's as it is (fib6_node's sernum).
  server.routeFlushes = routeFlushes();
  const now = routeOf(server);
  return now === null || memory.compare(changetype<usize>(now), changetype<usize>(server.route), ROUTE_SIZE) != 0;
}

/** The way to a server as it is now, until the next call; null for none. */
export function routeOf(server: IpvsServer): Route | null {
  return lookUp(server.family, server.addressField, currentRoute) ? currentRoute : null;
}

function lookUp(family: u32, address: usize, route: Route): bool {
  memory.fill(changetype<usize>(flow), 0, offsetof<FlowKey>());
  copyAddress(changetype<usize>(flow), address, family);
  flow.family = <u8>family;
  return isUsable(routeOutput(flow, route));
}

/** dst_link_failure(): host unreachable, or address unreachable in IPv6. */
function reportUnreachable(packet: Packet): void {
  if (packet.family == 6) sendIcmpv6Error(packet, 1, 3, 0);
  else sendIcmpError(packet, 3, 1, 0);
}

function crossesBoundary(packet: Packet, isLocal: bool, mode: u32): bool {
  if (!isLocal) return !(mode & MODE_REMOTE) || isLoopbackSource(packet);
  if (!(mode & MODE_LOCAL)) return true;
  return !(mode & MODE_REDIRECT) && packet.routeResult != RouteResult.Local;
}

function isLoopbackSource(packet: Packet): bool {
  const source = packet.source;
  if (packet.family == 4) return load<u8>(source) == 127;
  const isInside = packet.inDevice == 0 || (device(packet.inDevice).flags & DEVICE_LOOPBACK) != 0;
  return isInside && load<u64>(source) == 0 && load<u64>(source, 8) == bswap<u64>(1);
}

/** One less, or the error that says so. IPv4 adjusts its checksum as ip_decrease_ttl() does. */
function decrementTtl(packet: Packet): bool {
  const data = packet.data;
  if (packet.ttl <= 1) {
    if (packet.family == 6) sendIcmpv6Error(packet, 3, 0, 0);
    else sendIcmpError(packet, 11, 0, 0);
    return false;
  }
  if (packet.family == 6) {
    store<u8>(data, load<u8>(data, 7) - 1, 7);
    return true;
  }
  const sum = load16(data + 10) + 0x0100;
  store16(data + 10, sum + (sum >= 0xffff ? 1 : 0));
  store<u8>(data, load<u8>(data, 8) - 1, 8);
  return true;
}

/** Bytes that a tunnel puts around a packet. */
export function outsideSize(server: IpvsServer): u32 {
  const size: u32 = server.family == 4 ? 20 : 40;
  const tunnel: TunnelType = server.tunnelType;
  if (tunnel == TunnelType.Gue) return size + 8 + 4;
  if (tunnel == TunnelType.Gre) return size + (server.tunnelFlags & TUNNEL_CSUM ? 8 : 4);
  return size;
}

/** ensure_mtu_is_adequate(): too big for the way, with the error to the client. */
function isTooBig(packet: Packet, header: IpvsHeader, mtu: u32, mode: u32): bool {
  if (packet.family == 6) {
    if (!exceeds6(packet, mtu)) return false;
    if (header.fragmentOffset == 0 && !header.icmp) sendIcmpv6Error(packet, 2, 0, mtu);
    return true;
  }
  if (mode & MODE_TUNNEL && !config.vsPmtuDisc) return false;
  const dontFragment = (load16(packet.data + 6) & 0x4000) != 0;
  if (!dontFragment || header.icmp || packet.aggregate || packet.length <= mtu) return false;
  sendIcmpError(packet, 3, 4, mtu);
  return true;
}

/** Of a reassembled packet the largest fragment counts. */
function exceeds6(packet: Packet, mtu: u32): bool {
  if (packet.fragMaxSize != 0) return packet.fragMaxSize > mtu;
  return packet.length > mtu && !packet.aggregate;
}
