import fc from "fast-check";
import { describe, it } from "vitest";
import { parseNode } from "../../src/index.ts";
import { Bytes, block, join } from "../capture/support.ts";
import { expectSame } from "../support/both-readers.ts";
import { frameTo, packetOf } from "../support/frames.ts";

/** Link types by what a record of theirs begins with. */
const LINKS = {
  ethernet: [1],
  sll: [113],
  sll2: [276],
  bare: [101, 12, 14, 228, 229],
  family: [0, 108],
  nflog: [239],
} as const;
type Link = keyof typeof LINKS;

const MACS = ["02:00:00:00:00:10", "02:00:00:00:00:11", "02:00:00:00:00:12", "02:00:00:00:00:13"];
const PEER = "02:09:00:00:00:09";

/**
 * eth0 with VLAN devices (5, in it 7, and 6 with 802.1ad), eth1 alone, eth2 a port of a bridge with a VLAN device above the bridge,
 * eth3 and eth4 ports of a bond with a VLAN device, wg0 without a MAC address, and two pods' links with the same address.
 */
function node(offloads: boolean) {
  const devices = [
    { ifname: "lo", flags: ["LOOPBACK", "UP"], mtu: 65536, link_type: "loopback", address: "00:00:00:00:00:00" },
    ...[0, 1, 2].map((i) => ({ ifname: `eth${i}`, address: MACS[i], ...(i === 2 && { master: "br0" }) })),
    { ifname: "eth3", address: MACS[3], master: "bond0", linkinfo: { info_slave_kind: "bond" } },
    { ifname: "br0", address: MACS[2], linkinfo: { info_kind: "bridge" } },
    { ifname: "bond0", address: MACS[3], linkinfo: { info_kind: "bond", info_data: { mode: "balance-rr" } } },
    vlan("eth0.5", "eth0", 5),
    vlan("eth0.5.7", "eth0.5", 7),
    vlan("eth0.6", "eth0", 6, "802.1ad"),
    vlan("br0.5", "br0", 5),
    vlan("bond0.5", "bond0", 5),
    { ifname: "wg0", link_type: "none", flags: ["POINTOPOINT", "UP"], mtu: 1420 },
    { ifname: "veth1", address: "ee:ee:ee:ee:ee:ee" },
    { ifname: "veth2", address: "ee:ee:ee:ee:ee:ee" },
  ].map((device, i) => ({
    ifindex: i + 1,
    flags: ["BROADCAST", "MULTICAST", "UP", "LOWER_UP"],
    mtu: 1500,
    link_type: "ether",
    addr_info: [{ family: "inet", local: `10.${i}.0.1`, prefixlen: 24, scope: "global" }],
    ...device,
  }));
  const neighbours = [1, 2, 7].map((i) => ({
    dst: `10.${i}.0.9`,
    dev: devices[i]!.ifname,
    lladdr: PEER,
    state: ["PERMANENT"],
  }));
  const files = {
    "addr.json": JSON.stringify(devices),
    "neigh.json": JSON.stringify(neighbours),
    "sysctl.txt": "net.ipv4.ip_forward = 1\nnet.ipv4.conf.all.rp_filter = 0\n",
  };
  const read = parseNode(new Map(Object.entries(files).map(([name, text]) => [name, new TextEncoder().encode(text)])));
  return { ...read, offloads };
}

function vlan(ifname: string, link: string, id: number, protocol = "802.1Q") {
  return { ifname, link, address: MACS[0], linkinfo: { info_kind: "vlan", info_data: { protocol, id } } };
}

const NODES = [node(false), node(true)] as const;

// ---- frames

/** Protocol and TCI. */
type Tag = [protocol: number, tci: number];

const ip = fc.constantFrom(
  "tcp 10.1.0.9:5 > 10.2.0.9:80 S",
  "tcp 10.1.0.9:5 > 10.2.0.9:80 A",
  "udp 10.1.0.9:5 > 10.7.0.9:53",
  "udp 10.2.0.9:53 > 10.1.0.9:5",
  "icmp 10.1.0.9 > 10.1.0.1",
  "udp [fd00::9]:5 > [fd01::9]:53",
);

const address = fc.constantFrom(...MACS, PEER, "ee:ee:ee:ee:ee:ee", "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00");

const frame = fc.record({
  words: ip,
  to: address,
  from: address,
  /** Outermost first. */
  tags: fc.oneof(
    { weight: 3, arbitrary: fc.constant<Tag[]>([]) },
    {
      weight: 4,
      arbitrary: fc.array(
        fc.tuple(fc.constantFrom(0x8100, 0x8100, 0x8100, 0x88a8), fc.constantFrom(5, 5, 5, 0x6005, 6, 7, 0, 0x2000, 9)),
        { minLength: 1, maxLength: 3 },
      ),
    },
    { weight: 1, arbitrary: fc.constant(Array.from({ length: 9 }, (): Tag => [0x8100, 0])) },
  ),
  packetType: fc.constantFrom(0, 0, 0, 1, 2, 3, 4, 0x104, 5),
  ifindex: fc.constantFrom(0, 2, 2, 3, 3, 5, 8, 13, 14, 77),
  addressLength: fc.constantFrom(6, 6, 6, 0, 8),
  /** AF_INET, AF_INET6 of some systems, an ethertype, and others; in which order. */
  family: fc.constantFrom(2, 2, 2, 10, 24, 28, 30, 26, 23, 7, 0x11110800, 0x222286dd, 0),
  isBig: fc.boolean(),
  padding: fc.constantFrom(0, 0, 0, 6, 1600),
  change: fc.constantFrom("none", "none", "none", "none", "cut", "flip", "other"),
  at: fc.nat(90),
});
type Frame = typeof frame extends fc.Arbitrary<infer T> ? T : never;

function bytesOf(frame: Frame, link: Link): Uint8Array {
  const bytes = join(headerOf(frame, link), packetOf(frame.words), new Uint8Array(frame.padding));
  const at = frame.at % bytes.length;
  if (frame.change === "cut") return bytes.subarray(0, at);
  if (frame.change === "flip") bytes[at]! ^= 1 << (frame.at % 8);
  return bytes;
}

function headerOf({ words, to, from, tags, packetType, ifindex, addressLength, ...rest }: Frame, link: Link) {
  const frame = frameTo(to, words, from);
  const source = [...frame.subarray(6, 12), 0, 0];
  const type = rest.change === "other" ? 0x0806 : (frame[12]! << 8) | frame[13]!;
  const outer = tags[0]?.[0] ?? type;
  const inner = (tags as readonly Tag[]).flatMap(([, tci], i) => [tci, tags[i + 1]?.[0] ?? type]);
  const big = new Bytes(false);
  switch (link) {
    case "ethernet":
      return big
        .raw(frame.subarray(0, 12))
        .u16(outer, ...inner)
        .take();
    case "sll":
      return big
        .u16(packetType, 1, addressLength)
        .raw(source)
        .u16(outer, ...inner)
        .take();
    case "sll2":
      return big
        .u16(outer, 0)
        .u32(ifindex)
        .u16(1)
        .u8(packetType & 0xff, addressLength)
        .raw(source)
        .u16(...inner)
        .take();
    case "family":
      return new Bytes(!rest.isBig).u32(rest.family).take();
    case "nflog": {
      const { length } = packetOf(words);
      return new Bytes()
        .u8(frame[12] === 0x86 ? 10 : 2, 0, 0, 0)
        .u16(8, 10)
        .u32(7)
        .u16(4 + length, 9)
        .take();
    }
    case "bare":
      return new Uint8Array();
  }
}

// ---- files

const packet = fc.record({
  frame,
  on: fc.nat(3),
  direction: fc.constantFrom(0, 0, 0, 0, 1, 2),
  missing: fc.constantFrom(0, 0, 0, 9),
});
type Packet = typeof packet extends fc.Arbitrary<infer T> ? T : never;

const interfaces = fc.array(
  fc.constantFrom(...(Object.keys(LINKS) as Link[])).chain((link) =>
    fc.record({
      link: fc.constant(link),
      linkType: fc.constantFrom(...LINKS[link]),
      name: fc.constantFrom(
        "eth0",
        "eth0",
        "eth1",
        "eth2",
        "eth3",
        "br0",
        "eth0.5",
        "wg0",
        "veth1",
        "local",
        undefined,
      ),
    }),
  ),
  { minLength: 1, maxLength: 4 },
);
type Interfaces = typeof interfaces extends fc.Arbitrary<infer T> ? T : never;

const START_US = 1_700_000_000_000_000n;

function pcapng(on: Interfaces, packets: readonly Packet[], littleEndian: boolean): Uint8Array {
  const bytes = () => new Bytes(littleEndian);
  return join(
    block(0x0a0d0d0a, bytes().u32(0x1a2b3c4d).u16(1, 0).u64(0xffff_ffff_ffff_ffffn), littleEndian),
    ...on.map(({ linkType, name }) => {
      const body = bytes().u16(linkType, 0).u32(0);
      if (name !== undefined) body.u16(2, name.length).raw(new TextEncoder().encode(name)).pad().u32(0);
      return block(1, body, littleEndian);
    }),
    ...packets.map(({ frame, on: number, direction, missing }, i) => {
      const id = number % on.length;
      const data = bytesOf(frame, on[id]!.link);
      const us = START_US + BigInt(i);
      const body = bytes().u32(id, Number(us >> 32n), Number(us & 0xffff_ffffn), data.length, data.length + missing);
      body.raw(data).pad();
      if (direction !== 0) body.u16(2, 4).u32(direction, 0);
      return block(6, body, littleEndian);
    }),
  );
}

function pcap(linkType: number, link: Link, packets: readonly Packet[], littleEndian: boolean): Uint8Array {
  const out = new Bytes(littleEndian).u32(0xa1b2c3d4).u16(2, 4).u32(0, 0, 65535, linkType);
  for (const [i, { frame, missing }] of packets.entries()) {
    const data = bytesOf(frame, link);
    out.u32(1_700_000_000, i, data.length, data.length + missing).raw(data);
  }
  return out.take();
}

const file = fc
  .record({
    on: interfaces,
    packets: fc.array(packet, { minLength: 1, maxLength: 50, size: "max" }),
    little: fc.boolean(),
    isClassic: fc.boolean(),
  })
  .map(({ on, packets, little, isClassic }) =>
    isClassic ? pcap(on[0]!.linkType, on[0]!.link, packets, little) : pcapng(on, packets, little),
  );

const reading = fc.record({
  pieces: fc.constantFrom(100, 1000, 100_000),
  interfaces: fc.constantFrom([], [], [{ from: "local", to: "eth1" }], [{ to: "eth0" }], [{ to: "local" }]),
});
const offloads = fc.constantFrom(0 as const, 1 as const);

describe("a capture of any link type", () => {
  it("gives what it gives packet by packet", async () => {
    await fc.assert(
      fc.asyncProperty(file, reading, offloads, async (bytes, how, i) => void (await expectSame(NODES[i], bytes, how))),
      { numRuns: 200 },
    );
  });

  it("does so when it is damaged", async () => {
    const damaged = fc
      .record({ file, at: fc.nat(), flip: fc.integer({ min: 0, max: 255 }) })
      .map(({ file, at, flip }) => {
        const place = at % file.length;
        if (flip === 0) return file.subarray(0, place);
        const bytes = Uint8Array.from(file);
        bytes[place]! ^= flip;
        return bytes;
      });
    await fc.assert(
      fc.asyncProperty(damaged, reading, offloads, async (bytes, how, i) => {
        await expectSame(NODES[i], bytes, how);
      }),
      { numRuns: 100 },
    );
  });
});
