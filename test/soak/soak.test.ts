import { describe, expect, it } from "vitest";
import { Soak } from "./soak.ts";

describe("a node under hostile streams", () => {
  it("keeps its tables consistent and its memory bounded, and has nothing left when all has expired", async () => {
    const soak = await Soak.create(7);
    soak.round();
    const first = soak.settle();
    expect([first.connections, first.virtualConnections, first.expectations]).toEqual([0, 0, 0]);
    const bytes = [];
    while (soak.packets < 600_000) {
      soak.round();
      bytes.push(soak.bytes);
    }
    const rest = soak.settle();
    expect({ ...rest, records: 0, blocks: 0 }).toEqual({ ...first, records: 0, blocks: 0 });
    // A table of tables may still have doubled.
    expect(rest.blocks - first.blocks).toBeLessThan(5);
    // 600 senders of fragments stay known, as the kernel keeps its peers; nothing else does.
    expect(rest.records).toBeLessThan(620);
    expect(soak.mostConnections).toBeGreaterThan(10_000);
    expect(soak.mostVirtualConnections).toBeGreaterThan(3_000);
    expect(soak.mostExpectations).toBeGreaterThan(500);
    // What grows does so in the first rounds.
    expect(bytes.at(-1)).toBe(bytes[2]);
  }, 120_000);
});
