import type { Interface, InterfaceAddress, NextHop, Node, Route } from "../../model/node.ts";
import { formatAddress, isSame, maskAddress, maskOf } from "../address.ts";
import { connectedRoutes } from "./connected.ts";

/** Addresses that come and go, devices that go up and down, and the routes that follow them (devinet.c, fib_frontend.c). */
export type Links = Pick<Node, "interfaces" | "routes">;

type State = Links & Pick<Node, "sysctls">;

const LOCAL = 255;
const SCOPE_LINK = 253;

/** inet_insert_ifa(), ipv6_add_addr(): the address, and the routes that it brings while its device is up. */
export function addAddress(state: State, device: Interface, given: InterfaceAddress): Links {
  const secondary =
    given.family === 4 && device.addresses.some((each) => !each.secondary && isSameNetwork(each, given));
  const address = { ...given, secondary };
  const place = secondary ? device.addresses.length : afterPrimaries(device.addresses, address);
  const addresses = [...device.addresses.slice(0, place), address, ...device.addresses.slice(place)];
  return withConnected(state, { ...device, addresses });
}

/** Primaries come before secondaries; of wider scope before those of narrower. */
function afterPrimaries(addresses: readonly InterfaceAddress[], added: InterfaceAddress): number {
  if (added.family === 6) return addresses.length;
  let place = 0;
  for (const [i, each] of addresses.entries()) {
    if (each.family === 4 && !each.secondary && added.scope <= each.scope) place = i + 1;
  }
  return place;
}

/** inet_del_ifa(): the secondaries of a primary go with it, or the first of them takes its place (promote_secondaries). */
export function deleteAddress(state: State, device: Interface, gone: InterfaceAddress): Links {
  let addresses = device.addresses.filter((each) => each !== gone);
  const dependent = (each: InterfaceAddress) => each.secondary && isSameNetwork(each, gone);
  if (gone.family === 4 && !gone.secondary && addresses.some(dependent)) {
    const heir = promotes(state, device) ? addresses.find(dependent) : undefined;
    addresses = heir
      ? addresses.map((each) => (each === heir ? { ...heir, secondary: false } : each))
      : addresses.filter((each) => !dependent(each));
  }
  const links = withConnected(state, { ...device, addresses });
  const lost = device.addresses.filter((each) => !addresses.some((kept) => isSame(kept.address, each.address)));
  const isLast = gone.family === 4 && !addresses.some(({ family }) => family === 4);
  const routes = links.routes.filter((route) => {
    if (route.family !== gone.family) return true;
    // fib_sync_down_addr(): nothing may be sent from an address that is gone.
    if (gone.family === 4 && lost.some(({ address }) => route.prefSource && isSame(route.prefSource, address)))
      return false;
    return !(isLast && isOnlyThrough(route, device.name));
  });
  return { ...links, routes };
}

function promotes({ sysctls }: State, { name }: Interface): boolean {
  return ["all", name].some((conf) => Number(sysctls.get(`net.ipv4.conf.${conf}.promote_secondaries`) ?? 0) !== 0);
}

/** The device as it is now, and the routes that its addresses bring in place of those that they brought before. */
function withConnected(state: State, device: Interface): Links {
  const { interfaces, routes } = state;
  const changed = interfaces.map((each) => (each.name === device.name ? device : each));
  const forwards = (name: string) =>
    Number(
      state.sysctls.get(`net.ipv6.conf.${name}.forwarding`) ?? state.sysctls.get("net.ipv6.conf.all.forwarding") ?? 0,
    ) !== 0;
  const before = new Set(connectedRoutes(interfaces, forwards).map(keyOf));
  const after = connectedRoutes(changed, forwards);
  const wanted = new Set(after.map(keyOf));
  const kept = routes.filter((route) => wanted.has(keyOf(route)) || !before.has(keyOf(route)));
  const there = new Set(kept.map(keyOf));
  const added = after.filter((route) => !before.has(keyOf(route)) && !there.has(keyOf(route)));
  return { interfaces: changed, routes: [...kept, ...added] };
}

function keyOf({ table, type, destination, prefixLength, nextHops }: Route): string {
  const hop = nextHops[0];
  const gateway = hop?.gateway ? formatAddress(hop.gateway) : "";
  return `${table} ${type} ${formatAddress(destination)}/${prefixLength} ${nextHops.length} ${hop?.device} ${gateway}`;
}

/** `ip link set`: up, down, MTU. */
export function changeLink(
  state: State,
  device: Interface,
  { isUp, mtu }: { readonly isUp?: boolean; readonly mtu?: number },
): Links {
  const wasUp = device.flags.includes("UP");
  const resized = mtu === undefined ? device : { ...device, mtu };
  const links = replaceDevice(state, resized);
  if (isUp === undefined || isUp === wasUp) return links;
  return isUp ? bringUp({ ...state, ...links }, resized) : takeDown({ ...state, ...links }, resized);
}

function replaceDevice({ interfaces, routes }: Links, device: Interface): Links {
  return { interfaces: interfaces.map((each) => (each.name === device.name ? device : each)), routes };
}

/** fib_sync_up(): the addresses bring their routes again, and next hops that were dead live. */
function bringUp(state: State, device: Interface): Links {
  const flags = [...new Set([...device.flags, "UP", "LOWER_UP"])];
  const { interfaces, routes } = withConnected(state, { ...device, flags, addresses: withLinkLocal(state, device) });
  const revive = (hop: NextHop) =>
    hop.device === device.name
      ? { ...hop, flags: hop.flags?.filter((flag) => flag !== "dead" && flag !== "linkdown") }
      : hop;
  return { interfaces, routes: routes.map((route) => ({ ...route, nextHops: route.nextHops.map(revive) })) };
}

/** fib_sync_down_dev(), addrconf_ifdown(): routes through it go, but IPv4 keeps what is local; IPv6 loses its addresses. */
function takeDown(state: State, device: Interface): Links {
  const flags = device.flags.filter((flag) => flag !== "UP" && flag !== "LOWER_UP");
  const keeps6 = ["all", device.name].some(
    (conf) => Number(state.sysctls.get(`net.ipv6.conf.${conf}.keep_addr_on_down`) ?? 0) > 0,
  );
  const addresses = device.addresses.filter(({ family, scope }) => family === 4 || (keeps6 && scope !== SCOPE_LINK));
  const routes = state.routes
    .filter((route) => !isOnlyThrough(route, device.name) || (route.family === 4 && isLocal(route)))
    .map((route) => ({ ...route, nextHops: route.nextHops.map((hop) => killed(hop, device.name, route)) }));
  return replaceDevice({ ...state, routes }, { ...device, flags, addresses });
}

function killed(hop: NextHop, device: string, route: Route): NextHop {
  return hop.device === device && route.nextHops.length > 1 ? { ...hop, flags: [...(hop.flags ?? []), "dead"] } : hop;
}

function isLocal({ table, type }: Route): boolean {
  return table === LOCAL && type === "local";
}

function isOnlyThrough({ nextHops }: Route, device: string): boolean {
  return nextHops.length > 0 && nextHops.every((hop) => hop.device === device || hop.flags?.includes("dead"));
}

/** Unlike Linux, the address counts as checked (DAD) at once. */
function withLinkLocal({ sysctls }: State, device: Interface): readonly InterfaceAddress[] {
  const { mac, addresses, flags, name } = device;
  const isOff = ["all", name].some((conf) => Number(sysctls.get(`net.ipv6.conf.${conf}.disable_ipv6`) ?? 0) !== 0);
  const hasOne = addresses.some(({ family, scope }) => family === 6 && scope === SCOPE_LINK);
  const isMade = Number(sysctls.get(`net.ipv6.conf.${name}.addr_gen_mode`) ?? 0) === 0;
  if (isOff || hasOne || !isMade || mac?.length !== 6 || flags.includes("LOOPBACK")) return addresses;
  const host = [mac[0]! ^ 2, mac[1]!, mac[2]!, 0xff, 0xfe, mac[3]!, mac[4]!, mac[5]!];
  const address = Uint8Array.from([0xfe, 0x80, 0, 0, 0, 0, 0, 0, ...host]);
  const made: InterfaceAddress = {
    family: 6,
    address,
    prefixLength: 64,
    scope: SCOPE_LINK,
    secondary: false,
    deprecated: false,
  };
  return [...addresses, made];
}

function isSameNetwork(a: InterfaceAddress, b: InterfaceAddress): boolean {
  if (a.family !== 4 || b.family !== 4 || a.prefixLength !== b.prefixLength) return false;
  const mask = maskOf(4, a.prefixLength);
  return isSame(maskAddress(a.address, mask), maskAddress(b.address, mask));
}
