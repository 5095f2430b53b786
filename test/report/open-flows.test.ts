import { describe, expect, it } from "vitest";
import { parseNode, type Report, replay, Summary } from "../../src/index.ts";
import { frameTo, pcapngOf } from "../support/frames.ts";
import { MACS, nodeFiles } from "../support/node-files.ts";

const RULES = "*filter\n-A FORWARD -m conntrack --ctstate INVALID -j DROP\nCOMMIT\n";

const ECHO_REPLY = "the answer to a ping";

/** A ping's frame with type 0 instead of 8. */
function echoReply(): Uint8Array {
  const frame = frameTo(MACS.eth0, "icmp 10.0.0.9 > 10.1.0.9");
  const view = new DataView(frame.buffer, frame.byteOffset + 34);
  const sum = view.getUint16(2) + 0x800;
  view.setUint8(0, 0);
  view.setUint16(2, (sum & 0xffff) + (sum >>> 16));
  return frame;
}

async function reportOf(packets: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<Report> {
  const frames = packets.map((words) => ({
    bytes: words === ECHO_REPLY ? echoReply() : frameTo(MACS.eth0, words),
  }));
  const node = parseNode(nodeFiles({ "iptables.save": RULES, ...more }));
  let summary: Summary | undefined;
  const replayed = await replay(node, pcapngOf(["eth0"], frames), {
    observe: (emulator) => {
      summary = new Summary(emulator);
      return [summary];
    },
  });
  return summary!.report(replayed.records, replayed.passedOver, replayed.notes);
}

describe("connections that were open when the capture began", () => {
  it("are counted and named: TCP in the middle, answers that nobody asked for", async () => {
    const report = await reportOf([
      "tcp 10.0.0.9:1 > 10.1.0.9:80 A",
      "tcp 10.0.0.9:1 > 10.1.0.9:80 A",
      "tcp 10.0.0.9:2 > 10.1.0.9:80 SA",
      "tcp 10.0.0.9:2 > 10.1.0.9:80 SA",
      "udp 10.0.0.9:53 > 10.1.0.9:4000",
      ECHO_REPLY,
    ]);
    expect(report.openFlows).toEqual({
      connections: 4,
      packets: 5,
      top: [
        { protocol: "tcp", source: "10.0.0.9:2", destination: "10.1.0.9:80", packets: 2, example: 3 },
        { protocol: "tcp", source: "10.0.0.9:1", destination: "10.1.0.9:80", packets: 1, example: 1 },
        { protocol: "udp", source: "10.0.0.9:53", destination: "10.1.0.9:4000", packets: 1, example: 5 },
        { protocol: "icmp", source: "10.0.0.9", destination: "10.1.0.9", packets: 1, example: 6 },
      ],
    });
    expect(report.warnings).toContain(
      "5 packets of 4 connections that had been open before: tcp 10.0.0.9:2 > 10.1.0.9:80 (packet 3), " +
        "tcp 10.0.0.9:1 > 10.1.0.9:80 (packet 1), udp 10.0.0.9:53 > 10.1.0.9:4000 (packet 5), " +
        "icmp 10.0.0.9 > 10.1.0.9 (packet 6); bring the node's table " +
        "(`conntrack -L -o extended > conntrack.txt`) and their NAT and state are known",
    );
  });

  it("are not those that begin here, nor a late reset", async () => {
    const report = await reportOf([
      "tcp 10.0.0.9:1 > 10.1.0.9:80 S",
      "tcp 10.0.0.9:2 > 10.1.0.9:80 R",
      "udp 10.0.0.9:4000 > 10.1.0.9:53",
      "icmp 10.0.0.9 > 10.1.0.9",
    ]);
    expect(report.openFlows).toBeUndefined();
  });

  it("are known by the table that was brought", async () => {
    const line =
      "ipv4     2 tcp      6 431999 ESTABLISHED src=10.0.0.9 dst=10.1.0.9 sport=1 dport=80 " +
      "src=10.1.0.9 dst=10.0.0.9 sport=80 dport=1 [ASSURED] mark=0 use=1\n";
    const packets = ["tcp 10.0.0.9:1 > 10.1.0.9:80 A", "tcp 10.0.0.9:7 > 10.1.0.9:80 A"];
    const report = await reportOf(packets, { "conntrack.txt": line });
    expect(report.openFlows?.top.map(({ source }) => source)).toEqual(["10.0.0.9:7"]);
    expect(report.warnings.at(-1)).toBe(
      "1 packet of 1 connection that had been open before: tcp 10.0.0.9:7 > 10.1.0.9:80 (packet 2); " +
        "the table that was brought does not have them",
    );
  });

  it("are told apart up to 1,024, and named by the busiest", async () => {
    const packets = Array.from({ length: 1100 }, (_, i) => `tcp 10.0.0.9:${2000 + i} > 10.1.0.9:80 SA`);
    const report = await reportOf([...packets, "tcp 10.0.0.9:2050 > 10.1.0.9:80 SA"]);
    expect(report.openFlows).toMatchObject({ connections: 1024, packets: 1101 });
    expect(report.openFlows?.top[0]).toMatchObject({ source: "10.0.0.9:2050", packets: 2 });
  });
});
