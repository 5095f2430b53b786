import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkCollection } from "./collection.ts";

const outcomes = await checkCollection(join(import.meta.dirname, "fixtures"));

describe("captures that other projects test with", () => {
  it.each(outcomes)("$file gives what others read in it", ({ wrong }) => {
    expect(wrong).toBeUndefined();
  });

  it("are refused where they should be, each for its reason", () => {
    const refused = outcomes.filter(({ type }) => type === "rejected");
    expect(refused.map(({ error }) => error?.message)).toEqual([
      "byte 20: the link type field 0x300000 has reserved bits set; the file header is damaged",
      "byte 0: pcap version 1.4 is not read (only version 2 is); convert the file to pcapng first",
      "byte 0: pcapng version 0.1 is not read (only version 1.0 is)",
      "byte 0: a block of 52 bytes says at its end that it has 808464432; the file is damaged from here on (0 packets before)",
    ]);
  });
});
