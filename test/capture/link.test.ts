import { describe, expect, it } from "vitest";
import {
  type CapturePacket,
  LinkHeader,
  PcapWriter,
  readLink,
  vlanDevice,
  withoutTags,
} from "../../src/capture/index.ts";
import { readAll } from "./support.ts";

const IPV4 = [0x45, 0, 0, 20];
const IPV6 = [0x60, 0, 0, 0];
const MACS = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];

async function packetOf(linkType: number, bytes: readonly number[]): Promise<CapturePacket> {
  const writer = new PcapWriter(linkType);
  writer.write({ timeHigh: 0, timeLow: 0, bytes: Uint8Array.from(bytes), wireLength: bytes.length });
  return (await readAll(writer.take())).packets[0];
}

async function linkOf(linkType: number, bytes: readonly number[]): Promise<LinkHeader> {
  const link = new LinkHeader();
  readLink(await packetOf(linkType, bytes), link);
  return link;
}

describe("the link header of an IP packet", () => {
  const sll = (type: number, protocol: readonly number[]) => [0, type, 0, 1, 0, 6, 2, 0, 0, 0, 0, 9, 0, 0, ...protocol];
  const sll2 = (type: number, protocol: readonly number[]) => [
    ...protocol,
    ...[0, 0, 0, 0, 0, 7, 0, 1, type, 6, 2, 0, 0, 0, 0, 9, 0, 0],
  ];
  it.each([
    { what: "Ethernet", linkType: 1, bytes: [...MACS, 8, 0, ...IPV4], family: 4, macLength: 14, packetType: 0 },
    { what: "Ethernet", linkType: 1, bytes: [...MACS, 0x86, 0xdd, ...IPV6], family: 6, macLength: 14, packetType: 0 },
    {
      what: "802.1Q",
      linkType: 1,
      bytes: [...MACS, 0x81, 0, 0, 5, 8, 0, ...IPV4],
      family: 4,
      macLength: 18,
      packetType: 0,
    },
    {
      what: "802.1ad and 802.1Q",
      linkType: 1,
      bytes: [...MACS, 0x88, 0xa8, 0, 5, 0x81, 0, 0, 6, 8, 0, ...IPV4],
      family: 4,
      macLength: 22,
      packetType: 0,
    },
    { what: "SLL", linkType: 113, bytes: [...sll(4, [8, 0]), ...IPV4], family: 4, macLength: 16, packetType: 4 },
    { what: "SLL", linkType: 113, bytes: [...sll(0, [0x81, 0]), 0, 5, 8, 0], family: 4, macLength: 20, packetType: 0 },
    {
      what: "SLL2",
      linkType: 276,
      bytes: [...sll2(3, [0x86, 0xdd]), ...IPV6],
      family: 6,
      macLength: 20,
      packetType: 3,
    },
    ...[12, 14, 101, 228].map((linkType) => ({
      what: "raw",
      linkType,
      bytes: IPV4,
      family: 4,
      macLength: 0,
      packetType: 0,
    })),
    { what: "IPv4 by its link type", linkType: 228, bytes: IPV6, family: 4, macLength: 0, packetType: 0 },
    ...[12, 14, 101, 229].map((linkType) => ({
      what: "raw",
      linkType,
      bytes: IPV6,
      family: 6,
      macLength: 0,
      packetType: 0,
    })),
    { what: "null", linkType: 0, bytes: [2, 0, 0, 0, ...IPV4], family: 4, macLength: 4, packetType: 0 },
    {
      what: "null with an ethertype",
      linkType: 0,
      bytes: [15, 0, 8, 0, ...IPV4],
      family: 4,
      macLength: 4,
      packetType: 0,
    },
    { what: "loop", linkType: 108, bytes: [0, 0, 0, 2, ...IPV4], family: 4, macLength: 4, packetType: 0 },
    ...[10, 23, 24, 26, 28, 30].flatMap((af) =>
      [
        [0, 0, 0, af],
        [af, 0, 0, 0],
      ].map((header) => ({
        what: `null, family ${af}`,
        linkType: 0,
        bytes: [...header, ...IPV6],
        family: 6,
        macLength: 4,
        packetType: 0,
      })),
    ),
  ])("is read: $what (type $linkType), IPv$family", async ({ linkType, bytes, family, macLength, packetType }) => {
    const link = await linkOf(linkType, bytes);
    expect({
      family: link.family,
      macLength: link.macLength,
      packetType: link.packetType,
      reason: link.reason,
    }).toEqual({
      family,
      macLength,
      packetType,
      reason: "",
    });
  });

  it("of an NFLOG record is all before the packet attribute, and what follows is not the packet's", async () => {
    const link = await linkOf(239, [2, 0, 0, 0, 5, 0, 10, 0, 0, 0, 0, 0, 7, 0, 9, 0, 0x45, 0, 0, 0xff]);
    expect(link).toMatchObject({ family: 4, macLength: 16, tailLength: 1, reason: "" });
  });

  it("states the interface in the newer cooked form", async () => {
    expect((await linkOf(276, [...sll2(4, [8, 0]), ...IPV4])).ifindex).toBe(7);
  });
});

describe("what is not IP", () => {
  it.each([
    { linkType: 1, bytes: [...MACS, 8, 6], reason: "ARP" },
    { linkType: 1, bytes: [...MACS, 0x88, 0xcc], reason: "LLDP" },
    { linkType: 1, bytes: [...MACS, 0, 38, 0x42, 0x42], reason: "IEEE 802.3 (LLC, spanning tree and the like)" },
    { linkType: 1, bytes: [...MACS, 0x12, 0x34], reason: "ethertype 0x1234" },
    { linkType: 1, bytes: [...MACS, 8], reason: "shorter than an Ethernet header" },
    { linkType: 1, bytes: [...MACS, 0x81, 0, 0, 5], reason: "cut off inside a VLAN tag" },
    { linkType: 113, bytes: [0, 0, 0], reason: "shorter than its cooked header (SLL)" },
    { linkType: 276, bytes: [8, 0, 0], reason: "shorter than its cooked header (SLL2)" },
    { linkType: 101, bytes: [0x25], reason: "raw packets that are neither IPv4 nor IPv6" },
    { linkType: 101, bytes: [], reason: "raw packets that are neither IPv4 nor IPv6" },
    { linkType: 0, bytes: [7, 0, 0, 0], reason: "loopback packets that are neither IPv4 nor IPv6" },
    { linkType: 239, bytes: [2, 0, 0, 0, 2, 0], reason: "NFLOG records without a packet" },
    { linkType: 239, bytes: [2, 0, 0, 0, 2, 0, 9, 0], reason: "NFLOG records without a packet" },
    { linkType: 105, bytes: [1, 2, 3], reason: "frames of link type 105 (IEEE 802.11), which is not read" },
    { linkType: 4000, bytes: [1, 2, 3], reason: "frames of link type 4000, which is not read" },
  ])("is named: $reason", async ({ linkType, bytes, reason }) => {
    const link = await linkOf(linkType, bytes);
    expect([link.family, link.reason]).toEqual([0, reason]);
  });
});

describe("a tagged frame", () => {
  const devices = new Map([
    ["eth0/33024/5", "eth0.5"],
    ["eth0.5/33024/6", "eth0.5.6"],
    ["eth0/34984/7", "eth0.7"],
  ]);
  const find = (below: string, protocol: number, vlanId: number) => devices.get(`${below}/${protocol}/${vlanId}`);
  const tagged = (...tags: number[][]) => [...MACS, ...tags.flat(), 8, 0, ...IPV4];
  it.each([
    { what: "no tag", bytes: tagged(), device: "eth0" },
    { what: "VLAN 5", bytes: tagged([0x81, 0, 0x20, 5]), device: "eth0.5" },
    { what: "VLAN 6", bytes: tagged([0x81, 0, 0, 6]), device: undefined },
    { what: "VLAN 7 by 802.1Q", bytes: tagged([0x81, 0, 0, 7]), device: undefined },
    { what: "VLAN 7 by 802.1ad", bytes: tagged([0x88, 0xa8, 0, 7]), device: "eth0.7" },
    { what: "5 then 6", bytes: tagged([0x81, 0, 0, 5], [0x81, 0, 0, 6]), device: "eth0.5.6" },
    { what: "5 then 7", bytes: tagged([0x81, 0, 0, 5], [0x81, 0, 0, 7]), device: undefined },
    { what: "a priority only", bytes: tagged([0x81, 0, 0xe0, 0]), device: "eth0" },
    { what: "a priority, then 5", bytes: tagged([0x81, 0, 0xe0, 0], [0x81, 0, 0, 5]), device: "eth0.5" },
  ])("($what) arrives at $device and loses its tags", async ({ bytes, device }) => {
    const packet = await packetOf(1, bytes);
    const link = new LinkHeader();
    readLink(packet, link);
    expect(vlanDevice(link, "eth0", find)).toBe(device);
    expect([...withoutTags(packet, link)]).toEqual(tagged());
  });

  it("of a cooked capture loses its tags too", async () => {
    const link = new LinkHeader();
    const header = [0, 0, 0, 0, 0, 7, 0, 1, 0, 6, 2, 0, 0, 0, 0, 9, 0, 0];
    const packet = await packetOf(276, [0x81, 0, ...header, 0, 5, 0x86, 0xdd, ...IPV6]);
    readLink(packet, link);
    expect([...withoutTags(packet, link)]).toEqual([0x86, 0xdd, ...header, ...IPV6]);
  });
});
