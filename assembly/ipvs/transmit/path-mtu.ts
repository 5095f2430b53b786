import { allocate } from "../../memory/allocate";
import { nowTicks, seconds } from "../../packet/clock";
import { Route } from "../../route/route";
import { IpvsServer } from "../server";

/**
 * MTUs that ICMP errors about tunnels told, by the IPv4 address at the tunnel's end (ipv4_update_pmtu). They are kept with the route that
 * they were told for (its exceptions), hold for every server with that address, and survive all changes but those of this route,
 * until they get old.
 */
@unmanaged
class PathMtu {
  address: u32;
  mtu: u32;
  expires: u64;
  /** Was less told than a path may have? Then nothing more is learned. */
  isLocked: bool;
  next: usize;
  /** The route that it belongs to: what tells it from others, as far as a look-up shows. */
  nextHop: u64;
  prefSource: u64;
  device: u32;
  prefixLength: u8;
  viaGateway: u8;
}

/** net.ipv4.route.mtu_expires and min_pmtu. */
const SECONDS: u32 = 600;
const LEAST: u32 = 552;

let newest: usize = 0;
let learned: u32 = 0;

/** Was any MTU ever told? */
export function hasPathMtus(): bool {
  return newest != 0;
}

/** How often an address became one with an MTU of its own: routes that were remembered without one are looked up anew then. */
export function learnedPathMtus(): u32 {
  return learned;
}

/** net.ipv4.route.flush was written (fnhe_genid_bump): what is kept says nothing any more, until another error tells something. */
export function forgetPathMtus(): void {
  for (let at = newest; at != 0; at = changetype<PathMtu>(at).next) {
    const known = changetype<PathMtu>(at);
    known.mtu = u32.MAX_VALUE;
    known.expires = u64.MAX_VALUE;
    known.isLocked = false;
  }
}

/** Is one known for the server's address (find_exception)? */
export function hasPathMtu(server: IpvsServer, route: Route): bool {
  return newest != 0 && server.family == 4 && findValid(server, route) !== null;
}

/** The smaller of the MTU of the server's route and the one that is known for its address, where the route was looked up with that. */
export function pathMtu(server: IpvsServer, route: Route): u32 {
  if (!server.knowsPathMtu) return route.mtu;
  const known = findValid(server, route);
  return known === null ? route.mtu : min(route.mtu, known.mtu);
}

/**
 * An error told an MTU for the server's address (__ip_rt_update_pmtu).
 *
 * @param route the way to it now; null where there is none.
 * @returns what the client is told: the MTU of the server's remembered route, which has seen the new one only if it knew of an older one.
 */
export function learnPathMtu(server: IpvsServer, route: Route | null, mtu: u32): u32 {
  if (route !== null) learn(server, route, mtu);
  const remembered = server.route;
  if (remembered === null) return mtu;
  return pathMtu(server, remembered);
}

function learn(server: IpvsServer, route: Route, mtu: u32): void {
  const valid = findValid(server, route);
  const before = valid === null ? route.mtu : min(route.mtu, valid.mtu);
  const mayLearn = valid === null ? true : !valid.isLocked;
  if (!mayLearn || before < mtu) return;
  const isLocked = mtu < LEAST;
  const least = isLocked ? min(before, LEAST) : mtu;
  if (valid !== null && valid.mtu == least && !isLocked && nowTicks + seconds(SECONDS) / 2 < valid.expires) return;
  const known = valid === null ? newPathMtu(server, route) : valid;
  known.mtu = least;
  known.isLocked = isLocked;
  known.expires = nowTicks + seconds(SECONDS);
}

function newPathMtu(server: IpvsServer, route: Route): PathMtu {
  const address = load<u32>(server.addressField);
  let known = find(address, route);
  if (known === null) {
    known = changetype<PathMtu>(allocate(offsetof<PathMtu>()));
    known.address = address;
    known.nextHop = route.nextHop0;
    known.prefSource = route.prefSource0;
    known.device = route.device;
    known.prefixLength = route.prefixLength;
    known.viaGateway = route.viaGateway;
    known.next = newest;
    newest = changetype<usize>(known);
  }
  learned += 1;
  return known;
}

function findValid(server: IpvsServer, route: Route): PathMtu | null {
  const known = find(load<u32>(server.addressField), route);
  return known !== null && nowTicks <= known.expires ? known : null;
}

function find(address: u32, route: Route): PathMtu | null {
  for (let at = newest; at != 0; at = changetype<PathMtu>(at).next) {
    const known = changetype<PathMtu>(at);
    if (known.address == address && isOf(known, route)) return known;
  }
  return null;
}

function isOf(known: PathMtu, route: Route): bool {
  return (
    known.nextHop == route.nextHop0 &&
    known.prefSource == route.prefSource0 &&
    known.device == route.device &&
    known.prefixLength == route.prefixLength &&
    known.viaGateway == route.viaGateway
  );
}
