import { describe, expect, it } from "vitest";
import { parseNode, type ReplayOptions, type Report, replay, reportText, Summary, TERMINAL } from "../../src/index.ts";
import { frameTo, pcapngOf } from "../support/frames.ts";
import { MACS, nodeFiles } from "../support/node-files.ts";

const RULES = `*filter
:FORWARD ACCEPT [0:0]
:WEB - [0:0]
-A FORWARD -p tcp -j WEB
-A FORWARD -p udp -m udp --dport 53 -j REJECT --reject-with icmp-port-unreachable
-A WEB -p tcp -m tcp --dport 81 -j DROP
COMMIT
`;

async function reportOf(
  files: Map<string, Uint8Array>,
  packets: readonly string[],
  options: ReplayOptions = {},
): Promise<Report> {
  const frames = packets.map((words) => ({ bytes: frameTo(MACS.eth0, words) }));
  let summary: Summary | undefined;
  const replayed = await replay(parseNode(files), pcapngOf(["eth0"], frames), {
    ...options,
    observe: (emulator) => {
      summary = new Summary(emulator);
      return [summary];
    },
  });
  return summary!.report(replayed.records, replayed.passedOver, replayed.notes);
}

describe("the report", () => {
  it("counts fates, paths with an example each, and drops by their rule", async () => {
    const report = await reportOf(nodeFiles({ "iptables.save": RULES }), [
      "tcp 10.0.0.9:1 > 10.1.0.9:80",
      "tcp 10.0.0.9:2 > 10.1.0.9:80",
      "tcp 10.0.0.9:3 > 10.1.0.9:81",
      "udp 10.0.0.9:4 > 10.1.0.9:53",
    ]);
    expect(report.fates).toEqual({ sent: 2, dropped: 2 });
    expect(report.kernelMade).toEqual({ sent: 1 });
    expect(report.drops).toEqual([
      { packets: 1, example: 3, reason: "by a rule", rule: "filter WEB:1" },
      { packets: 1, example: 4, reason: "by a rule", rule: "filter FORWARD:2" },
    ]);
    expect(report.paths[0]).toEqual({
      path: expect.any(Number),
      packets: 2,
      bytes: 80,
      example: 1,
      isKernelMade: false,
      fate: "sent",
      words: [
        "PREROUTING in eth0",
        "route onward",
        "FORWARD in eth0 out eth1",
        "filter FORWARD:1",
        "POSTROUTING in eth0 out eth1",
        "sent",
      ],
    });
    expect(reportText(report)).toContain("4 packets: 2 sent, 2 dropped\nmade by the node's kernel: 1 sent\n");
  });

  it.each(["", "-A FORWARD -p tcp -m tcp --dport 22 -j ACCEPT\n"])(
    "names the chain whose policy dropped packets",
    async (rule) => {
      const rules = `*filter\n:FORWARD DROP [0:0]\n${rule}COMMIT\n`;
      const report = await reportOf(nodeFiles({ "iptables.save": rules }), ["tcp 10.0.0.9:1 > 10.1.0.9:80"]);
      expect(report.drops).toEqual([
        { packets: 1, example: 1, reason: "by a chain's policy", policy: "filter FORWARD" },
      ]);
      expect(reportText(report)).toContain("  1 x by a chain's policy (filter FORWARD), the first is packet 1\n");
    },
  );

  it("begins with the early check that ended most packets, and what to do", async () => {
    const files = nodeFiles();
    files.delete("sysctl.txt");
    const report = await reportOf(files, ["udp 10.0.0.9:1 > 10.1.0.9:1", "udp 10.0.0.9:1 > 10.0.0.1:1"]);
    const [first, second] = reportText(report).split("\n");
    expect(first).toBe("1 of 2 packets ended at one early check: forwarding is off.");
    expect(second).toContain("no sysctl.txt");
    expect(report.warnings).toContainEqual(
      "net.ipv4.ip_forward=0 was assumed (no sysctl.txt) and decided the fate of 1 packets",
    );
  });

  it("counts what a full connection table dropped, and says what helps", async () => {
    const rules = "*filter\n-A FORWARD -m conntrack --ctstate INVALID -j DROP\nCOMMIT\n";
    const files = nodeFiles({
      "iptables.save": rules,
      "sysctl.txt": "net.ipv4.ip_forward = 1\nnet.netfilter.nf_conntrack_max = 1\n",
    });
    const report = await reportOf(files, ["tcp 10.0.0.9:1 > 10.1.0.9:80", "tcp 10.0.0.9:2 > 10.1.0.9:80"]);
    expect(report.drops[0]?.reason).toBe("the conntrack table is full");
    expect(report.warnings).toContainEqual(
      expect.stringMatching(/^1 packet was dropped .* table was full \(net.netfilter.nf_conntrack_max is 1\)/),
    );
  });

  it("names a next hop without a neighbour", async () => {
    const report = await reportOf(nodeFiles(), ["udp 10.0.0.9:1 > 10.1.0.77:1", "udp 10.0.0.9:1 > 10.1.0.77:1"]);
    expect(report.fates).toEqual({ sent: 2 });
    expect(report.warnings).toEqual([
      expect.stringMatching(/^2 x the next hop's MAC address is unknown.*first packet 1$/),
    ]);
  });
});

describe("the report's text", () => {
  it("fits a screen, and says what it leaves out", async () => {
    const rules = Array.from({ length: 30 }, (_, i) => `-A FORWARD -p tcp -m tcp --dport ${1000 + i} -j DROP\n`);
    const files = nodeFiles({ "iptables.save": `*filter\n:FORWARD ACCEPT [0:0]\n${rules.join("")}COMMIT\n` });
    const packets = rules.map((_, i) => `tcp 10.0.0.9:1 > 10.1.0.9:${1000 + i}`);
    const text = reportText(await reportOf(files, packets));
    expect(text.split("\n").length).toBeLessThan(40);
    expect(text.match(/ {2}and 24 more, of 24 packets \(--json lists all\)\n/g)).toHaveLength(2);
  });

  it("says what each virtual service gave to its servers", async () => {
    const ipvsadm = [
      "-A -t 10.0.0.1:80 -s rr",
      "-a -t 10.0.0.1:80 -r 10.1.0.9:8080 -m -w 1",
      "-a -t 10.0.0.1:80 -r 10.1.0.8:8080 -m -w 1",
      "",
    ];
    const packets = [1, 2, 3].map((port) => `tcp 10.0.0.9:${port} > 10.0.0.1:80 S`);
    const report = await reportOf(nodeFiles({ "ipvsadm.save": ipvsadm.join("\n") }), packets);
    expect(report.services).toEqual([
      {
        service: "TCP 10.0.0.1:80",
        scheduler: "rr",
        connections: 3,
        packets: 3,
        servers: [
          { server: "10.1.0.8:8080", weight: 1, connections: 2, packets: 2 },
          { server: "10.1.0.9:8080", weight: 1, connections: 1, packets: 1 },
        ],
      },
    ]);
    expect(reportText(report)).toContain(
      "Virtual services:\n  TCP 10.0.0.1:80 rr: 3 connections (10.1.0.8:8080 2, 10.1.0.9:8080 1)\n",
    );
  });

  it("has colours only where a terminal is asked for", async () => {
    const report = await reportOf(nodeFiles(), ["tcp 10.0.0.9:1 > 10.1.0.9:80"]);
    expect(reportText(report)).not.toContain("\x1b");
    expect(reportText(report, TERMINAL)).toContain("\x1b[1m1 packets: 1 sent\x1b[22m");
  });
});
