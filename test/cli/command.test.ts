import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCapture } from "../../src/capture/index.ts";
import { type CommandRun, hookwalkWithInput, hookwalk as runCommand } from "../support/command.ts";
import { frameTo, pcapngOf, pcapOf } from "../support/frames.ts";
import { MACS, nodeFiles } from "../support/node-files.ts";

const FORWARDED = { bytes: frameTo(MACS.eth0, "tcp 10.0.0.9:1000 > 10.1.0.9:80 S") };

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hookwalk-"));
  writeNode("node", {});
  writeNode("odd", { "iptables.save": "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m unheardof --of\nCOMMIT\n" });
  writeFileSync(join(folder, "in.pcapng"), pcapngOf(["eth0"], [FORWARDED, FORWARDED]));
  writeFileSync(
    join(folder, "in.pcap"),
    pcapOf([{ bytes: frameTo("02:77:00:00:00:01", "udp 10.0.0.9:1 > 10.1.0.9:1") }]),
  );
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function writeNode(name: string, more: Readonly<Record<string, string>>): void {
  mkdirSync(join(folder, name));
  for (const [file, content] of nodeFiles(more)) writeFileSync(join(folder, name, file), content);
}

/** Packets of a capture in the folder, each with its last comment. */
async function packetsOf(name: string) {
  const packets = [];
  for await (const batch of readCapture(readFileSync(join(folder, name)))) packets.push(...batch);
  return packets.map(({ interface: { name: on }, timeNs, bytes, comments }) => [on, timeNs, bytes, comments.at(-1)]);
}

/** Runs the command in the folder. */
function hookwalk(args: readonly string[]): Promise<CommandRun> {
  return runCommand(args.map((arg) => (/^(?:node|odd|nowhere|in\.|out)/.test(arg) ? join(folder, arg) : arg)));
}

describe("hookwalk replay", () => {
  it("reports, and writes results and packets", async () => {
    const { status, stdout } = await hookwalk(["replay", "node", "in.pcapng", "--results", "out", "-w", "out.pcapng"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^2 packets: 2 sent\n/);
    expect(readdirSync(join(folder, "out")).sort()).toEqual([
      "conntrack.txt",
      "out.pcapng",
      "trace.txt",
      "verdicts.json",
    ]);
    const results = JSON.parse(readFileSync(join(folder, "out", "verdicts.json"), "utf8"));
    expect(results).toEqual([[{ if: "eth1", len: 54 }], [{ if: "eth1", len: 54 }]]);
    expect(await packetsOf(join("out", "out.pcapng"))).toEqual(await packetsOf("out.pcapng"));
  });

  it("answers listing commands when the run is over", async () => {
    const lists = ["--list", "ipvsadm -Ln --timeout", "--list", "conntrack -L"];
    const { status, stdout } = await hookwalk(["replay", "node", "in.pcapng", ...lists]);
    expect(status).toBe(0);
    expect(stdout.slice(stdout.indexOf("$ "))).toBe(
      "$ ipvsadm -Ln --timeout\nTimeout (tcp tcpfin udp): 900 120 300\n\n$ conntrack -L\n",
    );
  });

  it("reads standard input, and prints a line of JSON for every packet", async () => {
    const input = readFileSync(join(folder, "in.pcapng"));
    const { status, stdout } = hookwalkWithInput(["replay", join(folder, "node"), "-", "--ndjson"], input);
    expect(status).toBe(0);
    const lines = stdout.trim().split("\n");
    expect(lines.map((line) => JSON.parse(line).interface)).toEqual(["eth1", "eth1"]);
  });

  it.each([
    { what: "a node that is not there", args: ["replay", "nowhere", "in.pcapng"], status: 2, says: /ENOENT/ },
    { what: "a capture that is none", args: ["replay", "node", "node/addr.json"], status: 2, says: /not a pcap/ },
    { what: "an unknown interface", args: ["replay", "node", "in.pcap"], status: 2, says: /--interface/ },
    {
      what: "the node's own packets without a verification",
      args: ["replay", "node", "in.pcapng", "--local", "local.pcap"],
      status: 2,
      says: /--local says what the node itself sent/,
    },
    {
      what: "a verification of some packets only",
      args: ["replay", "node", "in.pcapng", "tcp", "--verify"],
      status: 2,
      says: /--verify needs all packets/,
    },
    { what: "a number that is none", args: ["replay", "node", "in.pcap", "--hz", "x"], status: 2, says: /from 1 on/ },
    { what: "an unknown command", args: ["compete", "a", "b", "c"], status: 2, says: /unknown command/ },
    { what: "a listing that is none", args: ["replay", "node", "in.pcapng", "--list", "ls"], status: 2, says: /`ls'/ },
    {
      what: "a listing that the tool refuses",
      args: ["replay", "node", "in.pcapng", "--list", "ipvsadm -Lnc --rate"],
      status: 2,
      says: /options conflicts in the list command/,
    },
    { what: "what is not emulated", args: ["replay", "odd", "in.pcapng"], status: 3, says: /unheardof.*\n.*ignore/ },
  ])("ends with $status at $what", async ({ args, status, says }) => {
    const result = await hookwalk(args);
    expect(result.status).toBe(status);
    expect(result.stderr).toMatch(says);
    expect(result.stdout).toBe("");
  });

  it("leaves out what is not emulated when asked, and says so", async () => {
    const { status, stdout } = await hookwalk(["replay", "odd", "in.pcapng", "--ignore-unsupported"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/left out, results may differ: iptables.save:3/);
  });
});

describe("hookwalk explain", () => {
  it("explains a packet of a capture as text or JSON, and a packet in words", async () => {
    expect((await hookwalk(["explain", "node", "in.pcapng", "--packet", "2"])).stdout).toMatch(
      /^Packet 2: TCP 10.0.0.9:1000/,
    );
    const { stdout } = await hookwalk(["explain", "node", "udp 10.0.0.9:1 > 10.1.0.9:1", "--json"]);
    expect(JSON.parse(stdout)[0].walks[0].steps.at(-1)).toEqual({ step: "end", fate: "sent", out: "eth1" });
  });

  it("says which options it wants", async () => {
    const { status, stderr } = await hookwalk(["explain", "node", "in.pcapng"]);
    expect([status, stderr]).toEqual([2, "hookwalk: say which packet: --packet N, or --flow DESCRIPTION\n"]);
  });
});

describe("hookwalk replay --verify", () => {
  it("ends with 1 when something is not explained, as text or JSON", async () => {
    const { status, stdout } = await hookwalk(["replay", "node", "in.pcapng", "--verify"]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/2 more came out that the capture does not have/);
    const { stdout: json } = await hookwalk(["replay", "node", "in.pcapng", "--verify", "--json"]);
    expect(JSON.parse(json)).toMatchObject({ version: 2, isExplained: false, inputs: 2, recorded: 0 });
  });
});

describe("hookwalk compare", () => {
  it("ends with 0 when both nodes do the same, with 1 when they differ", async () => {
    writeNode("node-b", { "iptables.save": "*filter\n:FORWARD DROP [0:0]\nCOMMIT\n" });
    expect((await hookwalk(["compare", "node", "node", "in.pcapng"])).status).toBe(0);
    const { status, stdout } = await hookwalk(["compare", "node", "node-b", "in.pcapng", "--json"]);
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ version: 1, differ: true, totals: { flows: 1, different: 1 } });
    expect((await hookwalk(["compare", "node", "node-b", "in.pcapng", "--markdown"])).stdout).toMatch(
      /^### The nodes differ/,
    );
    expect((await hookwalk(["compare", "node", "node-b", "in.pcapng"])).stdout).toMatch(/dropped .*0 +1\n/);
  });

  it("reads the capture from standard input", () => {
    const input = readFileSync(join(folder, "in.pcapng"));
    expect(hookwalkWithInput(["compare", join(folder, "node"), join(folder, "node"), "-"], input).status).toBe(0);
  });
});
