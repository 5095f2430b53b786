import { describe, expect, it } from "vitest";
import { LINKTYPE_LINUX_SLL2, PcapWriter } from "../../src/capture/index.ts";
import { Emulator, type Node, parseNode, type Verification, verificationText, verifyCapture } from "../../src/index.ts";
import { type Captured, frameTo, packetOf, pcapngOf } from "../support/frames.ts";
import { MACS, nodeFiles } from "../support/node-files.ts";

const PEER = "02:09:00:00:00:09";
const SERVER = "02:09:00:00:01:09";
const NAT =
  "*nat\n-A PREROUTING -d 10.96.0.1/32 -p tcp -j DNAT --to-destination 10.1.0.9:8080\n-A POSTROUTING -o eth1 -j MASQUERADE --random\nCOMMIT\n";
const SYN = { bytes: frameTo(MACS.eth0, "tcp 10.0.0.9:1000 > 10.96.0.1:80 S", PEER) };

const PLAIN = parseNode(nodeFiles());

function nodeOf(rules = NAT): Node {
  return parseNode(nodeFiles({ "iptables.save": rules }));
}

async function verify(packets: readonly Captured[], node = nodeOf()): Promise<Verification> {
  return (await verifyCapture(node, pcapngOf(["eth0", "eth1"], packets))).verification;
}

/** What leaves when a packet comes in at eth0. */
async function outputOf(frame: Uint8Array, node = nodeOf()): Promise<Uint8Array> {
  let output = new Uint8Array();
  const emulator = await Emulator.create(node);
  emulator.observe({ frame: ({ bytes }) => (output = bytes.slice()) });
  emulator.send(frame, "eth0");
  return output;
}

describe("a capture taken on the node", () => {
  it("is explained where what left comes out", async () => {
    const left = { on: 1, bytes: await outputOf(SYN.bytes) };
    const verification = await verify([SYN, left]);
    expect(verification).toMatchObject({ isExplained: true, inputs: 1, recorded: 1, exact: 1, own: 0 });
    expect(verificationText(verification)).toMatch(/^2 records: 1 packets came in, 1 left\n {2}1 came out the same/);
  });

  it("is not where it does not, and the rule that dropped it is named", async () => {
    const left = { on: 1, bytes: await outputOf(SYN.bytes) };
    const node = nodeOf(`${NAT}*filter\n-A FORWARD -p tcp -j DROP\nCOMMIT\n`);
    const verification = await verify([SYN, left], node);
    expect(verification).toMatchObject({ isExplained: false, exact: 0 });
    expect(verification.unexplained).toMatchObject({
      packets: 1,
      first: {
        packet: 2,
        interface: "eth1",
        cause: "packet 1 is dropped without an answer (by a rule): filter FORWARD:1 (-p tcp -j DROP)",
      },
    });
  });

  it("is not where more comes out than left", async () => {
    const { isExplained, unexpected } = await verify([SYN]);
    expect({ isExplained, packets: unexpected.packets }).toEqual({ isExplained: false, packets: 1 });
    expect(unexpected.first?.cause).toMatch(
      /^packet 1 is forwarded to 10.1.0.9:8080 as 10.1.0.1 out eth1: nat PREROUTING:1 .* does not show it leaving$/,
    );
  });

  it("may have a port of its own choice: answers to it belong to the port that was chosen here", async () => {
    const left = frameTo(SERVER, "tcp 10.1.0.1:7777 > 10.1.0.9:8080 S", MACS.eth1);
    left[14 + 8] = 63;
    fixHeader(left);
    const answer = answering(frameTo(MACS.eth1, "tcp 10.1.0.9:8080 > 10.1.0.1:7777 SA", SERVER));
    const back = answering(frameTo(PEER, "tcp 10.96.0.1:80 > 10.0.0.9:1000 SA", MACS.eth0));
    back[14 + 8] = 63;
    fixHeader(back);
    const verification = await verify([SYN, { on: 1, bytes: left }, { on: 1, bytes: answer }, { bytes: back }]);
    expect(verification).toMatchObject({ isExplained: true, recorded: 2, exact: 1, byChance: { port: 1 } });
  });

  it("has packets of the node's own stack, which go in as its own", async () => {
    const question = { bytes: frameTo(MACS.eth0, "udp 10.0.0.9:1000 > 10.0.0.1:53", PEER) };
    const answer = { bytes: frameTo(PEER, "udp 10.0.0.1:53 > 10.0.0.9:1000", MACS.eth0) };
    expect(await verify([question, answer])).toMatchObject({ isExplained: true, exact: 0, own: 1 });
  });
});

describe("servers that a rule drew", () => {
  const DRAWING = `*nat
:SVC - [0:0]
-A PREROUTING -d 10.96.0.1/32 -p tcp -j SVC
-A SVC -p tcp -m statistic --mode random --probability 0.5 -j DNAT --to-destination 10.1.0.9:8080
-A SVC -p tcp -j DNAT --to-destination 10.1.0.8:8080
COMMIT
`;

  it.each(["10.1.0.9", "10.1.0.8"])("are drawn as the capture shows: %s", async (server) => {
    const packets = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const words = (to: string) => `tcp 10.0.0.9:${1000 + i} > ${to} S`;
        const left = await outputOf(frameTo(MACS.eth0, words(`${server}:8080`), PEER), PLAIN);
        const seconds = 1 + i;
        return [
          { bytes: frameTo(MACS.eth0, words("10.96.0.1:80"), PEER), seconds },
          { bytes: left, on: 1, seconds },
        ];
      }),
    );
    const verification = await verify(packets.flat(), nodeOf(DRAWING));
    expect(verification).toMatchObject({ isExplained: true, exact: 20, drawn: 20 });
  });

  it("are named where nothing left to them", async () => {
    const { unexpected } = await verify([SYN], nodeOf(DRAWING));
    expect(unexpected.first?.cause).toMatch(/drew a server .* to which nothing left/);
  });
});

describe("a capture of what the node itself sent", () => {
  const COUNTING = `*nat
:SVC - [0:0]
-A PREROUTING -d 10.1.0.99/32 -p tcp -j SVC
-A OUTPUT -d 10.1.0.99/32 -p tcp -j SVC
-A SVC -p tcp -m statistic --mode nth --every 2 --packet 0 -j DNAT --to-destination 10.1.0.9:8080
-A SVC -p tcp -j DNAT --to-destination 10.1.0.8:8080
COMMIT
`;
  const own = "tcp 10.1.0.1:5000 >";
  const captured = async (): Promise<readonly Captured[]> => [
    { on: 1, seconds: 1, bytes: frameTo(SERVER, `${own} 10.1.0.9:8080 S`, MACS.eth1) },
    { seconds: 2, bytes: frameTo(MACS.eth0, "tcp 10.0.0.9:1000 > 10.1.0.99:80 S", PEER) },
    {
      on: 1,
      seconds: 2,
      bytes: await outputOf(frameTo(MACS.eth0, "tcp 10.0.0.9:1000 > 10.1.0.8:8080 S", PEER), PLAIN),
    },
  ];

  it("has its connections to Services before they are translated: rules count them, at the time when they left", async () => {
    // Stamped late, behind what it decides.
    const local = pcapngOf(["local"], [{ seconds: 1.5, bytes: packetOf(`${own} 10.1.0.99:80 S`) }]);
    const node = nodeOf(COUNTING);
    const matches: [number, number, boolean][] = [];
    const capture = pcapngOf(["eth0", "eth1"], await captured());
    const { verification } = await verifyCapture(node, capture, {
      local,
      onMatch: (...match) => matches.push(match),
    });
    expect(verification).toMatchObject({ isExplained: true, inputs: 1, exact: 1, own: 1 });
    expect(matches).toEqual([
      [1, 1, true],
      [3, 2, false],
    ]);
  });

  it("is missed where it is not given", async () => {
    expect(await verify(await captured(), nodeOf(COUNTING))).toMatchObject({ isExplained: false });
  });
});

describe("a capture on `any`", () => {
  const BRIDGE = {
    ifindex: 7,
    ifname: "br0",
    flags: ["BROADCAST", "MULTICAST", "UP", "LOWER_UP"],
    mtu: 1500,
    link_type: "ether",
    address: "02:00:00:00:00:17",
    linkinfo: { info_kind: "bridge" },
    addr_info: [{ family: "inet", local: "10.0.0.1", prefixlen: 24, scope: "global" }],
  };

  it("shows a packet on the port and on the bridge: it goes in once", async () => {
    const files = nodeFiles();
    const devices = JSON.parse(new TextDecoder().decode(files.get("addr.json"))) as Record<string, unknown>[];
    const port = { ...devices[1]!, addr_info: [], master: "br0", linkinfo: { info_slave_kind: "bridge" } };
    files.set("addr.json", new TextEncoder().encode(JSON.stringify([devices[0], port, devices[2], BRIDGE])));
    files.delete("route.json");
    const packet = packetOf("tcp 10.0.0.9:1000 > 10.1.0.9:80 S");
    const forwarded = packet.slice();
    forwarded[8] = 63;
    const records = [cooked(2, 0, packet), cooked(7, 0, packet), cooked(3, 4, withHeaderChecksum(forwarded))];
    const writer = new PcapWriter(LINKTYPE_LINUX_SLL2);
    for (const bytes of records) writer.write({ timeHigh: 0, timeLow: 0, bytes, wireLength: bytes.length });
    const { verification } = await verifyCapture(parseNode(files), writer.take());
    expect(verification).toMatchObject({ records: 3, inputs: 1, recorded: 1 });
  });
});

/** A record as LINKTYPE_LINUX_SLL2 has it. */
function cooked(ifindex: number, type: number, packet: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(20 + packet.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0x0800);
  view.setUint32(4, ifindex);
  view.setUint16(8, 1);
  view.setUint8(10, type);
  view.setUint8(11, 6);
  bytes.set([2, 9, 0, 0, 0, 9], 12);
  bytes.set(packet, 20);
  return bytes;
}

/** The same with an acknowledgement of the SYN (its sequence number is 1000), and the checksum that goes with it. */
function answering(frame: Uint8Array): Uint8Array {
  const view = new DataView(frame.buffer);
  const at = 14 + 20;
  view.setUint32(at + 8, 1001);
  let sum = (~view.getUint16(at + 16) & 0xffff) + 1001;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(at + 16, ~sum & 0xffff);
  return frame;
}

function fixHeader(frame: Uint8Array): void {
  frame.set(withHeaderChecksum(frame.subarray(14, 34)), 14);
}

function withHeaderChecksum(packet: Uint8Array): Uint8Array {
  const fixed = packet.slice();
  const view = new DataView(fixed.buffer);
  view.setUint16(10, 0);
  let sum = 0;
  for (let at = 0; at < 20; at += 2) sum += view.getUint16(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(10, ~sum & 0xffff);
  return fixed;
}
