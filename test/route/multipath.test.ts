import { describe, expect, it } from "vitest";
import { parseAddress } from "../../src/config/address.ts";
import { ipv4, ipv6, udp } from "../support/ip.ts";
import { Network, routeOf } from "../support/network.ts";

const DEVICES = { eth0: ["10.0.0.1/24", "fd00:1::1/64"], eth1: ["10.1.0.1/24", "fd00:2::1/64"] };

/** A route with a gateway ending in 2 for each weight, 3 for the next, and so on. */
function several(prefix: string, gateway: string, weights: readonly number[]) {
  return {
    ...routeOf(`${prefix} via ${gateway}2 dev eth1`),
    nextHops: weights.map((weight, i) => ({
      device: "eth1",
      gateway: parseAddress(`${gateway}${i + 2}`)!,
      weight,
      onlink: false,
    })),
  };
}

async function counts(sysctls: Record<string, string>, weights: readonly number[], packet: (i: number) => Uint8Array) {
  const routes = [several("20.0.0.0/8", "10.1.0.", weights), several("2600::/16", "fd00:2::", weights)];
  const node = await Network.create({ devices: DEVICES, routes, sysctls });
  const found = new Map<string, number>();
  for (let i = 0; i < 600; i++) {
    const mac = node.send("eth0", packet(i))[0]?.mac ?? "none";
    found.set(mac, (found.get(mac) ?? 0) + 1);
  }
  return [...found.entries()].sort().map(([, count]) => count / 600);
}

const address = (i: number) => `20.${i % 7}.${i % 251}.${i % 13}`;

describe("a route with several next hops", () => {
  it.each([
    ["IPv4", (i: number) => ipv4({ from: "10.0.0.7", to: address(i) })],
    ["IPv6", (i: number) => ipv6({ from: "fd00:1::7", to: `2600::${i.toString(16)}` })],
  ] as const)("shares %s flows by weight", async (_, packet) => {
    const [first = 0, second = 0, ...others] = await counts({}, [3, 1], packet);
    expect(others).toEqual([]);
    expect(first).toBeGreaterThan(0.68);
    expect(first).toBeLessThan(0.82);
    expect(first + second).toBeCloseTo(1);
  });

  it("keeps packets between two addresses together, whatever their ports", async () => {
    const packet = (i: number) =>
      ipv4({ from: "10.0.0.7", to: "20.0.0.1", payload: udp(1000 + i, 2000, new Uint8Array(4)) });
    expect(await counts({}, [1, 1], packet)).toEqual([1]);
  });

  it("looks at ports where fib_multipath_hash_policy is 1", async () => {
    const packet = (i: number) =>
      ipv4({ from: "10.0.0.7", to: "20.0.0.1", payload: udp(1000 + i, 2000, new Uint8Array(4)) });
    const [first = 0] = await counts({ "net.ipv4.fib_multipath_hash_policy": "1" }, [1, 1], packet);
    expect(first).toBeGreaterThan(0.4);
    expect(first).toBeLessThan(0.6);
  });
});
