import { formatAddress } from "../config/address.ts";
import { parseInterfaces } from "../config/ip/address.ts";
import { connectedRoutes } from "../config/ip/connected.ts";
import type { Route } from "../model/node.ts";
import { contains, familyOfText, type Network, parseNetwork } from "./addresses.ts";
import type { NodeFacts, Proxier } from "./proxier.ts";

/** The node that stands in where no real one is given: a default route over eth0, pods behind one device. */

export const UPLINK = "eth0";
export const POD_DEVICE = "cni0";
export const DUMMY = "kube-ipvs0";

/** A device as `ip -d -j addr` prints it. */
export type DeviceEntry = Readonly<Record<string, unknown>> & {
  readonly ifname: string;
  readonly ifindex: number;
  readonly addr_info?: readonly Readonly<Record<string, unknown>>[];
};

const ETHERNET = { mtu: 1500, operstate: "UP", group: "default", link_type: "ether" } as const;
const UP = ["BROADCAST", "MULTICAST", "UP", "LOWER_UP"];
const PREFIX_LENGTHS = { 4: 24, 6: 64 } as const;

/** addr.json of the stand-in, without kube-ipvs0. */
export function plainDevices({ addresses, podCIDRs }: NodeFacts): DeviceEntry[] {
  const pods = podCIDRs.map(parseNetwork).filter((network) => network !== undefined);
  return [
    {
      ifindex: 1,
      ifname: "lo",
      flags: ["LOOPBACK", "UP", "LOWER_UP"],
      mtu: 65536,
      operstate: "UNKNOWN",
      group: "default",
      link_type: "loopback",
      address: "00:00:00:00:00:00",
      addr_info: [addressEntry("127.0.0.1", 8, "host", "lo"), addressEntry("::1", 128, "host", "lo")],
    },
    {
      ifindex: 2,
      ifname: UPLINK,
      flags: UP,
      ...ETHERNET,
      address: "02:00:00:00:00:02",
      addr_info: addresses.map((text) => addressEntry(text, PREFIX_LENGTHS[familyOfText(text)], "global", UPLINK)),
    },
    {
      ifindex: 3,
      ifname: POD_DEVICE,
      flags: UP,
      ...ETHERNET,
      address: "02:00:00:00:00:03",
      addr_info: pods.map((network) => addressEntry(hostOf(network, 1), network.prefixLength, "global", POD_DEVICE)),
    },
  ];
}

export function addressEntry(local: string, prefixlen: number, scope: string, label: string): Record<string, unknown> {
  const family = familyOfText(local) === 4 ? { family: "inet", label } : { family: "inet6" };
  return { ...family, local, prefixlen, scope };
}

/** The host with a number in a network. */
function hostOf({ prefix }: Network, number: number): string {
  const bytes = prefix.address.slice();
  bytes[bytes.length - 1]! |= number;
  return formatAddress(bytes);
}

/** route.json of the stand-in: connected networks, pods on this node behind one device, all else over a gateway. */
export function plainRoutes(devices: readonly DeviceEntry[], proxiers: readonly Proxier[]): unknown[] {
  const routes = connected(devices).map(routeEntry);
  for (const proxier of proxiers) {
    const gateway = gatewayOf(proxier);
    const family = proxier.family === 6 ? { metric: 1024 } : {};
    if (gateway !== undefined) routes.unshift({ dst: "default", gateway, dev: UPLINK, flags: [], ...family });
    for (const address of localPods(proxier)) routes.push({ dst: address, dev: POD_DEVICE, scope: "link", flags: [] });
  }
  return routes;
}

/** The routes that the addresses of devices bring; a node of a cluster forwards. */
export function connected(devices: readonly DeviceEntry[]): Route[] {
  return connectedRoutes(parseInterfaces(JSON.stringify(devices), "addr.json"), () => true);
}

/** neigh.json of the stand-in: the gateways and this node's pods. */
export function plainNeighbours(proxiers: readonly Proxier[]): unknown[] {
  return proxiers.flatMap((proxier) => {
    const gateway = gatewayOf(proxier);
    const pods = podAddresses(proxier);
    return [
      ...(gateway === undefined ? [] : [neighbour(gateway, UPLINK, "02:00:00:00:01:01")]),
      ...pods.map((address) => neighbour(address, POD_DEVICE, "02:00:00:00:02:01")),
    ];
  });
}

function neighbour(dst: string, dev: string, lladdr: string): unknown {
  return { dst, dev, lladdr, state: ["PERMANENT"] };
}

/** The first or, where that is the node itself, the second host of the primary address's network. */
function gatewayOf({ facts, family }: Proxier): string | undefined {
  const primary = facts.primary.get(family) ?? facts.addresses.find((address) => familyOfText(address) === family);
  if (primary === undefined || !facts.addresses.includes(primary)) return undefined;
  const network = parseNetwork(`${primary}/${PREFIX_LENGTHS[family]}`)!;
  const taken = new Set(facts.addresses);
  return [1, 2, 3].map((number) => hostOf(network, number)).find((address) => !taken.has(address));
}

/** Endpoints on this node. */
function podAddresses({ ports, facts }: Proxier): string[] {
  const own = new Set(facts.addresses);
  const local = ports.flatMap(({ endpoints }) => endpoints.filter(({ isLocal }) => isLocal));
  return [...new Set(local.map(({ address }) => address))].filter((address) => !own.has(address));
}

/** Endpoints on this node that its pod networks do not cover. */
function localPods(proxier: Proxier): string[] {
  const networks = proxier.facts.podCIDRs.map(parseNetwork).filter((network) => network !== undefined);
  return podAddresses(proxier).filter((address) => !networks.some((network) => contains(network, address)));
}

const SCOPES: Readonly<Record<number, string>> = { 0: "global", 253: "link", 254: "host" };
export const LOCAL_TABLE = 255;

/** A route as `ip -j route show table all` prints it. */
export function routeEntry(route: Route): Record<string, unknown> {
  const { type, table, destination, prefixLength, prefSource, metric, nextHops, scope, family } = route;
  const isHost = prefixLength === destination.length * 8;
  return {
    ...(type === "unicast" ? {} : { type }),
    dst: isHost ? formatAddress(destination) : `${formatAddress(destination)}/${prefixLength}`,
    dev: nextHops[0]?.device,
    ...(table === LOCAL_TABLE ? { table: "local" } : {}),
    protocol: "kernel",
    ...(family === 4 ? { scope: SCOPES[scope] } : {}),
    ...(prefSource ? { prefsrc: formatAddress(prefSource) } : {}),
    ...(metric ? { metric } : {}),
    flags: [],
  };
}

/** kube-ipvs0 with its addresses, as a device that was never set up. */
export function dummyDevice(ifindex: number, addresses: readonly string[]): DeviceEntry {
  return {
    ifindex,
    ifname: DUMMY,
    flags: ["BROADCAST", "NOARP"],
    ...ETHERNET,
    operstate: "DOWN",
    address: "02:00:00:00:00:04",
    linkinfo: { info_kind: "dummy" },
    addr_info: addresses.map((text) => addressEntry(text, familyOfText(text) === 4 ? 32 : 128, "global", DUMMY)),
  };
}

/** Routes that kube-ipvs0's addresses bring: they make the node take packets to them as its own. */
export function dummyRoutes(addresses: readonly string[]): unknown[] {
  return addresses.map((dst) => ({
    type: "local",
    dst,
    dev: DUMMY,
    table: "local",
    protocol: "kernel",
    ...(familyOfText(dst) === 4 ? { scope: "host", prefsrc: dst } : {}),
    flags: [],
  }));
}
