import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseNode } from "../../src/config/node.ts";
import { crc32c } from "./bytes.ts";
import { KINDS } from "./kinds.ts";
import { Plan } from "./plan.ts";
import { Random } from "./random.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "traffic-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function written(kind: string, seed: number, name: string): ReadonlyMap<string, Uint8Array> {
  const plan = new Plan(new Random(seed), seed % 2 === 1);
  KINDS.get(kind)!(plan);
  plan.write(join(folder, name), kind);
  const rules = seed % 2 === 1 ? "ip6tables.save" : "iptables.save";
  const files = ["addr.json", "route.json", "neigh.json", rules, "scenario.json", "in.plan.json"];
  return new Map(files.map((file) => [file, readFileSync(join(folder, name, file))]));
}

describe("random traffic", () => {
  it.each([...KINDS.keys()])("of kind %s is decided by its seed, and runs over a node that can be read", (kind) => {
    const seed = kind.length;
    const files = written(kind, seed, kind);
    expect(written(kind, seed, `${kind}-again`)).toEqual(files);
    expect(JSON.parse(new TextDecoder().decode(files.get("in.plan.json"))).length).toBeGreaterThan(10);
    expect(parseNode(new Map([...files].filter(([name]) => name !== "in.plan.json"))).ignored).toEqual([]);
  });

  it("has SCTP checksums as RFC 3720 gives them", () => {
    expect(crc32c(new Uint8Array(32)).toString(16)).toBe("8a9136aa");
  });
});
