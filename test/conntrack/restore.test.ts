import { describe, expect, it } from "vitest";
import { loadConntrack } from "../../src/compile/conntrack.ts";
import { parseConntrack } from "../../src/config/conntrack.ts";
import { ipv4, tcp } from "../support/ip.ts";
import type { Network } from "../support/network.ts";
import { connections, trackedNetwork } from "../support/tracked.ts";

const TRANSLATED =
  "ipv4     2 tcp      6 431999 ESTABLISHED src=10.1.0.2 dst=10.2.0.77 sport=4000 dport=80 packets=5 bytes=271 src=10.2.0.9 dst=10.2.0.1 sport=8080 dport=4000 packets=4294967297 bytes=164 [ASSURED] mark=7 use=1";
const LISTED = [
  TRANSLATED,
  "ipv4     2 udp      17 29 src=10.1.0.2 dst=10.2.0.9 sport=4000 dport=53 [UNREPLIED] src=10.2.0.9 dst=10.1.0.2 sport=53 dport=4000 mark=0 use=1",
  "ipv4     2 gre      47 29 src=10.1.0.2 dst=10.2.0.9 srckey=0x0 dstkey=0x9 src=10.2.0.9 dst=10.1.0.2 srckey=0x9 dstkey=0x0 mark=0 use=1",
  "ipv4     2 unknown  99 599 src=10.1.0.2 dst=10.2.0.9 [UNREPLIED] src=10.2.0.9 dst=10.1.0.2 mark=0 use=1",
  "ipv6     10 icmpv6   58 29 src=fd01::2 dst=fd02::9 type=128 code=0 id=3 packets=1 bytes=48 src=fd02::9 dst=fd01::2 type=129 code=0 id=3 packets=1 bytes=48 mark=0 use=1",
  "ipv4     2 dccp     33 43199 OPEN src=10.1.0.2 dst=10.2.0.9 sport=1 dport=2 src=10.2.0.9 dst=10.1.0.2 sport=2 dport=1 [ASSURED] mark=0 zone=5 use=1",
  "ipv4     2 udp      17 9 src=10.1.0.3 dst=10.2.0.9 sport=1 dport=2 zone-orig=6 src=10.2.0.9 dst=10.1.0.3 sport=2 dport=1 mark=0 use=1",
].sort();

function seed({ core }: Network, lines: readonly string[]): void {
  loadConntrack(core, parseConntrack(`${lines.join("\n")}\n`, "conntrack.txt").entries);
}

describe("a node's live table", () => {
  it("is listed as it was brought, NAT, zones and counters included", async () => {
    const network = await trackedNetwork();
    seed(network, LISTED);
    expect(connections(network)).toEqual(LISTED);
  });

  it("is also what /proc/net/nf_conntrack shows, and what conntrack -L shows without -o extended", () => {
    const proc =
      "ipv6     10 tcp      6 100 TIME_WAIT src=fd01:0000:0000:0000:0000:0000:0000:0002 dst=fd02:0000:0000:0000:0000:0000:0000:0009 sport=1 dport=2 src=fd02:0000:0000:0000:0000:0000:0000:0009 dst=fd01:0000:0000:0000:0000:0000:0000:0002 sport=2 dport=1 [ASSURED] mark=0 zone=0 use=2";
    const plain =
      "tcp      6 100 TIME_WAIT src=fd01::2 dst=fd02::9 sport=1 dport=2 src=fd02::9 dst=fd01::2 sport=2 dport=1 [ASSURED] mark=0 use=1";
    expect(parseConntrack(plain, "file").entries).toEqual(parseConntrack(proc, "file").entries);
  });

  it("translates answers of connections that were open before, and checks no windows of theirs", async () => {
    const network = await trackedNetwork({ 4: [] }, { verifyChecksums: false });
    seed(network, [TRANSLATED]);
    const payload = tcp({ from: 8080, to: 4000, flags: 0x10, sequence: 77777777, acknowledge: 5 });
    const [output] = network.send("eth1", ipv4({ from: "10.2.0.9", to: "10.2.0.1", protocol: 6, payload }), 1);
    const packet = output!.packet;
    expect([...packet.subarray(12, 20)]).toEqual([10, 2, 0, 77, 10, 1, 0, 2]);
    expect(new DataView(packet.buffer, packet.byteOffset).getUint16(20)).toBe(80);
    expect(connections(network)[0]).toContain("packets=4294967298 bytes=204 [ASSURED]");
  });

  it("counts on where the lower half of a counter is full", async () => {
    const network = await trackedNetwork({ 4: [] }, { verifyChecksums: false });
    seed(network, [TRANSLATED.replace("packets=5", "packets=4294967295").replace("packets=4294967297", "packets=0")]);
    const payload = tcp({ from: 4000, to: 80, flags: 0x10, sequence: 5, acknowledge: 77777777 });
    network.send("eth0", ipv4({ from: "10.1.0.2", to: "10.2.0.77", protocol: 6, payload }), 1);
    expect(connections(network)[0]).toContain("packets=4294967296 bytes=311");
    expect(connections(network)[0]).toContain("packets=0 bytes=164");
  });

  it("leaves out, with a warning, what a listing does not tell enough of", () => {
    const sctp =
      "sctp     132 200 ESTABLISHED src=10.1.0.2 dst=10.2.0.9 sport=1 dport=2 src=10.2.0.9 dst=10.1.0.2 sport=2 dport=1 [ASSURED] mark=0 use=1";
    const { entries, warnings } = parseConntrack(`${TRANSLATED}\n${sctp}\n${sctp}\n`, "conntrack.txt");
    expect(entries.length).toBe(1);
    expect(warnings.map(({ message }) => message)).toEqual([
      "2 connections are left out: the listing does not show the verification tags of SCTP",
    ]);
  });

  it.each([
    ["tcp 6 10 WAITING src=1.1.1.1 dst=2.2.2.2 sport=1 dport=2 src=2.2.2.2 dst=1.1.1.1 sport=2 dport=1", "state"],
    ["udp 17 10 src=1.1.1.1 dst=2.2.2.2 sport=1 dport=2", "expected two tuples"],
    ["udp 17 10 src=1.1.1 dst=2.2.2.2 sport=1 dport=2 src=2.2.2.2 dst=1.1.1.1 sport=2 dport=1", "is no address"],
    ["udp 17 soon src=1.1.1.1 dst=2.2.2.2 sport=1 dport=2", "the seconds left"],
  ])("is refused, naming the line, where it is none: %s", (line, complaint) => {
    expect(() => parseConntrack(line, "conntrack.txt")).toThrow(`conntrack.txt:1:1: `);
    expect(() => parseConntrack(line, "conntrack.txt")).toThrow(complaint);
  });

  it("is refused where two connections have one tuple", async () => {
    const network = await trackedNetwork();
    expect(() => seed(network, [TRANSLATED, TRANSLATED])).toThrow("another connection has one of these tuples");
  });
});
