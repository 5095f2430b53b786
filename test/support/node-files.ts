/** The files of a small node, in the words of the tools: eth0 and eth1 with a neighbour each, forwarding on. */
export function nodeFiles(more: Readonly<Record<string, string>> = {}): Map<string, Uint8Array> {
  const files = { ...FILES, ...more };
  const encoder = new TextEncoder();
  return new Map(Object.entries(files).map(([name, text]) => [name, encoder.encode(text)]));
}

/** MAC addresses of the node's interfaces. */
export const MACS = { eth0: "02:00:00:00:00:10", eth1: "02:00:00:00:00:11" } as const;

function device(index: number, name: "eth0" | "eth1", address: string): object {
  return {
    ifindex: index,
    ifname: name,
    flags: ["BROADCAST", "MULTICAST", "UP", "LOWER_UP"],
    mtu: 1500,
    link_type: "ether",
    address: MACS[name],
    addr_info: [{ family: "inet", local: address, prefixlen: 24, scope: "global" }],
  };
}

const LOOPBACK = {
  ifindex: 1,
  ifname: "lo",
  flags: ["LOOPBACK", "UP", "LOWER_UP"],
  mtu: 65536,
  link_type: "loopback",
  address: "00:00:00:00:00:00",
  addr_info: [{ family: "inet", local: "127.0.0.1", prefixlen: 8, scope: "host" }],
};

const FILES: Readonly<Record<string, string>> = {
  "addr.json": JSON.stringify([LOOPBACK, device(2, "eth0", "10.0.0.1"), device(3, "eth1", "10.1.0.1")]),
  "neigh.json": JSON.stringify([
    { dst: "10.0.0.9", dev: "eth0", lladdr: "02:09:00:00:00:09", state: ["PERMANENT"] },
    { dst: "10.1.0.9", dev: "eth1", lladdr: "02:09:00:00:01:09", state: ["PERMANENT"] },
  ]),
  "route.json": JSON.stringify([
    { dst: "10.0.0.0/24", dev: "eth0", protocol: "kernel", scope: "link", prefsrc: "10.0.0.1" },
    { dst: "10.1.0.0/24", dev: "eth1", protocol: "kernel", scope: "link", prefsrc: "10.1.0.1" },
    { type: "local", dst: "10.0.0.1", dev: "eth0", table: "local", protocol: "kernel", scope: "host" },
    { type: "local", dst: "10.1.0.1", dev: "eth1", table: "local", protocol: "kernel", scope: "host" },
  ]),
  "sysctl.txt": "net.ipv4.ip_forward = 1\n",
};
