import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ipv4, ipv6 } from "../support/ip.ts";
import { Network } from "../support/network.ts";

/** A route to one of eight gateways, told apart by the last byte of their MAC addresses. */
interface PlannedRoute {
  readonly bits: number;
  readonly length: number;
  readonly metric: number;
  readonly gateway: number;
}

const LENGTHS = [1, 3, 8, 12, 15, 16, 17, 20, 24];

/** The upper bits of an address beside a fixed first byte, so that routes meet the addresses that are asked for. */
const route = fc.record({
  bits: fc.integer({ min: 0, max: 0xff }),
  length: fc.constantFrom(...LENGTHS),
  metric: fc.integer({ min: 0, max: 2 }),
  gateway: fc.integer({ min: 2, max: 9 }),
});

function masked(value: number, length: number): number {
  return length === 0 ? 0 : value & (-1 << (24 - length)) & 0xffffff;
}

/** 24 bits that repeat 8, so that random routes and addresses have prefixes in common. */
function spread(bits: number): number {
  return (bits << 16) | (bits << 8) | bits;
}

/** The slow model: the longest prefix, of those the smallest metric, of those the first. */
function expectedGateway(routes: readonly PlannedRoute[], address: number): number | undefined {
  const fitting = routes.filter(({ bits, length }) => masked(spread(bits), length) === masked(address, length));
  const best = [...fitting].sort((a, b) => b.length - a.length || a.metric - b.metric)[0];
  return best?.gateway;
}

function ipv4Address(value: number): string {
  return `20.${(value >> 16) & 255}.${(value >> 8) & 255}.${value & 255}`;
}

function ipv6Address(value: number): string {
  return `2600:${(value >> 16).toString(16).padStart(2, "0")}${((value >> 8) & 255).toString(16).padStart(2, "0")}:${((value & 255) << 8).toString(16)}::1`;
}

function gatewayOf(mac: string | undefined): number | undefined {
  return mac === undefined ? undefined : Number.parseInt(mac.slice(-2), 16);
}

describe("a look-up", () => {
  it.each([
    ["IPv4", 8, ipv4Address, (n: number) => `10.1.0.${n}`],
    ["IPv6", 16, ipv6Address, (n: number) => `fd00:2::${n}`],
  ] as const)("of %s finds what a search through the whole list finds", async (family, offset, text, gateway) => {
    const property = fc.asyncProperty(
      fc.uniqueArray(route, {
        maxLength: 40,
        selector: ({ bits, length, metric }) => `${masked(spread(bits), length)}/${length} ${metric}`,
      }),
      fc.array(fc.integer({ min: 0, max: 0xff }), { minLength: 1, maxLength: 20 }),
      async (routes, addresses) => {
        const node = await Network.create({
          devices: { eth0: ["10.0.0.1/24", "fd00:1::1/64"], eth1: ["10.1.0.1/24", "fd00:2::1/64"] },
          routes: routes.map(
            ({ bits, length, metric, gateway: n }) =>
              `${text(masked(spread(bits), length)).replace("::1", "::")}/${offset + length} via ${gateway(n)} dev eth1 metric ${metric}`,
          ),
        });
        for (const bits of addresses) {
          const to = text(spread(bits));
          const packet = family === "IPv4" ? ipv4({ from: "10.0.0.2", to }) : ipv6({ from: "fd00:1::2", to });
          const sent = node.send("eth0", packet).find(({ device }) => device === "eth1");
          expect(gatewayOf(sent?.mac)).toBe(expectedGateway(routes, spread(bits)));
        }
      },
    );
    await fc.assert(property, { numRuns: 25 });
  });

  it("goes rule by rule when a node has rules of its own", async () => {
    const rule = { family: 4, invert: false, action: "lookup" } as const;
    const node = await Network.create({
      devices: { eth0: ["10.0.0.1/24"], eth1: ["10.1.0.1/24"] },
      routes: [
        "20.0.0.0/8 via 10.1.0.2 dev eth1",
        "20.0.0.0/8 via 10.1.0.3 dev eth1 table 7",
        "throw 20.9.0.0/16 table 7",
      ],
      rules: [
        { ...rule, priority: 0, table: 255 },
        { ...rule, priority: 10, table: 7, source: { address: Uint8Array.of(10, 0, 0, 5), prefixLength: 32 } },
        { ...rule, priority: 20, table: 7, protocol: 6 },
        { ...rule, priority: 30, table: 7, destinationPorts: { from: 2000, to: 2010 }, suppressPrefixLength: 8 },
        { ...rule, priority: 32766, table: 254 },
        { ...rule, priority: 32767, table: 253 },
      ],
    });
    const gateway = (fields: { from: string; to: string; protocol?: number }) =>
      gatewayOf(node.send("eth0", ipv4(fields))[0]?.mac);
    expect(gateway({ from: "10.0.0.5", to: "20.1.1.1" })).toBe(3);
    expect(gateway({ from: "10.0.0.5", to: "20.9.1.1" })).toBe(2);
    expect(gateway({ from: "10.0.0.6", to: "20.1.1.1" })).toBe(2);
    expect(gateway({ from: "10.0.0.6", to: "20.1.1.1", protocol: 6 })).toBe(3);
  });
});
