import type { Address } from "../../model/address.ts";
import type { Interface, InterfaceAddress, Route } from "../../model/node.ts";
import { formatAddress, maskAddress, maskOf } from "../address.ts";

const LOCAL = 255;
const MAIN = 254;
const SCOPE_LINK = 253;
const SCOPE_HOST = 254;
/** IP6_RT_PRIO_ADDRCONF: metric of the IPv6 routes that addresses bring. */
const IPV6_METRIC = 256;

/**
 * The routes that the kernel makes by itself for a node's addresses (net/ipv4/fib_frontend.c, fib_add_ifaddr; net/ipv6/addrconf.c).
 *
 * @param forwards does the device forward IPv6? A router also answers to the anycast address of its networks.
 */
export function connectedRoutes(
  interfaces: readonly Interface[],
  forwards: (device: string) => boolean = () => false,
): Route[] {
  const routes = interfaces.flatMap((device) =>
    device.addresses.flatMap((address) =>
      address.family === 4 ? ipv4Routes(device, address) : ipv6Routes(device, address, forwards(device.name)),
    ),
  );
  const up = interfaces.filter((device) => isUp(device) && device.addresses.some(({ family }) => family === 6));
  return withoutDoubles([...routes, ...up.filter((device) => !isLoopback(device)).map(multicastRoute)]);
}

function isUp(device: Interface): boolean {
  return device.flags.includes("UP");
}

function isLoopback(device: Interface): boolean {
  return device.flags.includes("LOOPBACK");
}

function ipv4Routes(device: Interface, own: InterfaceAddress): Route[] {
  const primary = own.secondary ? primaryOf(device, own) : own;
  const route = (type: string, destination: Address, prefixLength: number): Route => ({
    family: 4,
    type,
    table: type === "unicast" ? MAIN : LOCAL,
    destination,
    prefixLength,
    tos: 0,
    metric: 0,
    scope: type === "local" ? SCOPE_HOST : SCOPE_LINK,
    prefSource: primary.address,
    nextHops: [{ device: device.name, weight: 1, onlink: false }],
  });
  const routes = [route("local", own.address, 32)];
  // A device that is down keeps its addresses local, but reaches nobody.
  if (!isUp(device)) return routes;
  if (own.broadcast) routes.push(route("broadcast", own.broadcast, 32));
  if (own.secondary || own.prefixLength === 32) return routes;
  const network = maskAddress(own.address, maskOf(4, own.prefixLength));
  if (!own.noPrefixRoute) routes.push(route(isLoopback(device) ? "local" : "unicast", network, own.prefixLength));
  if (own.prefixLength < 31) routes.push(route("broadcast", lastAddress(network, own.prefixLength), 32));
  return routes;
}

/** The routes of a secondary address name the first address of its network as their source. */
function primaryOf(device: Interface, own: InterfaceAddress): InterfaceAddress {
  const network = (address: InterfaceAddress) =>
    formatAddress(maskAddress(address.address, maskOf(4, own.prefixLength)));
  const primary = device.addresses.find(
    (other) =>
      other.family === 4 &&
      !other.secondary &&
      other.prefixLength === own.prefixLength &&
      network(other) === network(own),
  );
  return primary ?? own;
}

function lastAddress(network: Address, prefixLength: number): Address {
  const mask = maskOf(4, prefixLength);
  return network.map((byte, i) => byte | (~mask[i]! & 0xff));
}

function ipv6Routes(device: Interface, own: InterfaceAddress, isRouter: boolean): Route[] {
  const routes = [ipv6Route("local", device, own.address, 128, LOCAL, 0)];
  if (!isUp(device) || own.noPrefixRoute || own.prefixLength === 128) return routes;
  const network = maskAddress(own.address, maskOf(6, own.prefixLength));
  if (isRouter && own.prefixLength < 127 && !isLoopback(device)) {
    routes.push(ipv6Route("anycast", device, network, 128, LOCAL, 0));
  }
  return [...routes, ipv6Route("unicast", device, network, own.prefixLength, MAIN, IPV6_METRIC)];
}

function multicastRoute(device: Interface): Route {
  return ipv6Route(
    "multicast",
    device,
    Uint8Array.from({ length: 16 }, (_, i) => (i ? 0 : 0xff)),
    8,
    LOCAL,
    IPV6_METRIC,
  );
}

function ipv6Route(
  type: string,
  device: Interface,
  destination: Address,
  prefixLength: number,
  table: number,
  metric: number,
): Route {
  const nextHops = [{ device: device.name, weight: 1, onlink: false }];
  return { family: 6, type, table, destination, prefixLength, tos: 0, metric, scope: 0, nextHops };
}

function withoutDoubles(routes: readonly Route[]): Route[] {
  const seen = new Set<string>();
  return routes.filter((route) => {
    const device = route.nextHops[0]?.device;
    const key = `${route.table} ${route.type} ${formatAddress(route.destination)}/${route.prefixLength} ${device}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
