import { parseNode } from "../../src/index.ts";

export const BRIDGE_MAC = "02:00:00:00:00:20";

/** A bridge of eth0, eth1 and eth2 at 10.5.0.1, with a VLAN device of its own. */
export function bridgeNode(settings: { readonly port?: object; readonly bridge?: object; readonly mdb?: object } = {}) {
  const ethernet = { flags: ["BROADCAST", "MULTICAST", "UP", "LOWER_UP"], mtu: 1500, link_type: "ether" };
  const port = (index: number, more: object = {}) => ({
    ...ethernet,
    ifindex: index,
    ifname: `eth${index - 2}`,
    address: `02:00:00:00:00:1${index - 2}`,
    master: "br0",
    linkinfo: { info_slave_kind: "bridge", info_slave_data: { no: `0x${index - 1}`, state: "forwarding", ...more } },
    addr_info: [],
  });
  const at = (local: string) => [{ family: "inet", local, prefixlen: 24, scope: "global" }];
  const devices = [
    { ifindex: 1, ifname: "lo", flags: ["LOOPBACK", "UP"], mtu: 65536, link_type: "loopback", addr_info: [] },
    port(2, settings.port),
    port(3),
    port(4),
    {
      ...ethernet,
      ifindex: 5,
      ifname: "br0",
      address: BRIDGE_MAC,
      linkinfo: { info_kind: "bridge", info_data: { ageing_time: 30000, ...settings.bridge } },
      addr_info: at("10.5.0.1"),
    },
    {
      ...ethernet,
      ifindex: 6,
      ifname: "br0.10",
      link: "br0",
      address: BRIDGE_MAC,
      linkinfo: { info_kind: "vlan", info_data: { protocol: "802.1Q", id: 10 } },
      addr_info: at("10.6.0.1"),
    },
  ];
  const files = {
    "addr.json": JSON.stringify(devices),
    "sysctl.txt": "net.ipv4.ip_forward = 1\n",
    ...(settings.mdb && { "mdb.json": JSON.stringify(settings.mdb) }),
  };
  return parseNode(new Map(Object.entries(files).map(([name, text]) => [name, new TextEncoder().encode(text)])));
}
