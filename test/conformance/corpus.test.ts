import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CORPUS, filesOfFolder, GROUPS, selectScenarios } from "./corpus.ts";
import { readTar, writeTar } from "./tar.ts";

describe("the corpus", () => {
  const scenarios = selectScenarios([]);

  it("has all recorded scenarios", () => {
    const counts = GROUPS.map((group) => [group, scenarios.filter((scenario) => scenario.group === group).length]);
    expect(Object.fromEntries(counts)).toEqual({
      iptables: 97,
      rules: 54,
      conntrack: 89,
      nat: 71,
      helpers: 35,
      events: 11,
      ipvs: 89,
      kube: 33,
      devices: 32,
      commands: 9,
      fuzz: 200,
    });
    for (const { id, node, expected } of scenarios) {
      expect([id, node.has("addr.json"), node.has("in.pcapng"), expected.has("verdicts.json")]).toEqual([
        id,
        true,
        true,
        true,
      ]);
    }
  });

  it("has every scenario of the first version", () => {
    const names = readFileSync(join(CORPUS, "first-light.txt"), "utf8").trim().split("\n");
    expect(names.length).toBe(128);
    expect(names.filter((name) => !scenarios.some(({ id }) => id === name))).toEqual([]);
  });

  it("has the same scenarios open for people as in the archives", () => {
    const unpacked = filesOfFolder(join(CORPUS, "unpacked"));
    expect(unpacked.length).toBeGreaterThan(40);
    for (const [path, bytes] of unpacked) {
      const [group, name, ...rest] = path.split("/");
      const { node, expected } = scenarios.find(({ id }) => id === `${group}/${name}`)!;
      const archived = rest[0] === "expected" ? expected.get(rest[1]!) : node.get(rest.join("/"));
      expect(Buffer.compare(archived!, bytes)).toBe(0);
    }
  });
});

describe("a tar archive", () => {
  it("gives back the files it was made of", () => {
    const files = [
      { path: "a/empty", bytes: new Uint8Array() },
      { path: "a/one-block", bytes: new Uint8Array(512).fill(7) },
      { path: "b", bytes: Uint8Array.of(1, 2, 3) },
    ];
    expect(readTar(writeTar(files))).toEqual(files);
  });

  it("refuses a path that does not fit", () => {
    expect(() => writeTar([{ path: "x".repeat(101), bytes: new Uint8Array() }])).toThrow("path longer than 100 bytes");
  });
});
