import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseConntrack } from "../../src/config/conntrack.ts";
import { ConntrackEvents, Emulator, listing, parseNode, replay } from "../../src/index.ts";
import type { ConntrackEntry } from "../../src/model/conntrack.ts";
import { frameTo, pcapngOf } from "../support/frames.ts";
import { MACS, nodeFiles } from "../support/node-files.ts";

const TRACKS = "*filter\n-A FORWARD -m conntrack --ctstate INVALID -j DROP\nCOMMIT\n";
const START = 1_700_000_000;

async function nodeWith(files: Readonly<Record<string, string>>, startNs = BigInt(START) * 1_000_000_000n) {
  return await Emulator.create(parseNode(nodeFiles({ "iptables.save": TRACKS, ...files })), { startNs });
}

/** An address of a family, as conntrack writes it; no two numbers give the same. */
const address = (family: 4 | 6, network: number, host: number) =>
  family === 4 ? `10.${network}.${host >> 8}.${host & 255}` : `fd0${network}::${(host + 1).toString(16)}`;

const TCP_STATES = ["SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE"];
const DCCP_STATES = ["REQUEST", "RESPOND", "PARTOPEN", "OPEN", "CLOSEREQ", "CLOSING", "TIMEWAIT"];

/** What of an entry may be anything. */
const anything = fc.record({
  family: fc.constantFrom<4 | 6>(4, 6),
  kind: fc.constantFrom("tcp", "udp", "udplite", "dccp", "icmp", "gre", "unknown"),
  seconds: fc.integer({ min: 1, max: 432_000 }),
  state: fc.nat(),
  port: fc.integer({ min: 0, max: 65_535 }),
  translated: fc.boolean(),
  counts: fc.option(fc.tuple(fc.bigInt(0n, 1n << 47n), fc.bigInt(0n, 1n << 63n))),
  replied: fc.boolean(),
  assured: fc.boolean(),
  mark: fc.integer({ min: 0, max: 0xffffffff }),
  zone: fc.constantFrom("", "zone=7", "zone-orig=8", "zone-reply=9"),
  age: fc.option(fc.integer({ min: 0, max: 1_000_000 })),
  helper: fc.constantFrom("", "helper=ftp ", "helper=tftp "),
});
type Anything = typeof anything extends fc.Arbitrary<infer Value> ? Value : never;

const NUMBERS: Readonly<Record<string, number>> = {
  tcp: 6,
  udp: 17,
  udplite: 136,
  dccp: 33,
  icmp: 1,
  gre: 47,
  unknown: 99,
};

/** The line of `conntrack -L -o extended` for it. */
function lineOf(any: Anything, host: number): string {
  const { family, kind, port } = any;
  const isIcmp6 = kind === "icmp" && family === 6;
  const client = address(family, 1, host);
  const server = address(family, 2, host);
  const [realServer, gateway] = any.translated
    ? [address(family, 3, host), address(family, 4, host)]
    : [server, client];
  const [from, to] = portsOf(any);
  const [zone = "", id = ""] = any.zone.split("=");
  const counts = any.counts === null ? "" : `packets=${any.counts[0]} bytes=${any.counts[1]} `;
  const states = { tcp: TCP_STATES, dccp: DCCP_STATES }[kind as "tcp" | "dccp"];
  return [
    `${family === 4 ? "ipv4     2" : "ipv6     10"} ${(isIcmp6 ? "icmpv6" : kind).padEnd(8)} ${isIcmp6 ? 58 : NUMBERS[kind]}`,
    ` ${any.seconds} ${states ? `${states[any.state % states.length]} ` : ""}`,
    `src=${client} dst=${server} ${from}${zone === "zone-orig" ? `${zone}=${id} ` : ""}${counts}`,
    any.replied ? "" : "[UNREPLIED] ",
    `src=${realServer} dst=${gateway} ${to}${zone === "zone-reply" ? `${zone}=${id} ` : ""}${counts}`,
    any.assured ? "[ASSURED] " : "",
    `mark=${any.mark} ${zone === "zone" ? `zone=${id} ` : ""}`,
    any.age === null ? "" : `delta-time=${any.age} `,
    `${any.helper}use=1`,
  ].join("");

  function portsOf({ kind }: Anything): [string, string] {
    switch (kind) {
      case "icmp":
        return isIcmp6
          ? [`type=128 code=0 id=${port} `, `type=129 code=0 id=${port} `]
          : [`type=8 code=0 id=${port} `, `type=0 code=0 id=${port} `];
      case "gre":
        return [`srckey=0x0 dstkey=0x${port.toString(16)} `, `srckey=0x${port.toString(16)} dstkey=0x0 `];
      case "unknown":
        return ["", ""];
      default:
        return [`sport=${port} dport=80 `, `sport=80 dport=${any.translated ? port ^ 1 : port} `];
    }
  }
}

const sorted = (text: string) => text.split("\n").filter(Boolean).sort();

/** An entry without its place. */
const contents = ({ at, ...entry }: ConntrackEntry) => entry;

describe("any table", () => {
  const tables = fc.array(anything, { minLength: 1, maxLength: 30 }).map((all) => all.map(lineOf).sort());

  it("that seeds a node is listed by conntrack as it was brought", async () => {
    await fc.assert(
      fc.asyncProperty(tables, async (lines) => {
        const node = await nodeWith({ "conntrack.txt": `${lines.join("\n")}\n` });
        expect(sorted(listing(node, "conntrack -L -o extended"))).toEqual(lines);
        expect(node.core.auditConnections()).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  it("says the same by /proc, but for helpers, and seeds another node alike", async () => {
    await fc.assert(
      fc.asyncProperty(tables, async (lines) => {
        const node = await nodeWith({ "conntrack.txt": `${lines.join("\n")}\n` });
        const proc = listing(node, "cat /proc/net/nf_conntrack");
        const other = await nodeWith({ "nf_conntrack.txt": proc });
        expect(listing(other, "cat /proc/net/nf_conntrack")).toEqual(proc);
        const withoutHelpers = lines.map((line) => line.replace(/helper=\S+ /, ""));
        expect(sorted(listing(other, "conntrack -L -o extended"))).toEqual(withoutHelpers.sort());
        const brought = parseConntrack(lines.join("\n"), "file").entries.map(contents);
        expect(parseConntrack(proc, "file").entries.length).toBe(brought.length);
      }),
      { numRuns: 40 },
    );
  });
});

describe("a line of a listing", () => {
  const TCP =
    "tcp      6 10 ESTABLISHED src=1.1.1.1 dst=2.2.2.2 sport=1 dport=2 src=2.2.2.2 dst=1.1.1.1 sport=2 dport=1";

  it("may have all columns that kernels and tools of any make have", () => {
    const more =
      "[ASSURED] mark=3 secmark=5 secctx=system_u:object_r:unlabeled_t:s0 zone=7 delta-time=90 [start=Thu Nov  6 08:00:00 2025] " +
      "helper=ftp use=4 id=12345 labels=a,b";
    const [entry] = parseConntrack(`ipv4     2 ${TCP} ${more}`, "file").entries;
    expect(entry).toMatchObject({ assured: true, mark: 3, zone: 7, age: 90, helper: "ftp", labels: ["a", "b"] });
  });

  it("of GRE has the timeouts that it began with", async () => {
    const gre =
      "ipv4     2 gre      47 29 timeout=31, stream_timeout=181 src=10.1.0.2 dst=10.2.0.9 srckey=0x0 dstkey=0x9 src=10.2.0.9 dst=10.1.0.2 srckey=0x9 dstkey=0x0 mark=0 zone=0 use=2\n";
    expect(listing(await nodeWith({ "nf_conntrack.txt": gre }), "cat /proc/net/nf_conntrack")).toBe(gre);
  });

  it.each(["[OFFLOAD]", "[HW_OFFLOAD]"])("with %s is left out with a warning", (flag) => {
    const offloaded = `ipv4     2 ${TCP.replace("10 ESTABLISHED ", "")} ${flag} mark=0 zone=0 use=3`;
    const { entries, warnings } = parseConntrack(offloaded, "file");
    expect(entries).toEqual([]);
    expect(warnings[0]!.message).toBe("1 connections are left out: flow tables (OFFLOAD) are not emulated");
  });
});

const TIMED = { "sysctl.txt": "net.ipv4.ip_forward = 1\nnet.netfilter.nf_conntrack_timestamp = 1\n" };

/** A node that has seen a question over UDP at START + 0.5, and is now at START + 10. */
async function afterQuestion(files: Readonly<Record<string, string>>): Promise<Emulator> {
  const node = await nodeWith(files);
  node.advanceTo(START + 0.5);
  node.send(frameTo(MACS.eth0, "udp 10.0.0.9:1000 > 10.1.0.9:53"), "eth0");
  node.advanceTo(START + 10);
  return node;
}

describe("listing commands", () => {
  const ENDS =
    "src=10.0.0.9 dst=10.1.0.9 sport=1000 dport=53 [UNREPLIED] src=10.1.0.9 dst=10.0.0.9 sport=53 dport=1000";

  it.each([
    ["conntrack -L", `udp      17 20 ${ENDS} mark=0 use=1\n`],
    ["conntrack --dump conntrack --output extended", `ipv4     2 udp      17 20 ${ENDS} mark=0 use=1\n`],
    ["conntrack -L -p udp --dport 53 -s 10.0.0.0/8", `udp      17 20 ${ENDS} mark=0 use=1\n`],
    ["conntrack -L -p tcp", ""],
    ["conntrack -L -f ipv6", ""],
    ["conntrack -C", "1\n"],
    ["conntrack -L expect", ""],
    ["conntrack -C expect", "0\n"],
    ["cat /proc/net/nf_conntrack", `ipv4     2 udp      17 20 ${ENDS} mark=0 zone=0 use=2\n`],
    ["cat /proc/net/nf_conntrack_expect", ""],
  ])("%s prints what is there", async (command, printed) => {
    expect(listing(await afterQuestion({}), command)).toBe(printed);
  });

  it.each([
    ["conntrack -L -o xml", "the output xml is not emulated"],
    ["conntrack -L --secmark 1", "the option --secmark is not emulated"],
    ["conntrack -D -p udp", "only -L and -C list connections"],
  ])("%s is refused", async (command, complaint) => {
    const node = await afterQuestion({});
    expect(() => listing(node, command)).toThrow(complaint);
  });

  // As `conntrack -L` and /proc have it on Linux 6.18 (recorded in a network namespace): after mark and zone.
  it("show how old connections are, with nf_conntrack_timestamp", async () => {
    const node = await afterQuestion(TIMED);
    expect(listing(node, "conntrack -L")).toBe(`udp      17 20 ${ENDS} mark=0 delta-time=10 use=1\n`);
    expect(listing(node, "conntrack -L -o ktimestamp")).toBe(
      `udp      17 20 ${ENDS} mark=0 delta-time=10 [start=Tue Nov 14 22:13:20 2023] use=1\n`,
    );
    expect(listing(node, "cat /proc/net/nf_conntrack")).toBe(
      `ipv4     2 udp      17 20 ${ENDS} mark=0 zone=0 delta-time=9 use=2\n`,
    );
  });

  it("count from the setting on: connections that were there before have no times", async () => {
    const node = await afterQuestion({});
    node.command("sysctl -w net.netfilter.nf_conntrack_timestamp=1");
    expect(listing(node, "conntrack -L")).not.toContain("delta-time");
  });
});

describe("the end of a connection", () => {
  it.each([
    { words: {}, ends: "delta-time=30" },
    {
      words: { ktimestamp: true },
      ends: "delta-time=30 [start=Tue Nov 14 22:13:20 2023] [stop=Tue Nov 14 22:13:50 2023]",
    },
  ])("is told with its age, to when its time came (%j)", async ({ words, ends }) => {
    const lines: string[] = [];
    const node = parseNode(nodeFiles({ "iptables.save": TRACKS, ...TIMED }));
    const capture = pcapngOf(
      ["eth0"],
      [
        { bytes: frameTo(MACS.eth0, "udp 10.0.0.9:1000 > 10.1.0.9:53"), seconds: START + 0.5 },
        { bytes: frameTo(MACS.eth0, "tcp 10.0.0.9:1000 > 10.1.0.9:80 S"), seconds: START + 100 },
      ],
    );
    await replay(node, capture, {
      conntrackEvents: true,
      observe: () => [new ConntrackEvents((line) => lines.push(line), words)],
    });
    expect(lines.filter((line) => line.includes("[DESTROY]"))).toEqual([
      `[DESTROY] udp      17 src=10.0.0.9 dst=10.1.0.9 sport=1000 dport=53 [UNREPLIED] src=10.1.0.9 dst=10.0.0.9 sport=53 dport=1000 ${ends}`,
    ]);
  });
});
