import { describe, expect, it } from "vitest";
import { LoadedRulesets } from "../../src/compile/ruleset.ts";
import { DeviceNumbers } from "../../src/compile/devices.ts";
import { Image } from "../../src/compile/rules/image.ts";
import { parseRuleset } from "../../src/config/iptables/ruleset.ts";
import { instantiateCore } from "../../src/core/core.ts";

const POINTER = { offset: 0, type: "u32" };
const NUMBER = { offset: 4, type: "u32" };

describe("an image of a table", () => {
  it("keeps its records and where they point, however often it grows", async () => {
    const core = await instantiateCore();
    const blocks = core.allocatedBlocks();
    const image = new Image(core, 8);
    const records = Array.from({ length: 5000 }, (_, i) => {
      const record = image.reserve(8);
      image.set(record, NUMBER, i);
      image.point(record, POINTER, (i >> 1) << 3);
      return record;
    });
    const view = new DataView(core.memory.buffer);
    for (const [i, record] of records.entries()) {
      expect(image.target(record, POINTER)).toBe((i >> 1) << 3);
      const pointed = view.getUint32(image.base + record, true);
      expect([pointed - image.base, view.getUint32(pointed + NUMBER.offset, true)]).toEqual([(i >> 1) << 3, i >> 1]);
    }
    expect(core.allocatedBlocks()).toBe(blocks + 1);
    image.release();
    expect(core.allocatedBlocks()).toBe(blocks);
  });

  it("is given up with the table that has a rule which is not emulated", async () => {
    const core = await instantiateCore();
    const rulesets = new LoadedRulesets(core, { devices: new DeviceNumbers([]) });
    const load = (rule: string) =>
      rulesets.load(
        parseRuleset(`*filter\n:INPUT ACCEPT [0:0]\n-A INPUT ${rule} -j ACCEPT\nCOMMIT\n`, 4, "iptables.save"),
      );
    load("-p tcp");
    const blocks = core.allocatedBlocks();
    expect(() => load("-m set --match-set nosuch src")).toThrow();
    expect(core.allocatedBlocks()).toBe(blocks);
  });
});
