import { allocate } from "../../memory/allocate";
import { nowTicks, seconds } from "../../packet/clock";
import { routeFlushes } from "../../route/index";
import { IpvsServer } from "../server";

/**
 * MTUs that ICMP errors about tunnels told, by the IPv4 address at the tunnel's end (the exceptions of its route, ipv4_update_pmtu):
 * they hold for every server with that address, until they get old or routes change.
 */
@unmanaged
class PathMtu {
  address: u32;
  mtu: u32;
  expires: u64;
  routeFlushes: u32;
  next: usize;
}

/** net.ipv4.route.mtu_expires and min_pmtu. */
const SECONDS: u32 = 600;
const LEAST: u32 = 552;

let newest: usize = 0;

/** Was any MTU ever told? */
export function hasPathMtus(): bool {
  return newest != 0;
}

/** Was one learned for the server's address, which also names the next hop then (rt_bind_exception)? */
export function hasPathMtu(server: IpvsServer): bool {
  if (newest == 0 || server.family != 4) return false;
  const known = find(load<u32>(server.addressField));
  return known !== null && isValid(known);
}

/** The smaller of the route's MTU and one that was learned for the server's address. */
export function pathMtu(server: IpvsServer, routeMtu: u32): u32 {
  server.knowsPathMtu = false;
  if (newest == 0 || server.family != 4) return routeMtu;
  const known = find(load<u32>(server.addressField));
  if (known === null || !isValid(known)) return routeMtu;
  server.knowsPathMtu = true;
  return min(routeMtu, known.mtu);
}

/**
 * An error told an MTU for the server's address.
 *
 * @returns what the client is told: the MTU of the server's route, which has seen the new one only if it knew of an older one.
 */
export function learnPathMtu(server: IpvsServer, mtu: u32): u32 {
  const address = load<u32>(server.addressField);
  let known = find(address);
  if (known === null) {
    known = changetype<PathMtu>(allocate(offsetof<PathMtu>()));
    known.address = address;
    known.next = newest;
    newest = changetype<usize>(known);
  }
  known.routeFlushes = routeFlushes();
  known.mtu = mtu < LEAST ? LEAST : mtu;
  known.expires = nowTicks + seconds(SECONDS);
  const route = server.route;
  if (route === null) return mtu;
  return server.knowsPathMtu ? min(route.mtu, known.mtu) : route.mtu;
}

function find(address: u32): PathMtu | null {
  for (let at = newest; at != 0; at = changetype<PathMtu>(at).next) {
    if (changetype<PathMtu>(at).address == address) return changetype<PathMtu>(at);
  }
  return null;
}

function isValid(known: PathMtu): bool {
  return known.routeFlushes == routeFlushes() && nowTicks <= known.expires;
}
