import { describe, expect, it } from "vitest";
import { parseNode, type Replayed, replay, verdicts } from "../../src/index.ts";
import { type Captured, frameTo, pcapngOf } from "../support/frames.ts";

const BOND_MAC = "02:00:00:00:00:20";
const OUTSIDE = 3;
const ETHERNET = { flags: ["BROADCAST", "MULTICAST", "UP", "LOWER_UP"], mtu: 1500, link_type: "ether" };

interface Settings {
  readonly bond?: object;
  /** Settings of the ports eth0, eth1, eth2. */
  readonly ports?: readonly object[];
  readonly order?: readonly string[];
}

/** bond0 (10.5.0.1) of eth0, eth1 and eth2, between it and eth3 (10.6.0.1) a router. */
function nodeWith({ bond = {}, ports = [], order }: Settings) {
  const at = (local: string) => [{ family: "inet", local, prefixlen: 24, scope: "global" }];
  const port = (i: number) => ({
    ...ETHERNET,
    ifindex: 2 + i,
    ifname: `eth${i}`,
    address: BOND_MAC,
    master: "bond0",
    linkinfo: { info_slave_kind: "bond", info_slave_data: { state: "ACTIVE", mii_status: "UP" } },
    addr_info: [],
    ...ports[i],
  });
  const devices = [
    { ifindex: 1, ifname: "lo", flags: ["LOOPBACK", "UP"], mtu: 65536, link_type: "loopback", addr_info: [] },
    port(0),
    port(1),
    port(2),
    { ...ETHERNET, ifindex: 5, ifname: "eth3", address: "02:00:00:00:00:13", addr_info: at("10.6.0.1") },
    {
      ...ETHERNET,
      ifindex: 6,
      ifname: "bond0",
      address: BOND_MAC,
      linkinfo: { info_kind: "bond", info_data: { mode: "balance-xor", xmit_hash_policy: "layer2", ...bond } },
      addr_info: at("10.5.0.1"),
    },
  ];
  const neighbours = [10, 11, 12].map((host) => ({
    dst: `10.5.0.${host}`,
    dev: "bond0",
    lladdr: `02:05:00:00:00:${host}`,
    state: ["PERMANENT"],
  }));
  const files = {
    "addr.json": JSON.stringify(devices),
    "neigh.json": JSON.stringify(neighbours),
    "sysctl.txt": "net.ipv4.ip_forward = 1\n",
    ...(order && { "bonding.txt": order.map((name) => `Slave Interface: ${name}\nMII Status: up\n\n`).join("") }),
  };
  return parseNode(new Map(Object.entries(files).map(([name, text]) => [name, new TextEncoder().encode(text)])));
}

const outward = (host: number, port = 1): Captured => ({
  on: OUTSIDE,
  bytes: frameTo("02:00:00:00:00:13", `udp 10.6.0.9:${port} > 10.5.0.${host}:53`),
});
const inward = (on: number): Captured => ({ on, bytes: frameTo(BOND_MAC, "udp 10.5.0.10:53 > 10.6.0.9:1") });
const INTERFACES = ["eth0", "eth1", "eth2", "eth3"];

async function run(packets: readonly Captured[], settings: Settings): Promise<{ ports: string[]; replayed: Replayed }> {
  const node = nodeWith(settings);
  const ports: string[] = [];
  const replayed = await replay(node, pcapngOf(INTERFACES, packets), {
    observe: () => [{ frame: ({ device }) => ports.push(node.interfaces[device - 1]!.name) }],
  });
  return { ports, replayed };
}

async function portsOf(packets: readonly Captured[], settings: Settings): Promise<string[]> {
  return (await run(packets, settings)).ports;
}

describe("a bond", () => {
  // 0x10, 0x11, 0x12 (hosts) ^ 0x20 (the bond) ^ 0x0800 (IPv4), by the number of ports.
  it("chooses among the ports that may send, in the order in which they joined", async () => {
    const packets = [outward(10), outward(11), outward(12)];
    expect(await portsOf(packets, {})).toEqual(["eth2", "eth0", "eth1"]);
    expect(await portsOf(packets, { order: ["eth2", "eth1", "eth0"] })).toEqual(["eth0", "eth2", "eth1"]);
    const down = { linkinfo: { info_slave_kind: "bond", info_slave_data: { state: "ACTIVE", mii_status: "DOWN" } } };
    expect(await portsOf(packets, { ports: [down] })).toEqual(["eth1", "eth2", "eth1"]);
    expect(await portsOf(packets, { ports: [down, down, down] })).toEqual([]);
  });

  it("gives ports of another aggregator nothing", async () => {
    const of = (id: number) => ({
      linkinfo: {
        info_slave_kind: "bond",
        info_slave_data: { state: id === 1 ? "ACTIVE" : "BACKUP", mii_status: "UP", ad_aggregator_id: id },
      },
    });
    const bond = { mode: "802.3ad", ad_info: { aggregator: 1 } };
    const packets = [outward(10), outward(11), outward(12)];
    expect(await portsOf(packets, { bond, ports: [of(1), of(2), of(1)] })).toEqual(["eth0", "eth2", "eth0"]);
  });

  it("takes nothing that arrives at a backup port", async () => {
    const backup = { linkinfo: { info_slave_kind: "bond", info_slave_data: { state: "BACKUP", mii_status: "UP" } } };
    const node = nodeWith({ bond: { mode: "active-backup", active_slave: "eth1" }, ports: [backup] });
    const lines: string[] = [];
    for await (const { packet, fate, reason } of verdicts(node, pcapngOf(INTERFACES, [inward(0), inward(1)])))
      lines.push(`${packet} ${fate} ${reason ?? ""}`);
    expect(lines[0]).toBe("1 dropped arrived at a backup port of a bond");
    expect(lines[1]).toMatch(/^2 sent/);
  });

  it("sends through its ports in turn, or through all of them", async () => {
    const packets = [outward(10), outward(10), outward(10)];
    expect(await portsOf(packets, { bond: { mode: "balance-rr" } })).toEqual(["eth1", "eth2", "eth0"]);
    expect(await portsOf(packets.slice(2), { bond: { mode: "broadcast" } })).toEqual(["eth0", "eth1", "eth2"]);
  });

  it("whose choice nobody can know shows frames on itself, and counts them", async () => {
    const { ports, replayed } = await run([outward(10), outward(10)], { bond: { mode: "balance-alb" } });
    expect(ports).toEqual(["bond0", "bond0"]);
    expect(replayed.notes).toEqual([
      "2 x left through a bond that chooses its port by what is not known: shown on the bond itself; first packet 1",
    ]);
  });

  it.each([
    [{ mode: "balance-tlb" }, "mode balance-tlb chooses ports by their load"],
    [{ mode: "balance-xor", xmit_hash_policy: "encap3+4" }, "xmit_hash_policy encap3+4 is not emulated"],
    [{ mode: "balance-rr" }, "ports take turns"],
    [{ mode: "balance-rr", packets_per_slave: 0 }, "the port of every frame is drawn"],
    [{ mode: "802.3ad" }, "in which order its ports joined is not saved"],
  ])("with %j is warned of", (bond, message) => {
    expect(nodeWith({ bond }).warnings.map((warning) => warning.message)).toContainEqual(
      expect.stringContaining(message),
    );
  });

  it.each([{ mode: "active-backup", active_slave: "eth0" }, { mode: "broadcast" }])(
    "with %j leaves no doubt",
    (bond) => {
      expect(nodeWith({ bond }).warnings.filter(({ code }) => /DEVICE|BOND/.test(code))).toEqual([]);
    },
  );

  it("of a port that puts something on its frames is refused", () => {
    const vlan = { linkinfo: { info_kind: "vlan", info_slave_kind: "bond" } };
    expect(() => nodeWith({ ports: [vlan] })).toThrow("bond bond0: its port eth0 is a device of kind vlan");
  });
});

describe("a tunnel", () => {
  it("shows packets as they enter it, and counts them", async () => {
    const tunnel = { ifindex: 2, ifname: "tun0", flags: ["UP"], mtu: 1400, link_type: "ipip" };
    const at = (local: string) => [{ family: "inet", local, prefixlen: 24, scope: "global" }];
    const devices = [
      { ...ETHERNET, ifindex: 1, ifname: "eth0", address: BOND_MAC, addr_info: at("10.5.0.1") },
      { ...tunnel, linkinfo: { info_kind: "ipip" }, addr_info: at("10.6.0.1") },
    ];
    const files = { "addr.json": JSON.stringify(devices), "sysctl.txt": "net.ipv4.ip_forward = 1\n" };
    const node = parseNode(
      new Map(Object.entries(files).map(([name, text]) => [name, new TextEncoder().encode(text)])),
    );
    const packet = { bytes: frameTo(BOND_MAC, "udp 10.5.0.10:53 > 10.6.0.9:1") };
    const { notes } = await replay(node, pcapngOf(["eth0"], [packet, packet, packet]));
    expect(notes).toEqual([
      "3 x left through a tunnel, and are shown as they enter it: what goes out is another packet; first packet 1",
    ]);
  });
});
