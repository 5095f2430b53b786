import { describe, expect, it } from "vitest";
import { formatAddress } from "../../src/config/address.ts";
import { checksum, ipv4, ipv6 } from "../support/ip.ts";
import { Network, type NetworkPlan, type Output } from "../support/network.ts";

const PLAN: NetworkPlan = {
  devices: {
    lo: ["127.0.0.1/8", "::1/128"],
    eth0: ["10.0.0.1/24", "fd00:1::1/64"],
    eth1: ["10.1.0.1/24", "fd00:2::1/64"],
  },
  mtu: { eth1: 1300 },
  routes: [
    "10.9.0.0/16 via 10.1.0.9 dev eth1",
    "10.9.9.0/24 via 10.0.0.9 dev eth0",
    "blackhole 10.8.0.0/16",
    "unreachable 10.7.0.0/16",
    "prohibit 10.6.0.0/16",
    "throw 10.9.5.0/24",
    "fd00:9::/32 via fd00:2::9 dev eth1",
    "unreachable fd00:7::/32",
  ],
};

/** `device source > destination` with ICMP type and code of every packet that came out. */
function summary(outputs: readonly Output[]): string[] {
  return outputs.map(({ device, packet }) => {
    const isV4 = packet[0]! >> 4 === 4;
    const [from, to] = isV4
      ? [packet.slice(12, 16), packet.slice(16, 20)]
      : [packet.slice(8, 24), packet.slice(24, 40)];
    const message = isV4 ? packet.subarray((packet[0]! & 15) * 4) : packet.subarray(40);
    const isIcmp = (isV4 ? packet[9] : packet[6]) === (isV4 ? 1 : 58);
    return `${device} ${formatAddress(from)} > ${formatAddress(to)}${isIcmp ? ` icmp ${message[0]}/${message[1]}` : ""}`;
  });
}

describe("a router", () => {
  it.each([
    ["forwards on the link", "10.1.0.5", {}, ["eth1 10.0.0.2 > 10.1.0.5"]],
    ["forwards through a gateway", "10.9.1.1", {}, ["eth1 10.0.0.2 > 10.9.1.1"]],
    ["delivers to itself", "10.1.0.1", {}, ["local 10.0.0.2 > 10.1.0.1"]],
    ["delivers a broadcast", "10.0.0.255", {}, ["local 10.0.0.2 > 10.0.0.255"]],
    ["does not forward a directed broadcast", "10.1.0.255", {}, ["local 10.0.0.2 > 10.1.0.255"]],
    ["answers without a route", "11.0.0.1", {}, ["eth0 10.0.0.1 > 10.0.0.2 icmp 3/0"]],
    ["drops into a blackhole", "10.8.0.1", {}, []],
    ["answers for an unreachable route", "10.7.0.1", {}, ["eth0 10.0.0.1 > 10.0.0.2 icmp 3/1"]],
    ["answers for a prohibited route", "10.6.0.1", {}, ["eth0 10.0.0.1 > 10.0.0.2 icmp 3/13"]],
    ["takes a throw route for none", "10.9.5.1", {}, ["eth0 10.0.0.1 > 10.0.0.2 icmp 3/0"]],
    ["answers a TTL of 1", "10.1.0.5", { ttl: 1 }, ["eth0 10.0.0.1 > 10.0.0.2 icmp 11/0"]],
    ["drops a martian source", "10.1.0.5", { from: "127.0.0.5" }, []],
    ["drops its own source", "10.1.0.5", { from: "10.0.0.1" }, []],
    ["drops a loopback destination", "127.0.0.1", {}, []],
    ["drops multicast that it has not joined", "224.0.0.9", {}, []],
    ["takes in what all hosts have joined", "224.0.0.1", {}, ["local 10.0.0.2 > 224.0.0.1"]],
  ] as const)("%s", async (_, to, fields, expected) => {
    const node = await Network.create(PLAN);
    expect(summary(node.send("eth0", ipv4({ from: "10.0.0.2", to, ...fields })))).toEqual(expected);
  });

  it.each([
    ["forwards on the link", "fd00:2::5", {}, ["eth1 fd00:1::2 > fd00:2::5"]],
    ["forwards through a gateway", "fd00:9::1", {}, ["eth1 fd00:1::2 > fd00:9::1"]],
    ["delivers to itself", "fd00:2::1", {}, ["local fd00:1::2 > fd00:2::1"]],
    ["delivers to the anycast address of a network", "fd00:2::", {}, ["local fd00:1::2 > fd00:2::"]],
    ["answers without a route", "fd01::1", {}, ["eth0 fd00:1::1 > fd00:1::2 icmp 1/0"]],
    ["answers for an unreachable route", "fd00:7::1", {}, ["eth0 fd00:1::1 > fd00:1::2 icmp 1/0"]],
    ["answers a hop limit of 1", "fd00:2::5", { hopLimit: 1 }, ["eth0 fd00:1::1 > fd00:1::2 icmp 3/0"]],
    ["takes in what all nodes have joined", "ff02::1", {}, ["local fd00:1::2 > ff02::1"]],
    ["drops groups that it has not joined", "ff02::5", {}, []],
    ["drops a loopback source", "fd00:2::5", { from: "::1" }, []],
  ] as const)("of IPv6 %s", async (_, to, fields, expected) => {
    const node = await Network.create(PLAN);
    expect(summary(node.send("eth0", ipv6({ from: "fd00:1::2", to, ...fields })))).toEqual(expected);
  });

  it("rewrites MAC addresses and TTL, and nothing else", async () => {
    const node = await Network.create(PLAN);
    const packet = ipv4({ from: "10.0.0.2", to: "10.9.1.1", tos: 8 });
    const [output] = node.send("eth0", packet);
    expect(output?.mac).toBe("02:01:00:00:00:09");
    expect(output?.packet[8]).toBe(63);
    expect(checksum(output!.packet.subarray(0, 20))).toBe(0);
    const same = output!.packet.slice();
    same.set(packet.subarray(8, 12), 8);
    expect(same).toEqual(packet);
  });

  it("drops everything that is not for it when forwarding is off", async () => {
    const node = await Network.create({ ...PLAN, sysctls: { "net.ipv4.ip_forward": "0" } });
    expect(node.send("eth0", ipv4({ from: "10.0.0.2", to: "10.1.0.5" }))).toEqual([]);
    expect(node.send("eth0", ipv4({ from: "10.0.0.2", to: "11.0.0.1" }))).toEqual([]);
    expect(node.send("eth0", ipv4({ from: "10.0.0.2", to: "10.0.0.1" }))).toHaveLength(1);
  });

  it.each([
    ["0", "10.9.9.9", 1],
    ["1", "10.9.9.9", 1],
    ["1", "10.9.1.9", 0],
    ["2", "10.9.1.9", 1],
    ["2", "11.0.0.9", 0],
  ])("with rp_filter=%s lets %i packets of %s through eth0", async (mode, from, count) => {
    const node = await Network.create({ ...PLAN, sysctls: { "net.ipv4.conf.all.rp_filter": mode } });
    expect(node.send("eth0", ipv4({ from, to: "10.1.0.5" }))).toHaveLength(count);
  });

  it("goes by TOS and mark rules before the main table", async () => {
    const routes = [
      ...PLAN.routes!,
      "10.9.1.0/24 via 10.0.0.8 dev eth0 tos 16",
      "default via 10.0.0.7 dev eth0 table 100",
    ];
    const node = await Network.create({ ...PLAN, routes });
    expect(node.send("eth1", ipv4({ from: "10.1.0.2", to: "10.9.1.1", tos: 16 }))[0]?.mac).toBe("02:01:00:00:00:08");
    expect(node.send("eth1", ipv4({ from: "10.1.0.2", to: "10.9.9.1" }))[0]?.mac).toBe("02:01:00:00:00:09");
  });
});

describe("an ICMP error", () => {
  it("quotes up to 548 bytes, has no DF, and names the MTU that is too small", async () => {
    const node = await Network.create(PLAN);
    const packet = ipv4({
      from: "10.0.0.2",
      to: "10.1.0.5",
      dontFragment: true,
      tos: 0x14,
      payload: new Uint8Array(1400),
    });
    const [error] = node.send("eth0", packet);
    expect(error?.packet.length).toBe(576);
    expect(error?.packet[1]).toBe(0xd4);
    expect(new DataView(error!.packet.buffer, error!.packet.byteOffset).getUint16(6)).toBe(0);
    expect([...error!.packet.subarray(20, 22), ...error!.packet.subarray(24, 28)]).toEqual([3, 4, 0, 0, 5, 20]);
    expect(error!.packet.subarray(28)).toEqual(packet.subarray(0, 548));
    expect(checksum(error!.packet.subarray(20))).toBe(0);
  });

  it.each([
    ["an ICMP error", { protocol: 1, payload: Uint8Array.from([3, 1, 0, 0, 0, 0, 0, 0]) }],
    ["a later fragment", { offset: 8 }],
  ])("never answers %s", async (_, fields) => {
    const node = await Network.create(PLAN);
    expect(node.send("eth0", ipv4({ from: "10.0.0.2", to: "10.1.0.5", ttl: 1, ...fields }))).toEqual([]);
  });

  it("is limited to six at once for a destination, then one a second", async () => {
    const node = await Network.create(PLAN);
    const expired = ipv4({ from: "10.0.0.2", to: "10.1.0.5", ttl: 1 });
    const burst = Array.from({ length: 10 }, () => node.send("eth0", expired, 1).length);
    expect(burst).toEqual([1, 1, 1, 1, 1, 1, 0, 0, 0, 0]);
    expect([2, 2.5, 3].map((second) => node.send("eth0", expired, second).length)).toEqual([1, 0, 1]);
  });
});
