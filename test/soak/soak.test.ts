import { describe, expect, it } from "vitest";
import { Soak } from "./soak.ts";

describe("a node under hostile streams", () => {
  it("keeps its tables consistent and its memory bounded, and has nothing left when all has expired", async () => {
    const soak = await Soak.create(7);
    soak.round();
    const first = soak.settle();
    expect(first.connections).toBe(0);
    const bytes = [];
    while (soak.packets < 300_000) {
      soak.round();
      bytes.push(soak.bytes);
    }
    const rest = soak.settle();
    expect({ ...rest, records: 0, blocks: 0 }).toEqual({ ...first, records: 0, blocks: 0 });
    // Some 300 senders of fragments stay known, as the kernel keeps its peers; nearly all of them came in the first round.
    expect(rest.records - first.records).toBeLessThan(10);
    expect(soak.mostConnections).toBeGreaterThan(10_000);
    // What grows does so in the first rounds.
    expect(bytes.at(-1)).toBe(bytes[2]);
  }, 120_000);
});
