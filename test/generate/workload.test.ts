import { describe, expect, it } from "vitest";
import { type CapturePacket, readCapture } from "../../src/capture/index.ts";
import { Random, Zipf } from "../../src/generate/random.ts";
import { generateCapture, parseNode, replay, type WorkloadOptions } from "../../src/index.ts";
import { reportConntrack } from "../../src/report/conntrack.ts";

const ADDRESSES = [
  { ifindex: 1, ifname: "lo", address: "00:00:00:00:00:00", local: "127.0.0.1", prefixlen: 8 },
  { ifindex: 2, ifname: "eth0", address: "02:00:00:00:00:01", local: "10.1.255.255", prefixlen: 15 },
  { ifindex: 3, ifname: "eth1", address: "02:00:00:00:00:02", local: "10.2.255.254", prefixlen: 16 },
];

/** A router between the clients and the servers, that tracks connections. */
function routerFiles(): Map<string, Uint8Array> {
  const addresses = ADDRESSES.map(({ local, prefixlen, ...device }) => ({
    ...device,
    flags: ["UP", "LOWER_UP"],
    mtu: 1500,
    link_type: device.ifname === "lo" ? "loopback" : "ether",
    addr_info: [{ family: "inet", local, prefixlen, scope: "global" }],
  }));
  const files = {
    "addr.json": JSON.stringify(addresses),
    "sysctl.txt": "net.ipv4.ip_forward = 1\nnet.netfilter.nf_conntrack_acct = 1\n",
    "iptables.save":
      "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n" +
      "-A FORWARD -m conntrack --ctstate INVALID -j DROP\nCOMMIT\n",
  };
  return new Map(Object.entries(files).map(([name, text]) => [name, new TextEncoder().encode(text)]));
}

function captureOf(options: WorkloadOptions): Uint8Array {
  return Buffer.concat([...generateCapture(options)]);
}

async function packetsOf(options: WorkloadOptions): Promise<CapturePacket[]> {
  const packets: CapturePacket[] = [];
  for await (const batch of readCapture(captureOf(options))) packets.push(...batch);
  return packets;
}

function sumOf(bytes: Uint8Array, start: number): number {
  let sum = start;
  for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at]! << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

const MIXED = { packets: 3000, flows: 50, icmp: 0.2, synFlood: 0.1, portScan: 0.1 };

describe("generated traffic", () => {
  it("is the same bytes for the same seed, and others for another", () => {
    expect(Buffer.compare(captureOf(MIXED), captureOf({ ...MIXED, seed: 1 }))).toBe(0);
    expect(Buffer.compare(captureOf(MIXED), captureOf({ ...MIXED, seed: 2 }))).not.toBe(0);
  });

  it("has right checksums and lengths", async () => {
    const packets = await packetsOf(MIXED);
    expect(packets.length).toBe(3000);
    const protocols = new Set<number>();
    for (const { bytes } of packets) {
      const ip = bytes.subarray(14);
      const [protocol, transport] = [ip[9]!, ip.subarray(20)];
      protocols.add(protocol);
      expect((ip[2]! << 8) | ip[3]!).toBe(ip.length);
      expect(sumOf(ip.subarray(0, 20), 0)).toBe(0xffff);
      const pseudo = protocol === 1 ? 0 : sumOf(ip.subarray(12, 20), protocol + transport.length);
      expect(sumOf(transport, pseudo)).toBe(0xffff);
    }
    expect([...protocols].sort()).toEqual([1, 17, 6]);
  });

  it("is IPv6, too, with right checksums and lengths", async () => {
    const packets = await packetsOf({ packets: 2000, flows: 50, icmp: 0.2, ipv6: 0.5 });
    const protocols = new Set<number>();
    for (const { bytes } of packets.filter(({ bytes }) => bytes[14]! >> 4 === 6)) {
      const ip = bytes.subarray(14);
      const [protocol, transport] = [ip[6]!, ip.subarray(40)];
      protocols.add(protocol);
      expect((ip[4]! << 8) | ip[5]!).toBe(transport.length);
      expect(sumOf(transport, sumOf(ip.subarray(8, 40), protocol + transport.length))).toBe(0xffff);
    }
    expect([...protocols].sort()).toEqual([17, 58, 6]);
    expect(packets.some(({ bytes }) => bytes[14]! >> 4 === 4)).toBe(true);
  });

  it("says again what was lost, and the router still follows", async () => {
    const options = { packets: 4000, flows: 40, udp: 0, icmp: 0 };
    const repeated = async (loss: number) => {
      const seen = new Set<string>();
      const packets = await packetsOf({ ...options, loss });
      return packets.filter(({ bytes }) => {
        const key = Buffer.from([...bytes.subarray(26, 48)]).toString("hex") + bytes.length;
        return seen.size === seen.add(key).size;
      }).length;
    };
    expect(await repeated(0.2)).toBeGreaterThan((await repeated(0)) + 500);
    const { emulator } = await replay(parseNode(routerFiles()), captureOf({ ...options, loss: 0.2 }));
    expect(reportConntrack(emulator.core)).toContain("TIME_WAIT");
    expect(reportConntrack(emulator.core)).not.toContain("CLOSE ");
  });

  it("runs through a router as conversations that the kernel follows", async () => {
    const { emulator } = await replay(parseNode(routerFiles()), captureOf({ packets: 4000, flows: 40 }));
    const connections = reportConntrack(emulator.core);
    for (const state of ["ESTABLISHED", "TIME_WAIT", "[ASSURED]", "udp"]) expect(connections).toContain(state);
    expect(connections).not.toContain("CLOSE ");
  });

  it("of a flood is a new connection a packet", async () => {
    const { emulator } = await replay(parseNode(routerFiles()), captureOf({ packets: 500, synFlood: 1 }));
    const lines = reportConntrack(emulator.core).trimEnd().split("\n");
    expect(lines.length).toBe(500);
    expect(lines.every((line) => line.includes("SYN_SENT") && line.includes("[UNREPLIED]"))).toBe(true);
  });
});

it("Zipf's law makes the first place as much more frequent as its weight", () => {
  const zipf = new Zipf(10, 1);
  const random = new Random(7);
  const counts = new Array<number>(10).fill(0);
  for (let i = 0; i < 20_000; i++) counts[zipf.choose(random)]!++;
  expect(counts[0]! / counts[9]!).toBeGreaterThan(8);
  expect(counts[0]! / counts[9]!).toBeLessThan(12);
});

describe("traffic to services of the node", () => {
  const to = [
    { protocol: "tcp" as const, address: Uint8Array.of(10, 96, 0, 10), port: 80 },
    { protocol: "udp" as const, address: Uint8Array.of(10, 96, 0, 11), port: 53 },
  ];

  it("is that of the clients' interface: questions to the services, and answers as the node sends them on", async () => {
    const mac = Uint8Array.of(2, 0, 0, 0, 0, 9);
    const packets = await packetsOf({ packets: 400, flows: 20, to, mac });
    const ends = new Set<string>();
    for (const { bytes, interface: taken } of packets) {
      expect(taken.name).toBe("eth0");
      const isAnswer = Buffer.compare(bytes.subarray(6, 12), mac) === 0;
      expect(Buffer.compare(bytes.subarray(isAnswer ? 6 : 0, isAnswer ? 12 : 6), mac)).toBe(0);
      const [address, port] = isAnswer ? [bytes.subarray(26, 30), 34] : [bytes.subarray(30, 34), 36];
      ends.add(`${bytes[23]} ${address.join(".")} ${(bytes[port]! << 8) | bytes[port + 1]!}`);
    }
    expect([...ends].sort()).toEqual(["17 10.96.0.11 53", "6 10.96.0.10 80"]);
  });
});
