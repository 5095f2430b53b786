import { describe, expect, it } from "vitest";
import {
  type CapturePacket,
  Direction,
  inferInterface,
  interfaceOf,
  isOwnFrame,
  LinkHeader,
  macAt,
  NodeMacs,
  PcapngWriter,
  PcapWriter,
  readLink,
} from "../../src/capture/index.ts";
import { mac, readAll } from "./support.ts";

const ETH0 = { name: "eth0", ifindex: 2, mac: mac("02:00:00:00:00:02") };
const ETH1 = { name: "eth1", ifindex: 3, mac: mac("02:00:00:00:00:03") };
const CALI1 = { name: "cali1", ifindex: 4, mac: mac("ee:ee:ee:ee:ee:ee") };
const CALI2 = { name: "cali2", ifindex: 5, mac: mac("ee:ee:ee:ee:ee:ee") };
const NODE = new NodeMacs([ETH0, ETH1, CALI1, CALI2, { name: "tun0", ifindex: 6 }]);
const PEER = "02:00:00:00:00:99";
const BROADCAST = "ff:ff:ff:ff:ff:ff";

async function frames(...pairs: readonly (readonly [from: string, to: string])[]): Promise<CapturePacket[]> {
  const writer = new PcapWriter(1);
  for (const [from, to] of pairs) {
    const bytes = Uint8Array.of(...mac(to), ...mac(from), 8, 0, 0x45);
    writer.write({ timeHigh: 0, timeLow: 0, bytes, wireLength: bytes.length });
  }
  return (await readAll(writer.take())).packets;
}

async function cooked(ifindex: number, packetType: number): Promise<CapturePacket> {
  const writer = new PcapWriter(276);
  const bytes = Uint8Array.of(8, 0, 0, 0, 0, 0, 0, ifindex, 0, 1, packetType, 6, ...mac(PEER), 0, 0, 0x45);
  writer.write({ timeHigh: 0, timeLow: 0, bytes, wireLength: bytes.length });
  return (await readAll(writer.take())).packets[0];
}

function linkOf(packet: CapturePacket): LinkHeader {
  const link = new LinkHeader();
  readLink(packet, link);
  return link;
}

describe("the interface of a capture without names", () => {
  it.each([
    { what: "frames to one", pairs: [[PEER, BROADCAST] as const, [PEER, "02:00:00:00:00:02"] as const] },
    { what: "frames from one", pairs: [["02:00:00:00:00:02", PEER] as const] },
  ])("is told by $what", async ({ pairs }) => {
    expect(inferInterface(await frames(...pairs), NODE)).toEqual({ kind: "one", interface: ETH0 });
  });

  it("is another for each packet where frames are to several", async () => {
    const packets = await frames([PEER, "02:00:00:00:00:02"], [PEER, "02:00:00:00:00:03"], [PEER, BROADCAST]);
    expect(inferInterface(packets, NODE)).toEqual({ kind: "each", interfaces: [ETH0, ETH1] });
    expect(packets.map((packet) => interfaceOf(packet, linkOf(packet), NODE)?.name)).toEqual([
      "eth0",
      "eth1",
      undefined,
    ]);
  });

  it("is told by the index of a cooked header", async () => {
    expect(inferInterface([await cooked(5, 0)], NODE)).toEqual({ kind: "one", interface: CALI2 });
  });

  const option = "say where it was taken: --interface NAME (local for what the node itself sends)";

  it("cannot be told among interfaces with the same address", async () => {
    expect(inferInterface(await frames([PEER, "ee:ee:ee:ee:ee:ee"]), NODE)).toEqual({
      kind: "unknown",
      advice: `the capture names no interface, and cali1, cali2 have the same MAC address; ${option}`,
    });
  });

  const names =
    "The node's interfaces: eth0 (02:00:00:00:00:02), eth1 (02:00:00:00:00:03), cali1 (ee:ee:ee:ee:ee:ee), " +
    "cali2 (ee:ee:ee:ee:ee:ee), tun0";

  it("cannot be told from frames between others", async () => {
    expect(inferInterface(await frames([PEER, BROADCAST]), NODE)).toEqual({
      kind: "unknown",
      advice: `the capture names no interface, and no frame is to or from a MAC address of the node. ${names}; ${option}`,
    });
  });

  it("cannot be told from bare IP packets", async () => {
    const writer = new PcapWriter(101);
    writer.write({ timeHigh: 0, timeLow: 0, bytes: Uint8Array.of(0x45), wireLength: 1 });
    expect(inferInterface((await readAll(writer.take())).packets, NODE)).toEqual({
      kind: "unknown",
      advice: `the capture names no interface, and its packets have no MAC address that would tell. ${names}; ${option}`,
    });
  });
});

describe("a frame that the node itself sent", () => {
  const own = macAt(ETH0.mac, 0);

  it("has its source address", async () => {
    const [sent, received] = await frames(["02:00:00:00:00:02", PEER], [PEER, "02:00:00:00:00:02"]);
    expect(isOwnFrame(sent, linkOf(sent), own)).toBe(true);
    expect(isOwnFrame(received, linkOf(received), own)).toBe(false);
    expect(isOwnFrame(sent, linkOf(sent), undefined)).toBe(false);
  });

  it("is an outgoing one of a cooked capture", async () => {
    const [sent, received] = [await cooked(2, 4), await cooked(2, 0)];
    expect(isOwnFrame(sent, linkOf(sent), own)).toBe(true);
    expect(isOwnFrame(received, linkOf(received), own)).toBe(false);
  });

  it("is what the capture says it is, before all else", async () => {
    const writer = new PcapngWriter([{ name: "eth0", linkType: 1 }]);
    for (const direction of [Direction.Inbound, Direction.Outbound]) {
      const bytes = Uint8Array.of(...mac(PEER), ...ETH0.mac, 8, 0);
      writer.write({ interface: 0, timeHigh: 0, timeLow: 0, bytes, wireLength: 14, direction });
    }
    const { packets } = await readAll(writer.take());
    expect(packets.map((packet) => isOwnFrame(packet, linkOf(packet), own))).toEqual([false, true]);
  });
});
