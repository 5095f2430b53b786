import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { hookwalk } from "../support/command.ts";
import { frameTo, pcapngOf } from "../support/frames.ts";
import { MACS, nodeFiles } from "../support/node-files.ts";

const PACKETS = ["tcp 10.0.0.9:1000 > 10.1.0.9:80 S", "icmp 10.0.0.9 > 10.0.0.1"];

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hookwalk-wireshark-"));
  mkdirSync(join(folder, "node"));
  for (const [name, content] of nodeFiles()) writeFileSync(join(folder, "node", name), content);
  const frames = PACKETS.map((words) => ({ bytes: frameTo(MACS.eth0, words) }));
  writeFileSync(join(folder, "in.pcapng"), pcapngOf(["eth0"], frames));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What tshark reads of a file that the command wrote. */
async function asWiresharkReads(name: string, fields: readonly string[]): Promise<string[][]> {
  const file = join(folder, name);
  expect((await hookwalk(["replay", join(folder, "node"), join(folder, "in.pcapng"), "-w", file])).status).toBe(0);
  const asked = ["-T", "fields", "-E", "aggregator=|", ...fields.flatMap((field) => ["-e", field])];
  const text = execFileSync("tshark", ["-n", "-r", file, ...asked], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return text
    .trimEnd()
    .split("\n")
    .map((line) => line.split("\t"));
}

it("shows the packets that left with their devices, ways and causes", async () => {
  const rows = await asWiresharkReads("out.pcapng", [
    "frame.interface_name",
    "ip.dst",
    "_ws.col.Protocol",
    "frame.comment",
  ]);
  expect(rows).toEqual([
    [
      "eth1",
      "10.1.0.9",
      "TCP",
      "PREROUTING in eth0 > route onward > FORWARD in eth0 out eth1 > POSTROUTING in eth0 out eth1 > sent|in=1",
    ],
    [
      "local",
      "10.0.0.1",
      "ICMP",
      "PREROUTING in eth0 > route to the node itself > INPUT in eth0 > delivered to the node|in=2",
    ],
  ]);
});

it("shows the packets of a .pcap, which has no devices and no comments", async () => {
  const rows = await asWiresharkReads("out.pcap", ["ip.dst", "_ws.col.Protocol"]);
  expect(rows).toEqual([
    ["10.1.0.9", "TCP"],
    ["10.0.0.1", "ICMP"],
  ]);
});
