import { parseInterfaces } from "../../src/config/ip/address.ts";
import { connectedRoutes } from "../../src/config/ip/connected.ts";
import { type DeviceEntry, routeEntry } from "../../src/kubernetes/plain-node.ts";

/**
 * The node that the corpus's packets were injected into: clients arrive at any of three devices, everything that is not the
 * node's own leaves through another one, whose first address is what masquerading puts in as source.
 */

export const UPLINK = "out0";
/** A client's device where the flow does not say which. */
export const CLIENT_DEVICE = "eth0";
export const MASQUERADE_SOURCES: ReadonlySet<string> = new Set(["198.18.0.1", "2001:2::1"]);

const CLIENT_DEVICES = [CLIENT_DEVICE, "cbr0", "cali0abc"];
const GATEWAYS = ["198.18.0.2", "2001:2::2"];

/** Files of the node before kube-proxy came, with the addresses that a case gives it. */
export function flowNode(addresses: readonly string[]): Map<string, Uint8Array> {
  const own = [...MASQUERADE_SOURCES].map((text) => addressEntry(text, text.includes(":") ? 64 : 24));
  const more = addresses.map((text) => addressEntry(text, text.includes(":") ? 128 : 32));
  const devices = [
    { ...device(1, "lo"), flags: ["LOOPBACK", "UP", "LOWER_UP"], link_type: "loopback", addr_info: LOOPBACK },
    { ...device(2, UPLINK), addr_info: [...own, ...more] },
    ...CLIENT_DEVICES.map((name, i) => device(3 + i, name)),
  ];
  const connected = connectedRoutes(parseInterfaces(JSON.stringify(devices), "addr.json"), () => true);
  const files = {
    "addr.json": devices,
    "route.json": [
      ...GATEWAYS.map((gateway) => ({ dst: "default", gateway, dev: UPLINK, flags: [] })),
      ...connected.map(routeEntry),
    ],
    "neigh.json": GATEWAYS.map((dst) => ({ dst, dev: UPLINK, lladdr: "02:00:00:00:01:01", state: ["PERMANENT"] })),
  };
  const sysctls = ["net.ipv4.ip_forward = 1", "net.ipv6.conf.all.forwarding = 1", "net.ipv4.conf.all.rp_filter = 0"];
  const encoder = new TextEncoder();
  return new Map([
    ...Object.entries(files).map(([name, value]): [string, Uint8Array] => [
      name,
      encoder.encode(JSON.stringify(value)),
    ]),
    ["sysctl.txt", encoder.encode(`${sysctls.join("\n")}\n`)],
  ]);
}

const LOOPBACK = [
  { family: "inet", local: "127.0.0.1", prefixlen: 8, scope: "host" },
  { family: "inet6", local: "::1", prefixlen: 128, scope: "host" },
];

export function macOf(name: string): string {
  return `02:00:00:00:00:0${1 + [UPLINK, ...CLIENT_DEVICES].indexOf(name)}`;
}

function device(ifindex: number, ifname: string): DeviceEntry {
  const address = ifname === "lo" ? "00:00:00:00:00:00" : macOf(ifname);
  return { ifindex, ifname, flags: ["BROADCAST", "UP", "LOWER_UP"], mtu: 1500, link_type: "ether", address };
}

function addressEntry(local: string, prefixlen: number): Record<string, unknown> {
  return { family: local.includes(":") ? "inet6" : "inet", local, prefixlen, scope: "global" };
}
