import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Sets } from "./support.ts";

/** A network over four bits of the last byte, so that networks overlap often. */
interface Net {
  readonly address: number;
  readonly prefix: number;
}

const net = fc.record({ address: fc.integer({ min: 0, max: 15 }), prefix: fc.integer({ min: 28, max: 32 }) });

const step = fc.oneof(
  fc.record({ verb: fc.constant("add" as const), net, nomatch: fc.boolean(), exist: fc.boolean() }),
  fc.record({ verb: fc.constant("del" as const), net, nomatch: fc.constant(false), exist: fc.boolean() }),
);

const mask = ({ address, prefix }: Net) => address & (0xffffffff << (32 - prefix));
const text = (n: Net) => `10.0.0.${mask(n)}/${n.prefix}`;

describe("networks", () => {
  it("of the longest prefix decide, whatever was added and removed before", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const sets = await Sets.of("create s hash:net");
        const model = new Map<string, { net: Net; nomatch: boolean }>();
        for (const { verb, net, nomatch, exist } of steps) {
          const isThere = model.has(text(net));
          const refused = sets.refusal(`${exist ? "-exist " : ""}${verb} s ${text(net)}${nomatch ? " nomatch" : ""}`);
          expect(refused === undefined).toBe(exist || isThere === (verb === "del"));
          if (verb === "del") model.delete(text(net));
          else if (!isThere || exist) model.set(text(net), { net, nomatch });
        }
        for (let address = 0; address < 16; address++) {
          const holders = [...model.values()].filter((held) => mask(held.net) === mask({ ...held.net, address }));
          holders.sort((a, b) => b.net.prefix - a.net.prefix);
          expect(sets.has("s", `10.0.0.${address}`)).toBe(holders[0]?.nomatch === false);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("in pairs: the first network's prefix counts before the second's", async () => {
    const sets = await Sets.of(
      "create s hash:net,net",
      "add s 10.0.0.0/8,192.168.1.0/24",
      "add s 10.1.0.0/16,192.168.0.0/16 nomatch",
      "add s 10.1.1.0/24,192.168.1.1",
    );
    expect(sets.has("s", "10.2.0.1,192.168.1.9")).toBe(true);
    expect(sets.has("s", "10.1.0.1,192.168.1.9")).toBe(false);
    expect(sets.has("s", "10.1.1.1,192.168.1.1")).toBe(true);
    expect(sets.has("s", "10.1.1.1,192.168.1.2")).toBe(false);
  });

  it("with interfaces: a network held for another interface hides shorter ones", async () => {
    const sets = await Sets.of(
      "create s hash:net,iface",
      "add s 10.0.0.0/8,eth0",
      "add s 10.1.0.0/16,eth1",
      "add s 0.0.0.0/0,veth wildcard",
    );
    expect(sets.has("s", "10.2.0.1,eth0")).toBe(true);
    expect(sets.has("s", "10.1.0.1,eth0")).toBe(false);
    expect(sets.has("s", "10.1.0.1,eth1")).toBe(true);
    expect(sets.has("s", "172.16.0.1,veth17")).toBe(true);
    expect(sets.has("s", "172.16.0.1,eth0")).toBe(false);
  });

  it("of IPv6 are found by any prefix length", async () => {
    const sets = await Sets.of("create s hash:net family inet6", "add s fd00::/17", "add s fd00:1::/33 nomatch");
    expect(sets.has("s", "fd00:7fff::1")).toBe(true);
    expect(sets.has("s", "fd00:8000::1")).toBe(false);
    expect(sets.has("s", "fd00:1:7fff::1")).toBe(false);
    expect(sets.has("s", "fd00:1:8000::1")).toBe(true);
  });
});
