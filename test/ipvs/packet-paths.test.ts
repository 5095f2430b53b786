import { describe, expect, it } from "vitest";
import { playPacketPath, readPacketPaths } from "./packet-paths.ts";

describe("the way of a packet through IPVS", () => {
  it.each(readPacketPaths())("is the kernel's, chain by chain and byte by byte: $name", async (path) => {
    expect(await playPacketPath(path)).toEqual([]);
  });
});
