import { describe, expect, it } from "vitest";
import { ConfigError } from "../../../src/config/error.ts";
import { parseNeighbours } from "../../../src/config/ip/neighbour.ts";
import { type Node, parseNode, replay } from "../../../src/index.ts";
import { neighbourColumns } from "../../../src/model/neighbour-columns.ts";
import { frameTo, pcapngOf } from "../../support/frames.ts";
import { MACS, nodeFiles } from "../../support/node-files.ts";

/** What a text says: the neighbours, or why it is refused. */
function outcomeOf(text: string): unknown {
  try {
    return parseNeighbours(text, "neigh.json").map(({ device, address, mac }) => [device, [...address], [...mac]]);
  } catch (error) {
    if (error instanceof ConfigError) return error.detail;
    throw error;
  }
}

const ENTRIES = [
  { dst: "10.0.0.1", dev: "eth0", lladdr: "02:00:00:00:00:01", state: ["REACHABLE"] },
  { dst: "fe80::1", dev: "eth0", lladdr: "02:00:00:00:00:01", router: null, state: ["STALE"] },
  { dst: "10.0.0.2", dev: "cni0.5", lladdr: "a:b:c:d:e:f", state: ["PERMANENT"] },
  { dst: "10.0.0.3", dev: "eth1", state: ["FAILED"] },
  { dst: "10.0.0.4", dev: "eth1", lladdr: "02:00:00:00:00:04", state: ["INCOMPLETE"] },
];

const OTHERS = [
  { dst: "10.0.0.5", dev: "eth1", lladdr: "10.1.1.1", state: ["NOARP"] },
  { dst: "10.0.0.6", dev: "eth1", lladdr: "02:00:00:00:00:06:07", state: ["NOARP"] },
  { dst: "10.0.0", dev: "eth1", lladdr: "02:00:00:00:00:06", state: ["NOARP"] },
  { dst: "10.0.0.7", dev: "eth1", lladdr: "02:00:00:00:00:07", state: ["STALE", "FAILED"] },
  { dst: "10.0.0.7", dev: "", lladdr: "02:00:00:00:00:07", state: ["STALE"] },
  { dst: "10.0.0.8", lladdr: "02:00:00:00:00:07", state: ["STALE"] },
  { dst: "10.0.0.9", dev: "e\\th", lladdr: "02:00:00:00:00:07", probes: 3, state: ["STALE"] },
  {},
];

describe("neighbours", () => {
  it("are those with a link-layer address", () => {
    expect(outcomeOf(JSON.stringify(ENTRIES))).toEqual([
      ["eth0", [10, 0, 0, 1], [2, 0, 0, 0, 0, 1]],
      ["eth0", [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 1]],
      ["cni0.5", [10, 0, 0, 2], [10, 11, 12, 13, 14, 15]],
    ]);
  });

  it.each(OTHERS.map((entry) => [entry]))("are the same however the text is laid out: %j", (entry) => {
    const entries = [...ENTRIES, entry, ...ENTRIES];
    expect(outcomeOf(JSON.stringify(entries))).toEqual(outcomeOf(JSON.stringify(entries, undefined, 1)));
  });

  it.each([
    ["[]", []],
    ["", []],
    ["[]\n[]\n", []],
    ["{}", "expected an array, as `ip -j` prints it"],
  ])("of %j are %j", (text, expected) => {
    expect(outcomeOf(text)).toEqual(expected);
  });

  it("may come as several arrays, one a family", () => {
    const [first, ...others] = ENTRIES;
    const apart = `${JSON.stringify([first])}\n${JSON.stringify(others)}\n`;
    expect(outcomeOf(apart)).toEqual(outcomeOf(JSON.stringify(ENTRIES)));
  });

  it("say which entry is wrong", () => {
    const entries = [...ENTRIES, {}, { dst: "10.0.0.999", dev: "eth0", lladdr: "02:00:00:00:00:01", state: ["STALE"] }];
    expect(outcomeOf(JSON.stringify(entries))).toBe("array 1, entry 6: `dst' must be an address, not `10.0.0.999'");
  });

  it("are refused where the text goes on behind them", () => {
    expect(outcomeOf(`${JSON.stringify(ENTRIES)} x`)).toMatch(/not valid JSON/);
  });
});

describe("a node's neighbours", () => {
  const files = (entries: readonly object[]) =>
    nodeFiles({ "neigh.json": `${JSON.stringify(entries)}\n`.replaceAll(" ", "") });

  it("are the same whether they are objects or still numbers, and arrive in the core alike", async () => {
    const node = parseNode(files(ENTRIES.map((entry) => ({ ...entry, dev: entry.dev === "eth0" ? "eth0" : "eth1" }))));
    const objects = { ...node };
    expect(objects.neighbours).toEqual(
      parseNeighbours(JSON.stringify(ENTRIES, undefined, 1), "neigh.json").map((one) => ({
        ...one,
        device: one.device === "eth0" ? "eth0" : "eth1",
      })),
    );
    expect(neighbourColumns(node)?.count).toBe(3);
    expect(neighbourColumns(objects)).toBeUndefined();
    const sent = async (to: Node) => {
      const frames: unknown[] = [];
      const packets = ["10.0.0.2", "10.0.0.1", "10.1.0.9"].map((address) => ({
        bytes: frameTo(MACS.eth0, `udp 10.0.0.9:5 > ${address}:53`),
      }));
      await replay(to, pcapngOf(["eth0"], packets), {
        observe: () => [{ frame: ({ bytes }) => frames.push([...bytes]) }],
      });
      return frames;
    };
    const frames = await sent(node);
    expect(frames.length).toBeGreaterThan(0);
    expect(await sent(objects)).toEqual(frames);
  });
});
