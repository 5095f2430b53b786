import { CLIENT_INTERFACE, CLIENT_SIDE_MAC, SERVER_INTERFACE, SERVER_SIDE_MAC } from "../src/generate/workload.ts";

/** Address and port of a server behind a service. */
export interface Backend {
  readonly address: number;
  readonly port: number;
}

/** A virtual service and its servers in the order in which the round robin takes them. */
export interface BenchService {
  readonly address: number;
  readonly port: number;
  readonly backends: readonly Backend[];
}

/** MAC addresses of the node's two interfaces, clients' side first. */
export const NODE_MACS = [mac(0x10), mac(0x11)] as const;
/** Who is on the other end: the gateway to the clients, the switch of the servers. */
export const GATEWAY_MACS = [mac(0xa0), mac(0xa1)] as const;

/** Bytes of an Ethernet header. */
export const ETHERNET = 14;

const SERVER_NET = 0x0a020100;
const SERVICE_NET = 0x0a600000;

export function benchServices(count: number, backends: number): BenchService[] {
  return Array.from({ length: count }, (_, i) => ({
    address: SERVICE_NET + i + 1,
    port: 80,
    backends: Array.from({ length: backends }, (_, k) => ({
      address: SERVER_NET + ((i * backends + k) % 50_000) + 1,
      port: 8080,
    })),
  }));
}

/**
 * A node between clients (eth0, 10.1.0.0/16, the rest of the world behind a gateway) and servers (eth1, 10.2.0.0/16).
 *
 * @param services whose servers are on the second network.
 * @param files the node's other files.
 * @param own addresses of its own beside those, on a dummy interface as kube-proxy does it.
 * @param macOffset makes its MAC addresses others than those the packets go to.
 */
export function benchNode(
  services: readonly BenchService[],
  files: Readonly<Record<string, string>>,
  own: readonly number[] = [],
  macOffset = 0,
): Map<string, Uint8Array> {
  const links = [
    link(1, "lo", ["127.0.0.1"], 8, 65536),
    link(2, "eth0", ["10.1.0.1"], 16, 1500, mac(0x10 + macOffset)),
    link(3, "eth1", ["10.2.0.1"], 16, 1500, mac(0x11 + macOffset)),
    link(4, "kube-ipvs0", own.map(formatIpv4), 32, 1500, mac(0x12)),
  ];
  const routes = [
    { dst: "default", gateway: "10.1.255.254", dev: "eth0" },
    { dst: "10.1.0.0/16", dev: "eth0", protocol: "kernel", scope: "link", prefsrc: "10.1.0.1" },
    { dst: "10.2.0.0/16", dev: "eth1", protocol: "kernel", scope: "link", prefsrc: "10.2.0.1" },
  ];
  const servers = new Set(services.flatMap(({ backends }) => backends.map(({ address }) => address)));
  const neighbours = [
    neighbour("10.1.255.254", "eth0", GATEWAY_MACS[0]),
    ...[...servers].map((address) => neighbour(formatIpv4(address), "eth1", GATEWAY_MACS[1])),
  ];
  const all = {
    "addr.json": JSON.stringify(links),
    "route.json": JSON.stringify(routes),
    "neigh.json": JSON.stringify(neighbours),
    "sysctl.txt": "net.ipv4.ip_forward = 1\nnet.netfilter.nf_conntrack_max = 4000000\nnet.ipv4.vs.conntrack = 1\n",
    ...files,
  };
  const encoder = new TextEncoder();
  return new Map(Object.entries(all).map(([name, text]) => [name, encoder.encode(text)]));
}

/** The node between the clients and the servers of a generated capture: it tracks connections and forwards. */
export function generatedNode(): Map<string, Uint8Array> {
  const links = [
    link(1, "lo", ["127.0.0.1"], 8, 65536),
    link(2, CLIENT_INTERFACE, ["10.1.0.1"], 16, 1500, CLIENT_SIDE_MAC),
    link(3, SERVER_INTERFACE, ["10.2.0.1"], 16, 1500, SERVER_SIDE_MAC),
  ];
  const routes = [
    { dst: "10.1.0.0/16", gateway: "10.1.255.254", dev: CLIENT_INTERFACE },
    { dst: "10.2.0.0/16", gateway: "10.2.255.254", dev: SERVER_INTERFACE },
  ];
  const neighbours = routes.map(({ gateway, dev }, i) => neighbour(gateway, dev, GATEWAY_MACS[i]!));
  const files = {
    "addr.json": JSON.stringify(links),
    "route.json": JSON.stringify(routes),
    "neigh.json": JSON.stringify(neighbours),
    "sysctl.txt": "net.ipv4.ip_forward = 1\n",
    "iptables.save": "*filter\n-A FORWARD -m conntrack --ctstate INVALID -j DROP\nCOMMIT\n",
  };
  const encoder = new TextEncoder();
  return new Map(Object.entries(files).map(([name, text]) => [name, encoder.encode(text)]));
}

export function formatIpv4(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}

export function link(
  ifindex: number,
  ifname: string,
  own: string[],
  prefixlen: number,
  mtu: number,
  address?: Uint8Array,
) {
  return {
    ifindex,
    ifname,
    flags: ["UP", "LOWER_UP"],
    mtu,
    operstate: "UP",
    link_type: address ? "ether" : "loopback",
    address: address ? formatMac(address) : "00:00:00:00:00:00",
    ...(ifname.startsWith("kube") && { linkinfo: { info_kind: "dummy" } }),
    addr_info: own.map((local) => ({
      family: local.includes(":") ? "inet6" : "inet",
      local,
      prefixlen,
      scope: "global",
      label: ifname,
    })),
  };
}

export function neighbour(dst: string, dev: string, mac: Uint8Array) {
  return { dst, dev, lladdr: formatMac(mac), state: ["PERMANENT"] };
}

function mac(last: number): Uint8Array {
  return Uint8Array.of(2, 0, 0, 0, 0, last);
}

function formatMac(address: Uint8Array): string {
  return [...address].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
