import { describe, expect, it } from "vitest";
import { CaptureError, Direction, PcapngWriter, readCapture } from "../../src/capture/index.ts";
import { Bytes, block, inPieces, join, plain, readAll, sectionHeader } from "./support.ts";

const IDB = 1;
const OBSOLETE = 2;
const SIMPLE = 3;
const NAMES = 4;
const ENHANCED = 6;

const ASCII = (text: string) => [...text].map((c) => c.charCodeAt(0));

function option(body: Bytes, code: number, value: readonly number[]): Bytes {
  return body.u16(code, value.length).raw(value).pad();
}

function interfaceBlock(littleEndian: boolean, linkType: number, name?: string, options?: (body: Bytes) => void) {
  const body = new Bytes(littleEndian).u16(linkType, 0).u32(0);
  if (name !== undefined) option(body, 2, ASCII(name));
  options?.(body);
  return block(IDB, body, littleEndian);
}

function enhanced(littleEndian: boolean, id: number, units: bigint, frame: number[], options?: (body: Bytes) => void) {
  const body = new Bytes(littleEndian)
    .u32(id, Number(units >> 32n), Number(units & 0xffffffffn), frame.length, 60)
    .raw(frame)
    .pad();
  options?.(body);
  return block(ENHANCED, body, littleEndian);
}

describe.each([{ littleEndian: true }, { littleEndian: false }])(
  "a pcapng, little-endian $littleEndian",
  ({ littleEndian }) => {
    const file = join(
      sectionHeader(littleEndian),
      interfaceBlock(littleEndian, 1, "eth0"),
      interfaceBlock(littleEndian, 101),
      block(NAMES, new Bytes(littleEndian).u32(0), littleEndian),
      enhanced(littleEndian, 1, 5_000_001n, [1, 2, 3], (body) => {
        option(body, 1, ASCII("one"));
        option(body, 2, [...new Bytes(littleEndian).u32(2).take()]);
        option(body, 1, ASCII("two"));
        body.u16(0, 0);
      }),
      block(SIMPLE, new Bytes(littleEndian).u32(5).raw([1, 2, 3, 4, 5]), littleEndian),
      block(OBSOLETE, new Bytes(littleEndian).u16(0, 9).u32(0, 7, 2, 60).raw([8, 9]), littleEndian),
      block(0xbad, new Bytes(littleEndian).u32(1, 2, 3), littleEndian),
    );
    const expected = [
      {
        number: 1,
        interface: 1,
        linkType: 101,
        timeNs: 5_000_001_000n,
        bytes: [1, 2, 3],
        wireLength: 60,
        direction: Direction.Outbound,
        comments: ["one", "two"],
      },
      {
        number: 2,
        interface: "eth0",
        linkType: 1,
        timeNs: 5_000_001_000n,
        bytes: [1, 2, 3, 4, 5],
        wireLength: 5,
        direction: Direction.Unknown,
        comments: [],
      },
      {
        number: 3,
        interface: "eth0",
        linkType: 1,
        timeNs: 7_000n,
        bytes: [8, 9],
        wireLength: 60,
        direction: Direction.Unknown,
        comments: [],
      },
    ];

    it("gives the packets of all kinds of packet blocks and passes over the rest", async () => {
      const { packets, error } = await readAll(file);
      expect(error).toBeUndefined();
      expect(packets.map(plain)).toEqual(expected);
    });

    it("gives the packets before the cut when it is cut at any byte", async () => {
      const blockEnds: number[] = [];
      const view = new DataView(file.buffer);
      const packetEnds: number[] = [];
      for (let at = 0; at < file.length; ) {
        const type = view.getUint32(at, littleEndian);
        at += view.getUint32(at + 4, littleEndian);
        blockEnds.push(at);
        if ([ENHANCED, SIMPLE, OBSOLETE].includes(type)) packetEnds.push(at);
      }
      for (let length = 1; length < file.length; length++) {
        const { packets, error } = await readAll(file.subarray(0, length));
        expect(packets.map(plain)).toEqual(expected.slice(0, packets.length));
        if (blockEnds.includes(length)) expect(error).toBeUndefined();
        else if (length >= 28) {
          expect(error).toMatchObject({ code: "ERR_CAPTURE_TRUNCATED" });
          expect(packets.length).toBe(packetEnds.filter((end) => end <= length).length);
        } else expect(error).toBeInstanceOf(CaptureError);
      }
    });

    it("with a section of the other byte order behind it numbers interfaces and packets on", async () => {
      const other = join(
        sectionHeader(!littleEndian),
        interfaceBlock(!littleEndian, 228, "tun0"),
        enhanced(!littleEndian, 0, 1n, [69]),
      );
      const reader = readCapture(join(file, other));
      const packets = [];
      for await (const batch of reader) packets.push(...batch);
      expect(packets.slice(3).map(plain)).toEqual([
        {
          number: 4,
          interface: "tun0",
          linkType: 228,
          timeNs: 1000n,
          bytes: [69],
          wireLength: 60,
          direction: Direction.Unknown,
          comments: [],
        },
      ]);
      expect(reader.format).toBe("pcapng");
      expect(reader.interfaces.map(({ index, name }) => [index, name])).toEqual([
        [0, "eth0"],
        [1, undefined],
        [2, "tun0"],
      ]);
    });
  },
);

describe("times of a pcapng interface", () => {
  const time = async (units: bigint, options: (body: Bytes) => void) => {
    const file = join(sectionHeader(), interfaceBlock(true, 1, "x", options), enhanced(true, 0, units, [1]));
    const { packets } = await readAll(file);
    return packets[0].timeNs;
  };
  it.each([
    { resolution: 0, units: 12n, ns: 12_000_000_000n },
    { resolution: 3, units: 1234n, ns: 1_234_000_000n },
    { resolution: 6, units: 0x1_ffff_ffffn, ns: 0x1_ffff_ffffn * 1000n },
    { resolution: 9, units: 0x1234_5678_9abc_def0n, ns: 0x1234_5678_9abc_def0n },
    { resolution: 12, units: 1_999n, ns: 1n },
    { resolution: 0x80 | 20, units: 3n << 19n, ns: 1_500_000_000n },
    { resolution: 6, units: 0x7fff_ffff_ffff_ffffn, ns: 0xffff_ffff_ffff_ffffn },
    { resolution: 6, units: 0xffff_ffff_ffff_ffffn, ns: 0n },
  ])("of resolution $resolution are exact", async ({ resolution, units, ns }) => {
    expect(await time(units, (body) => option(body, 9, [resolution]))).toBe(ns);
  });

  it.each([
    { offset: 1_700_000_000n, ns: 1_700_000_000_000_005_000n },
    { offset: -1n, ns: 0n },
  ])("count from if_tsoffset $offset", async ({ offset, ns }) => {
    const set = (body: Bytes) => option(body, 14, [...new Bytes().u64(offset).take()]);
    expect(await time(5n, set)).toBe(ns);
  });
});

it("packets lost while capturing are those of the last statistics of each interface", async () => {
  const statistics = (id: number, received: bigint, byInterface: bigint, bySystem: bigint) => {
    const body = new Bytes().u32(id, 0, 0);
    for (const [code, value] of [[4, received] as const, [5, byInterface] as const, [7, bySystem] as const]) {
      option(body, code, [...new Bytes().u64(value).take()]);
    }
    return block(5, body);
  };
  const start = join(sectionHeader(), interfaceBlock(true, 1, "eth0"), interfaceBlock(true, 1, "eth1"));
  const reader = readCapture(
    join(start, statistics(0, 9n, 1n, 2n), statistics(1, 9n, 0n, 4n), statistics(0, 20n, 5n, 2n)),
  );
  for await (const _ of reader);
  expect(reader.lost).toBe(11);
});

describe("a damaged pcapng", () => {
  const start = join(sectionHeader(), interfaceBlock(true, 1, "eth0"), enhanced(true, 0, 1n, [1, 2]));
  it.each([
    {
      what: "two lengths",
      bytes: new Bytes().u32(5, 16, 0, 20).take(),
      says: "a block of 16 bytes says at its end that it has 20",
    },
    {
      what: "a length of 10",
      bytes: new Bytes().u32(5, 10, 0, 10).take(),
      says: "a block claims a length of 10 bytes",
    },
    {
      what: "a packet of an unknown interface",
      bytes: enhanced(true, 3, 1n, [1]),
      says: "packet 2 is of interface 3, but the section has described 1",
    },
    {
      what: "a packet longer than its block",
      bytes: block(ENHANCED, new Bytes().u32(0, 0, 1, 50, 50, 1)),
      says: "packet 2 claims 50 bytes in a block of 36",
    },
    {
      what: "a simple packet longer than its block",
      bytes: block(SIMPLE, new Bytes().u32(50, 1)),
      says: "packet 2 claims 50 bytes in a block of 20",
    },
    { what: "a short packet block", bytes: block(ENHANCED, new Bytes().u32(0)), says: "a packet block is too short" },
    {
      what: "a packet block longer than any",
      bytes: new Bytes().u32(ENHANCED, 0x40000000, 0).take(),
      says: "a block claims a length of 1073741824 bytes",
    },
    {
      what: "an option past the end",
      bytes: block(IDB, new Bytes().u16(1, 0).u32(0).u16(2, 40).u32(0)),
      says: "an option of an interface block runs past the block's end",
    },
    {
      what: "a section without byte order",
      bytes: block(0x0a0d0d0a, new Bytes().u32(1, 2, 3, 4)),
      says: "the section header has no byte-order magic",
    },
    {
      what: "a section of version 2",
      bytes: block(0x0a0d0d0a, new Bytes().u32(0x1a2b3c4d).u16(2, 0).u64(-1n)),
      says: "pcapng version 2.0 is not read",
    },
  ])("($what) gives the packets before and says where", async ({ bytes, says }) => {
    const { packets, error } = await readAll(join(start, bytes));
    expect(packets.map((packet) => [...packet.bytes])).toEqual([[1, 2]]);
    expect(error).toMatchObject({ offset: start.length });
    expect((error as CaptureError).message).toContain(`byte ${start.length}: ${says}`);
  });
});

describe("a block that is not read", () => {
  const long = block(0xbad, new Bytes().raw(new Array(3000).fill(7)));
  const file = join(
    sectionHeader(),
    interfaceBlock(true, 1, "eth0"),
    long,
    enhanced(true, 0, 1n, [1]),
    long,
    enhanced(true, 0, 2n, [2]),
  );

  it.each([1, 7, 100, 1000, 5000])("is passed over without being held, in pieces of %i", async (length) => {
    const { packets, error } = await readAll(inPieces(file, length));
    expect(error).toBeUndefined();
    expect(packets.map((packet) => [...packet.bytes])).toEqual([[1], [2]]);
  });

  it("is damaged when its lengths differ, however it is passed over", async () => {
    const damaged = file.slice();
    damaged[28 + 28 + long.length - 4] ^= 1;
    const { packets, error } = await readAll(inPieces(damaged, 100));
    expect(packets).toEqual([]);
    expect(error).toMatchObject({ code: "ERR_CAPTURE_DAMAGED", offset: 56 });
  });
});

describe("a written pcapng", () => {
  it("has the form of section header, interface blocks and packets with the cause as last comment", () => {
    const writer = new PcapngWriter([{ name: "eth0", linkType: 1 }]);
    const bytes = Uint8Array.of(0xaa, 0xbb, 0xcc);
    writer.write({ interface: 0, timeHigh: 1, timeLow: 2, bytes, wireLength: 9, comments: ["why"], cause: 12 });
    const nanoseconds = (body: Bytes) => option(body, 9, [9]).u16(0, 0);
    const idb = block(IDB, nanoseconds(option(new Bytes().u16(1, 0).u32(262144), 2, ASCII("eth0"))));
    const packet = new Bytes().u32(0, 1, 2, 3, 9).raw(bytes).pad();
    option(option(packet, 1, ASCII("why")), 1, ASCII("in=12")).u16(0, 0);
    expect(writer.pending).toBe(28 + 40 + packet.length + 12);
    expect([...writer.take()]).toEqual([...join(sectionHeader(), idb, block(ENHANCED, packet))]);
    expect(writer.pending).toBe(0);
  });

  it("cuts a comment that is too long for an option, at a character", async () => {
    const writer = new PcapngWriter([{ name: "eth0", linkType: 1 }]);
    const comments = ["é".repeat(40_000)];
    writer.write({ interface: 0, timeHigh: 0, timeLow: 0, bytes: new Uint8Array(), wireLength: 0, comments });
    const { packets } = await readAll(writer.take());
    expect(packets[0].comments).toEqual(["é".repeat(32_767)]);
  });
});
