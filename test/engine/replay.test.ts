import { describe, expect, it } from "vitest";
import { type OutputFrame, parseNode, type ReplayOptions, replay, type Verdict, verdicts } from "../../src/index.ts";
import { frameTo, packetOf, pcapngOf, pcapOf } from "../support/frames.ts";
import { counting, ipv4, tcp, udp } from "../support/ip.ts";
import { nflogRecord } from "../support/nflog.ts";
import { MACS, nodeFiles } from "../support/node-files.ts";

const FORWARDED = "tcp 10.0.0.9:1000 > 10.1.0.9:80 S";
const DELIVERED = "tcp 10.0.0.9:1000 > 10.0.0.1:22 S";

async function run(capture: Uint8Array, options: ReplayOptions = {}, files = {}): Promise<string[]> {
  const lines: string[] = [];
  for await (const verdict of verdicts(parseNode(nodeFiles(files)), capture, options)) lines.push(line(verdict));
  return lines;
}

function line({ packet, fate, interface: name, reason }: Verdict): string {
  return [packet, fate, name, reason].filter((part) => part !== undefined).join(" ");
}

describe("a replay", () => {
  it("gives packets to interfaces by their names, and local ones to OUTPUT", async () => {
    const capture = pcapngOf(
      ["eth1", "local", "eth0"],
      [
        { on: 2, bytes: frameTo(MACS.eth0, FORWARDED) },
        { on: 0, bytes: frameTo(MACS.eth1, "udp 10.1.0.9:53 > 10.1.0.1:53") },
        { on: 1, bytes: packetOf("udp 10.1.0.1:53 > 10.1.0.9:53") },
      ],
    );
    expect(await run(capture)).toEqual(["1 sent eth1", "2 delivered local", "3 sent eth1"]);
  });

  it("lets a raw socket send no more than fits the device, and takes what an NFLOG rule saw as sent", async () => {
    const datagram = ipv4({ from: "10.1.0.1", to: "10.1.0.9", protocol: 17, payload: udp(53, 53, counting(1600)) });
    const piece = ipv4({
      from: "10.1.0.1",
      to: "10.1.0.9",
      protocol: 6,
      payload: tcp({ from: 80, to: 1000, flags: 0x10, data: counting(3000) }),
    });
    const capture = pcapngOf(
      ["local", "nflog"],
      [
        { on: 0, bytes: datagram },
        { on: 1, bytes: nflogRecord(datagram) },
        { on: 1, bytes: nflogRecord(piece) },
      ],
    );
    const interfaces = [{ from: "nflog", to: "local" }];
    expect(await run(capture, { interfaces })).toEqual([
      "1 dropped the kernel refuses to send it",
      "2 sent eth1",
      "3 sent eth1",
    ]);
    const frames: number[] = [];
    const observe = () => [{ frame: ({ bytes }: OutputFrame) => void frames.push(bytes.length) }];
    await replay(parseNode(nodeFiles()), capture, { interfaces, observe });
    expect(frames).toEqual([14 + 1500, 14 + 148, 14 + 3040]);
  });

  it("finds the interface of a pcap by the MAC addresses in it", async () => {
    const capture = pcapOf([
      { bytes: frameTo("ff:ff:ff:ff:ff:ff", DELIVERED) },
      { bytes: frameTo(MACS.eth0, FORWARDED) },
    ]);
    expect(await run(capture)).toEqual(["1 delivered local", "2 sent eth1"]);
  });

  it("says what to do when a pcap's MAC addresses are nobody's", async () => {
    const capture = pcapOf([{ bytes: frameTo("02:77:00:00:00:01", FORWARDED) }]);
    await expect(run(capture)).rejects.toThrow(/eth0 \(02:00:00:00:00:10\).*--interface/);
    expect(await run(capture, { interfaces: [{ to: "eth0" }] })).toEqual([
      "1 ignored the destination MAC address is not the node's",
    ]);
  });

  it("passes over what the node sent itself and what is not IP", async () => {
    const arp = frameTo(MACS.eth0, FORWARDED);
    arp.set([0x08, 0x06], 12);
    const capture = pcapngOf(
      ["eth0"],
      [
        { bytes: frameTo("02:09:00:00:00:09", "tcp 10.0.0.1:22 > 10.0.0.9:1000 SA", MACS.eth0) },
        { bytes: arp },
        { bytes: frameTo(MACS.eth0, FORWARDED) },
      ],
    );
    expect(await run(capture)).toEqual(["3 sent eth1"]);
  });

  it("puts packets of several interfaces in order of time", async () => {
    const packets = [
      { on: 0, seconds: 0.2, bytes: frameTo(MACS.eth0, "udp 10.0.0.9:1 > 10.1.0.9:1") },
      { on: 1, seconds: 0.1, bytes: frameTo(MACS.eth1, "udp 10.1.0.9:2 > 10.0.0.9:2") },
    ];
    const capture = pcapngOf(["eth0", "eth1"], packets);
    expect(await run(capture)).toEqual(["2 sent eth0", "1 sent eth1"]);
    expect(await run(capture, { reorder: 0 })).toEqual(["1 sent eth1", "2 sent eth0"]);
  });

  it("uses everything before the place where a capture is damaged", async () => {
    const frames = [1, 2, 3].map((port) => ({ bytes: frameTo(MACS.eth0, `udp 10.0.0.9:${port} > 10.1.0.9:1`) }));
    const whole = pcapngOf(["eth0"], frames);
    const lines: string[] = [];
    const read = async () => {
      for await (const verdict of verdicts(parseNode(nodeFiles()), whole.subarray(0, -20))) lines.push(line(verdict));
    };
    await expect(read()).rejects.toThrow(/cut off/);
    expect(lines).toEqual(["1 sent eth1", "2 sent eth1"]);
  });

  it("counts a node's state as loaded at the time of the first packet", async () => {
    const set = "create allowed hash:ip timeout 10\nadd allowed 10.0.0.9 timeout 10\n";
    const rules = "*filter\n:FORWARD DROP [0:0]\n-A FORWARD -m set --match-set allowed src -j ACCEPT\nCOMMIT\n";
    const start = 1_700_000_000;
    const at = (seconds: number) => ({ seconds: start + seconds, bytes: frameTo(MACS.eth0, FORWARDED) });
    const capture = pcapngOf(["eth0"], [at(0), at(9), at(11)]);
    expect(await run(capture, {}, { "ipset.save": set, "iptables.save": rules })).toEqual([
      "1 sent eth1",
      "2 sent eth1",
      "3 dropped by a chain's policy",
    ]);
  });
});
