import { RouterPort } from "../abi/bridge";
import { allocate } from "../memory/allocate";
import { load32 } from "../packet/bytes";
import { NO_DEVICE } from "../packet/device";
import { armTimer, isPending } from "./group-timer";

/** What a bridge knows of those who ask for members of groups (net_bridge_mcast, net/bridge/br_private.h). Times are ticks. */
@unmanaged
export class Snooper {
  bridge: u32;
  /** A `RouterPort`: what the node behind the bridge itself is. */
  router: u8;
  /** Does it keep lists of sources (mcast_igmp_version 3, mcast_mld_version 2)? */
  tracksSources4: u8;
  tracksSources6: u8;
  /** It had to take in more groups than it may (mcast_hash_max), and reads no more. */
  isFull: u8;
  lastMemberCount: u32;
  hashMax: u32;
  groupCount: u32;
  /** `GROUP_BUCKETS` chains of `Group`. */
  buckets: usize;
  lastMemberInterval: u64;
  membershipInterval: u64;
  querierInterval: u64;
  querier4: usize;
  querier6: usize;
  next: usize;
}

/** Who asks, of one family (bridge_mcast_other_query, bridge_mcast_querier). */
@unmanaged
export class Querier {
  /** Of whoever asked last. */
  address0: u64;
  address1: u64;
  /** Somebody asks. */
  present0: u64;
  present1: u64;
  /** Members have not had the time yet to answer the first query. */
  delay0: u64;
  delay1: u64;
  /** The node itself asks, so the bridge is a port to a router. */
  local0: u64;
  local1: u64;
}

/** A port of a bridge: is there a multicast router behind it? */
@unmanaged
class PortRouter {
  port: u32;
  kind: u8;
  heard4: u64;
  heard4End: u64;
  heard6: u64;
  heard6End: u64;
  next: usize;
}

export const GROUP_BUCKETS: u32 = 256;

let snoopers: usize = 0;
let portRouters: usize = 0;

function presentOf(querier: Querier): usize {
  return changetype<usize>(querier) + offsetof<Querier>("present0");
}

function delayOf(querier: Querier): usize {
  return changetype<usize>(querier) + offsetof<Querier>("delay0");
}

function localOf(querier: Querier): usize {
  return changetype<usize>(querier) + offsetof<Querier>("local0");
}

/** A bridge begins to snoop; the host fills in the settings. */
export function newSnooper(bridge: u32): usize {
  const snooper = changetype<Snooper>(allocate(offsetof<Snooper>()));
  snooper.bridge = bridge;
  snooper.buckets = allocate(GROUP_BUCKETS << 2);
  snooper.querier4 = allocate(offsetof<Querier>());
  snooper.querier6 = allocate(offsetof<Querier>());
  snooper.next = snoopers;
  snoopers = changetype<usize>(snooper);
  return snoopers;
}

/** @returns null where the bridge does not snoop. */
export function snooperOf(bridge: u32): Snooper | null {
  for (let at = snoopers; at != 0; at = changetype<Snooper>(at).next) {
    const snooper = changetype<Snooper>(at);
    if (snooper.bridge == bridge) return snooper.isFull ? null : snooper;
  }
  return null;
}

function querierOf(snooper: Snooper, family: u32): Querier {
  return changetype<Querier>(family == 6 ? snooper.querier6 : snooper.querier4);
}

function portRouterOf(port: u32): PortRouter {
  for (let at = portRouters; at != 0; at = changetype<PortRouter>(at).next) {
    if (changetype<PortRouter>(at).port == port) return changetype<PortRouter>(at);
  }
  const made = changetype<PortRouter>(allocate(offsetof<PortRouter>()));
  made.port = port;
  made.kind = <u8>RouterPort.Learned;
  made.next = portRouters;
  portRouters = changetype<usize>(made);
  return made;
}

function heardOf(router: PortRouter, family: u32): usize {
  return changetype<usize>(router) + (family == 6 ? offsetof<PortRouter>("heard6") : offsetof<PortRouter>("heard4"));
}

/** What the host knows of a port: its setting, and for how many ticks more it is a router's of the family, 0: it is none. */
export function setPortRouter(port: u32, kind: u32, family: u32, ticks: u32): void {
  const router = portRouterOf(port);
  router.kind = <u8>kind;
  if (ticks != 0) armTimer(heardOf(router, family), ticks);
}

/** Somebody is known to ask, for so many ticks more. */
export function setQuerier(bridge: u32, family: u32, address: usize, ticks: u32): void {
  const snooper = snooperOf(bridge);
  if (snooper == null) return;
  const querier = querierOf(snooper, family);
  copyQuerierAddress(querier, family, address);
  armTimer(presentOf(querier), ticks);
}

function copyQuerierAddress(querier: Querier, family: u32, address: usize): void {
  querier.address0 = family == 4 ? <u64>load<u32>(address) : load<u64>(address);
  querier.address1 = family == 4 ? 0 : load<u64>(address, 8);
}

/** Does somebody ask, and had members the time to answer (br_multicast_querier_exists)? */
export function hasQuerier(snooper: Snooper, family: u32): bool {
  const querier = querierOf(snooper, family);
  return !isPending(delayOf(querier)) && isPending(presentOf(querier));
}

/** Does somebody ask, whoever had the time to answer? */
export function isAskedByOther(snooper: Snooper, family: u32): bool {
  return isPending(presentOf(querierOf(snooper, family)));
}

/** br_multicast_is_router: does the node take in what goes to routers? */
export function isRouter(snooper: Snooper, family: u32): bool {
  if (snooper.router == RouterPort.Always) return true;
  return snooper.router == RouterPort.Learned && family != 0 && isPending(localOf(querierOf(snooper, family)));
}

/** Frames of other protocols go by the list of IPv4's routers (br_multicast_get_first_rport_node). */
export function isRouterPort(port: u32, family: u32): bool {
  for (let at = portRouters; at != 0; at = changetype<PortRouter>(at).next) {
    const router = changetype<PortRouter>(at);
    if (router.port != port) continue;
    if (router.kind == RouterPort.Always) return true;
    return router.kind != RouterPort.Never && isPending(heardOf(router, family));
  }
  return false;
}

/** A router was heard at a port, or is the node itself (br_multicast_mark_router). */
export function markRouter(snooper: Snooper, port: u32, family: u32): void {
  if (port == NO_DEVICE) {
    if (snooper.router == RouterPort.Learned) armTimer(localOf(querierOf(snooper, family)), snooper.querierInterval);
    return;
  }
  const router = portRouterOf(port);
  if (router.kind == RouterPort.Never || router.kind == RouterPort.Always) return;
  armTimer(heardOf(router, family), snooper.querierInterval);
}

/**
 * Somebody asks for all members (br_ip4_multicast_query_received). Of several the one with the lowest address counts.
 * `delay`: ticks that members have to answer.
 */
export function hearQuery(snooper: Snooper, port: u32, family: u32, source: usize, delay: u64): void {
  const querier = querierOf(snooper, family);
  const isKnown = isPending(presentOf(querier));
  if (isKnown && !winsOver(querier, family, source)) return;
  copyQuerierAddress(querier, family, source);
  if (!isKnown) armTimer(delayOf(querier), delay);
  armTimer(presentOf(querier), snooper.querierInterval);
  markRouter(snooper, port, family);
}

/** br_multicast_select_querier */
function winsOver(querier: Querier, family: u32, source: usize): bool {
  if (family == 4) return querier.address0 == 0 || load32(source) <= bswap<u32>(<u32>querier.address0);
  const high = bswap<u64>(load<u64>(source));
  const known = bswap<u64>(querier.address0);
  return high < known || (high == known && bswap<u64>(load<u64>(source, 8)) <= bswap<u64>(querier.address1));
}

/** A port goes down: routers behind it are forgotten (br_multicast_disable_port). */
export function forgetRouters(port: u32): void {
  const router = portRouterOf(port);
  router.heard4End = 0;
  router.heard6End = 0;
}
