import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseNode } from "../../src/config/node.ts";
import { crc32c } from "./bytes.ts";
import { addCompared, describeCompared, readCompared } from "./compared.ts";
import { KINDS, planOf } from "./kinds.ts";
import { Random } from "./random.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "traffic-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function written(kind: string, seed: number, name: string): ReadonlyMap<string, Uint8Array> {
  const plan = planOf(kind, new Random(seed), seed % 2 === 1);
  plan.write(join(folder, name), kind);
  const some = ["iptables.save", "ip6tables.save", "ipset.save", "modules.txt"];
  const there = some.filter((file) => existsSync(join(folder, name, file)));
  const files = ["addr.json", "route.json", "neigh.json", ...there, "scenario.json", "in.plan.json"];
  return new Map(files.map((file) => [file, readFileSync(join(folder, name, file))]));
}

/** The files as text, without the name of the folder, which the plan's script has in it. */
function placeless(files: ReadonlyMap<string, Uint8Array>, name: string): ReadonlyMap<string, string> {
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).replaceAll(join(folder, name), "");
  return new Map([...files].map(([file, bytes]) => [file, text(bytes)]));
}

describe("random traffic", () => {
  it.each([...KINDS.keys()])("of kind %s is decided by its seed, and runs over a node that can be read", (kind) => {
    const seed = kind.length;
    const files = written(kind, seed, kind);
    expect(placeless(written(kind, seed, `${kind}-again`), `${kind}-again`)).toEqual(placeless(files, kind));
    expect(JSON.parse(new TextDecoder().decode(files.get("in.plan.json"))).length).toBeGreaterThan(10);
    expect(parseNode(new Map([...files].filter(([name]) => name !== "in.plan.json"))).ignored).toEqual([]);
  });

  it("has SCTP checksums as RFC 3720 gives them", () => {
    expect(crc32c(new Uint8Array(32)).toString(16)).toBe("8a9136aa");
  });
});

describe("the record of what was compared", () => {
  const run = { kind: "tcp", scenarios: 2, packets: 1500, differing: 0, leftOut: 0, commit: "c", kernel: "6.1" };

  it("keeps the last word on a seed", () => {
    const file = join(folder, "compared.jsonl");
    addCompared([{ ...run, seeds: [1, 4], differing: 1 }], file);
    addCompared([{ ...run, kind: "nat", seeds: [3, 9] }], file);
    addCompared([{ ...run, seeds: [4, 8] }], file);
    expect(readCompared(file).map(({ kind, seeds, differing }) => [kind, ...seeds, differing])).toEqual([
      ["nat", 3, 9, 0],
      ["tcp", 4, 8, 0],
    ]);
  });

  it("is a sentence in README", () => {
    const runs = [
      { ...run, seeds: [1, 4] },
      { ...run, seeds: [5, 9], differing: 3 },
    ] as const;
    expect(describeCompared(runs.slice(0, 1))).toBe("1,500 packets (tcp 1,500) in 2 scenarios: no difference.");
    expect(describeCompared(runs)).toBe("3,000 packets (tcp 3,000) in 4 scenarios: 3 scenarios differ.");
  });
});
