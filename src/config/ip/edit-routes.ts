import type { Address } from "../../model/address.ts";
import type { IpAction } from "../../model/command.ts";
import type { NextHop, Node, Route } from "../../model/node.ts";
import { formatAddress, maskAddress, maskOf } from "../address.ts";
import { IpRefusal } from "./refusal.ts";

type RouteAction = Exclude<Extract<IpAction, { readonly object: "route" }>, { readonly verb: "flush" }>;
type State = Pick<Node, "interfaces" | "routes">;

const LOCAL = 255;
const MAIN = 254;

/** `ip route add` and its kin (fib_table_insert, fib_table_delete; fib6_add_rt2node, ip6_route_del). */
export function editRoutes(state: State, { verb, route: given, isNamed }: RouteAction): Route[] {
  if (verb === "del") return deleted(state.routes, given, isNamed);
  const route = {
    ...given,
    destination: masked(given),
    nextHops: given.nextHops.map((hop) => withDevice(state, given, hop)),
  };
  const same = state.routes.findIndex((each) => isSamePlace(each, route));
  if (same < 0) {
    if (verb === "change") throw new IpRefusal("RTNETLINK answers: No such file or directory");
    return [...state.routes, route];
  }
  const routes = [...state.routes];
  if (verb === "add") throw new IpRefusal("RTNETLINK answers: File exists");
  if (verb !== "append") routes[same] = route;
  // Routes of IPv6 to one place are one route with several next hops.
  else if (route.family === 6)
    routes[same] = { ...routes[same]!, nextHops: [...routes[same]!.nextHops, ...route.nextHops] };
  else routes.splice(lastSame(routes, route) + 1, 0, route);
  return routes;
}

function masked({ family, destination, prefixLength }: Route): Address {
  return maskAddress(destination, maskOf(family, prefixLength));
}

function isSamePlace(a: Route, b: Route): boolean {
  return isSameDestination(a, b) && a.tos === b.tos && a.metric === b.metric;
}

function isSameDestination(a: Route, b: Route): boolean {
  return (
    a.family === b.family &&
    a.table === b.table &&
    a.prefixLength === b.prefixLength &&
    formatAddress(masked(a)) === formatAddress(masked(b))
  );
}

function lastSame(routes: readonly Route[], route: Route): number {
  return routes.reduce((last, each, i) => (isSamePlace(each, route) ? i : last), -1);
}

/** The first one that has all that the command names. */
function deleted(routes: readonly Route[], wanted: Route, isNamed: RouteAction["isNamed"]): Route[] {
  const found = routes.findIndex((route) => {
    if (!isSameDestination(route, wanted) || route.tos !== wanted.tos) return false;
    if (isNamed("type") && route.type !== wanted.type) return false;
    if (isNamed("metric") && route.metric !== wanted.metric) return false;
    if (isNamed("scope") && route.scope !== wanted.scope) return false;
    if (isNamed("prefsrc") && text(route.prefSource) !== text(wanted.prefSource)) return false;
    return wanted.nextHops.every((hop, i) => isHop(route.nextHops[i], hop));
  });
  if (found < 0) throw new IpRefusal("RTNETLINK answers: No such process");
  return routes.filter((_, i) => i !== found);
}

function isHop(hop: NextHop | undefined, wanted: NextHop): boolean {
  if (wanted.device !== undefined && hop?.device !== wanted.device) return false;
  return wanted.gateway === undefined || text(hop?.gateway) === text(wanted.gateway);
}

function text(address: Address | undefined): string {
  return address ? formatAddress(address) : "";
}

/** A gateway without a device is where a route on the link says it is (fib_check_nh). */
function withDevice({ interfaces, routes }: State, route: Route, hop: NextHop): NextHop {
  if (hop.device !== undefined) {
    if (!interfaces.some(({ name }) => name === hop.device)) throw new IpRefusal(`Cannot find device "${hop.device}"`);
    return hop;
  }
  const { gateway } = hop;
  if (!gateway) return hop;
  let best: Route | undefined;
  for (const each of routes) {
    if (each.type !== "unicast" || (each.table !== MAIN && each.table !== LOCAL && each.table !== route.table))
      continue;
    if (each.nextHops[0]?.gateway || each.destination.length !== gateway.length) continue;
    const network = formatAddress(maskAddress(gateway, maskOf(each.family, each.prefixLength)));
    if (network === formatAddress(masked(each)) && each.prefixLength >= (best?.prefixLength ?? 0)) best = each;
  }
  const device = best?.nextHops[0]?.device;
  if (device === undefined) throw new IpRefusal("Error: Nexthop has invalid gateway.");
  return { ...hop, device };
}
