import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCapture } from "../../src/capture/index.ts";
import { hookwalk } from "../support/command.ts";
import { frameTo, pcapngOf } from "../support/frames.ts";
import { MACS, nodeFiles } from "../support/node-files.ts";

const RULES = `*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:WEB - [0:0]
-A FORWARD -p tcp -j WEB
-A WEB -p tcp --dport 81 -j DROP
COMMIT
`;
const PACKETS = [
  "tcp 10.0.0.9:1000 > 10.1.0.9:80 S",
  "tcp 10.0.0.9:1001 > 10.1.0.9:81 S",
  "udp 10.0.0.9:1002 > 10.1.0.9:53",
  "tcp 10.0.0.9:1001 > 10.1.0.9:81 S",
];

let folder: string;
let node: string;
let capture: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hookwalk-outputs-"));
  node = join(folder, "node");
  capture = join(folder, "in.pcapng");
  mkdirSync(node);
  for (const [name, content] of nodeFiles({ "iptables.save": RULES })) writeFileSync(join(node, name), content);
  const frames = PACKETS.map((words) => ({ bytes: frameTo(MACS.eth0, words) }));
  writeFileSync(capture, pcapngOf(["eth0"], frames));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the command prints. */
async function printed(...args: readonly string[]): Promise<string> {
  const { status, stdout } = await hookwalk(["replay", node, capture, ...args]);
  expect(status).toBe(0);
  return stdout;
}

async function comments(file: string): Promise<(readonly string[])[]> {
  const found: (readonly string[])[] = [];
  for await (const packets of readCapture(readFileSync(file))) found.push(...packets.map((packet) => packet.comments));
  return found;
}

describe("replay", () => {
  it("writes the way that each packet took as a comment before in=N", async () => {
    const out = join(folder, "out.pcapng");
    await printed("-w", out);
    expect(await comments(out)).toEqual([
      [
        "PREROUTING in eth0 > route onward > FORWARD in eth0 out eth1 > filter FORWARD:1 > POSTROUTING in eth0 out eth1 > sent",
        "in=1",
      ],
      ["PREROUTING in eth0 > route onward > FORWARD in eth0 out eth1 > POSTROUTING in eth0 out eth1 > sent", "in=3"],
    ]);
  });

  it("writes bare IP packets where the name ends with .pcap", async () => {
    const out = join(folder, "out.pcap");
    await printed("-w", out);
    const packets = [];
    for await (const batch of readCapture(readFileSync(out))) packets.push(...batch);
    expect(packets.map(({ interface: { linkType }, bytes }) => [linkType, bytes[0], bytes[9]])).toEqual([
      [101, 0x45, 6],
      [101, 0x45, 17],
    ]);
  });

  it("runs only the packets that a filter in tcpdump's words chooses", async () => {
    const report = JSON.parse(await printed("--json", "tcp", "port", "81", "or", "udp"));
    expect(report).toMatchObject({
      records: 4,
      passedOver: { "left out by the filter": 1 },
      fates: { sent: 1, dropped: 2 },
    });
  });

  it("reports, writes and lists only the packets that --only chooses, after all have run", async () => {
    const out = join(folder, "only.pcapng");
    const lines = (await printed("--ndjson", "--only", "chain WEB and fate dropped or udp", "-w", out)).trim();
    expect(lines.split("\n").map((line) => JSON.parse(line).packet)).toEqual([2, 3, 4]);
    expect((await comments(out)).map((each) => each.at(-1))).toEqual(["in=3"]);
  });
});

describe("--only", () => {
  const chosen = async (...args: readonly string[]) =>
    (await printed("--ndjson", "--only", ...args))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).packet);

  it("knows the chains that a packet went through, those that decided nothing, too", async () => {
    expect(await chosen("chain WEB")).toEqual([1, 2, 4]);
    expect(await chosen("chain FORWARD")).toEqual([1, 2, 3, 4]);
    expect(await chosen("rule filter:WEB:1")).toEqual([2, 4]);
  });

  it("knows the service of all packets of a connection, answers included", async () => {
    const scenario = fileURLToPath(new URL("../conformance/corpus/unpacked/ipvs/seed-example", import.meta.url));
    const asked = ["replay", scenario, join(scenario, "in.pcapng"), "--json", "--only", "service 192.168.1.100:80"];
    expect(JSON.parse((await hookwalk(asked)).stdout).fates).toEqual({ sent: 45 });
  });
});

describe("--events", () => {
  it("writes what happens to connections, as conntrack -E shows it", async () => {
    const tracked = join(folder, "tracked");
    const file = join(folder, "events.txt");
    mkdirSync(tracked);
    const rules = RULES.replace(":WEB", "-A FORWARD -m state --state NEW\n:WEB");
    for (const [name, content] of nodeFiles({ "iptables.save": rules })) writeFileSync(join(tracked, name), content);
    const asked = ["replay", tracked, capture, "--events", file, "--events-form", "timestamp"];
    expect((await hookwalk(asked)).status).toBe(0);
    const line = (words: string, from: number, to: number) =>
      `    [NEW] ${words} src=10.0.0.9 dst=10.1.0.9 sport=${from} dport=${to} [UNREPLIED] src=10.1.0.9 dst=10.0.0.9 sport=${to} dport=${from}`;
    expect(
      readFileSync(file, "utf8")
        .replaceAll(/^\[[0-9.]+\]\t/gm, "")
        .split("\n"),
    ).toEqual([line("tcp      6 120 SYN_SENT", 1000, 80), line("udp      17 30", 1002, 53), ""]);
  });

  it("refuses a form that conntrack does not have", async () => {
    const { status } = await hookwalk(["replay", node, capture, "--events", "x", "--events-form", "xml"]);
    expect(status).toBe(2);
  });
});

describe("--table", () => {
  it.each(["parquet", "ndjson"])("writes packets and flows as %s that DuckDB queries", async (extension) => {
    await printed("--table", join(folder, `rows.${extension}`));
    const connection = await (await DuckDBInstance.create(":memory:")).connect();
    const table = (name: string) => `'${join(folder, `${name}.${extension}`)}'`;
    const query = async (sql: string) => (await connection.runAndReadAll(sql)).getRowObjectsJson();
    expect(
      await query(
        `select packet, fate, destination_port, out_interface, tcp_flags from ${table("rows")} order by packet`,
      ),
    ).toEqual([
      { packet: "1", fate: "sent", destination_port: "80", out_interface: "eth1", tcp_flags: "S" },
      { packet: "2", fate: "dropped", destination_port: "81", out_interface: null, tcp_flags: "S" },
      { packet: "3", fate: "sent", destination_port: "53", out_interface: "eth1", tcp_flags: null },
      { packet: "4", fate: "dropped", destination_port: "81", out_interface: null, tcp_flags: "S" },
    ]);
    expect(
      await query(
        `
        select flow, protocol, packets, dropped, count(*) as rows
        from ${table("rows.flows")} flows join ${table("rows")} packets using (flow)
        group by all order by flow`.replaceAll("protocol", "flows.protocol"),
      ),
    ).toEqual([
      { flow: "1", protocol: "TCP", packets: "1", dropped: "0", rows: "1" },
      { flow: "2", protocol: "TCP", packets: "2", dropped: "2", rows: "2" },
      { flow: "3", protocol: "UDP", packets: "1", dropped: "0", rows: "1" },
    ]);
  });

  it("says in a Parquet file which version its rows have", async () => {
    await printed("--table", join(folder, "version.parquet"));
    const connection = await (await DuckDBInstance.create(":memory:")).connect();
    const asked = `select decode(key) as key, decode(value) as value from parquet_kv_metadata('${join(folder, "version.parquet")}')`;
    const rows = (await connection.runAndReadAll(asked)).getRowObjectsJson();
    expect(rows).toEqual([{ key: "hookwalk.version", value: "1" }]);
  });
});
