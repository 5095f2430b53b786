import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CaptureFile } from "../../src/capture/index.ts";
import { parseNode } from "../../src/index.ts";
import { Bytes, block, inPieces, join } from "../capture/support.ts";
import { expectSame, type Reading, replayed } from "../support/both-readers.ts";
import { frameTo } from "../support/frames.ts";
import { MACS, nodeFiles } from "../support/node-files.ts";

const ETHERNET = 1;
const RAW = 101;
const SLL = 113;

const NODE = parseNode(nodeFiles());
const INTERFACES = [{ from: "nosuch", to: "eth1" }];
const same = (file: Uint8Array, how: Reading) => expectSame(NODE, file, { ...how, interfaces: INTERFACES });

// ---- frames

const words = fc.oneof(
  fc
    .record({ port: fc.integer({ min: 1, max: 5 }), flags: fc.constantFrom("S", "SA", "A", "F", "R") })
    .map(({ port, flags }) => `tcp 10.0.0.9:${port} > 10.1.0.9:80 ${flags}`),
  fc.constantFrom(
    "udp 10.0.0.9:5 > 10.1.0.9:53",
    "udp 10.1.0.9:53 > 10.0.0.9:5",
    "icmp 10.0.0.9 > 10.0.0.1",
    "tcp [fd00::9]:5 > [fd01::9]:80 S",
    "udp [fd00::9]:5 > [fd01::9]:53",
  ),
);

const frame = fc
  .record({
    words,
    to: fc.constantFrom(MACS.eth0, MACS.eth1, "ff:ff:ff:ff:ff:ff", "02:77:00:00:00:01"),
    from: fc.option(fc.constantFrom(MACS.eth0, MACS.eth1), { nil: undefined }),
    change: fc.constantFrom("none", "none", "none", "none", "arp", "vlan", "partial", "short", "cut", "long", "flip"),
    at: fc.nat(60),
  })
  .map(({ words, to, from, change, at }) => changed(frameTo(to, words, from), change, at));

/** What captures have beside whole IP packets. */
function changed(bytes: Uint8Array, change: string, at: number): Uint8Array {
  switch (change) {
    case "arp":
      bytes.set([0x08, 0x06], 12);
      return bytes;
    case "vlan":
      return join(bytes.subarray(0, 12), Uint8Array.of(0x81, 0, 0, 5), bytes.subarray(12));
    case "partial":
      return withBegunChecksum(bytes);
    case "short":
      return bytes.subarray(0, at % 15);
    case "cut":
      return bytes.subarray(0, 14 + at);
    case "long":
      return join(bytes, new Uint8Array(1600));
    case "flip":
      bytes[at % bytes.length]! ^= 1 << (at % 8);
      return bytes;
    default:
      return bytes;
  }
}

/** TCP and UDP in IPv4 as a sender leaves them to its card: the sum over the pseudo-header. */
function withBegunChecksum(bytes: Uint8Array): Uint8Array {
  const protocol = bytes[23];
  if (bytes[12] !== 8 || (protocol !== 6 && protocol !== 17)) return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  let sum = protocol + bytes.length - 34;
  for (let i = 26; i < 34; i += 2) sum += view.getUint16(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(34 + (protocol === 6 ? 16 : 6), sum);
  return bytes;
}

// ---- files

const packet = fc.record({
  bytes: frame,
  on: fc.nat(3),
  /** Milliseconds after the packet before; captures step back now and then. */
  later: fc.constantFrom(0, 1, 1, 1, 5, 400, 2500, -1, -300, -2600),
  /** Bytes that were not captured. */
  missing: fc.constantFrom(0, 0, 0, 7),
  form: fc.constantFrom(
    "enhanced",
    "enhanced",
    "enhanced",
    "in",
    "out",
    "comment",
    "simple",
    "obsolete",
    "other",
    "statistics",
  ),
});
type Packet = typeof packet extends fc.Arbitrary<infer T> ? T : never;

const section = fc.record({
  littleEndian: fc.boolean(),
  interfaces: fc.array(
    fc.record({
      name: fc.constantFrom("eth0", "eth1", "nosuch", "local", undefined),
      snapLength: fc.constantFrom(0, 0, 0, 70, 65535),
      resolution: fc.constantFrom(6, 9, undefined, 3, 0x83),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  packets: fc.array(packet, { maxLength: 30 }),
});
type Section = typeof section extends fc.Arbitrary<infer T> ? T : never;

const START_MS = 1_700_000_000_000;

function pcapng(sections: readonly Section[]): Uint8Array {
  let ms = START_MS;
  const blocks = sections.flatMap(({ littleEndian, interfaces, packets }) => [
    block(0x0a0d0d0a, new Bytes(littleEndian).u32(0x1a2b3c4d).u16(1, 0).u64(0xffff_ffff_ffff_ffffn), littleEndian),
    ...interfaces.map((one) => interfaceBlock(one, littleEndian)),
    ...packets.map((one) => {
      ms += one.later;
      return packetBlock(one, interfaces, ms, littleEndian);
    }),
  ]);
  return join(...blocks);
}

function linkTypeOf(name: string | undefined): number {
  return name === "local" ? RAW : ETHERNET;
}

function interfaceBlock({ name, snapLength, resolution }: Section["interfaces"][number], littleEndian: boolean) {
  const body = new Bytes(littleEndian).u16(linkTypeOf(name), 0).u32(snapLength);
  if (name !== undefined) {
    body.u16(2, name.length).raw(new TextEncoder().encode(name)).pad();
  }
  if (resolution !== undefined) body.u16(9, 1).u8(resolution).pad();
  return block(1, body.u32(0), littleEndian);
}

function packetBlock(
  { bytes, on, missing, form }: Packet,
  interfaces: Section["interfaces"],
  ms: number,
  little: boolean,
) {
  const id = on % interfaces.length;
  const { name, resolution = 6, snapLength } = interfaces[id]!;
  const frame = name === "local" ? bytes.subarray(14) : bytes;
  const perSecond = resolution & 0x80 ? 2 ** (resolution & 0x7f) : 10 ** resolution;
  const units = (BigInt(ms) * BigInt(perSecond)) / 1000n;
  const body = new Bytes(little);
  if (form === "simple") {
    const first = interfaces[0]!;
    const cut = first.snapLength === 0 ? bytes : bytes.subarray(0, first.snapLength);
    return block(3, body.u32(bytes.length).raw(first.name === "local" ? cut.subarray(14) : cut), little);
  }
  if (form === "other") return block(0x0bad, body.raw(frame), little);
  if (form === "statistics") return block(5, body.u32(id, 0, 0).u16(5, 8).u64(3n).u32(0), little);
  if (form === "obsolete") body.u16(id, 0);
  else body.u32(id);
  body.u32(Number(units >> 32n), Number(units & 0xffff_ffffn));
  body
    .u32(frame.length, frame.length + missing)
    .raw(frame)
    .pad();
  if (form === "in" || form === "out")
    body
      .u16(2, 4)
      .u32(form === "in" ? 1 : 2)
      .u32(0);
  if (form === "comment") body.u16(1, 5).raw([104, 101, 108, 108, 111]).pad().u16(2, 4).u32(0xfd).u32(0);
  return block(form === "obsolete" ? 2 : snapLength < 0 ? 0 : 6, body, little);
}

const pcapFile = fc
  .record({
    littleEndian: fc.boolean(),
    magic: fc.constantFrom(0xa1b2c3d4, 0xa1b23c4d, 0xa1b2cd34),
    minor: fc.constantFrom(4, 4, 4, 3, 2),
    linkType: fc.constantFrom(ETHERNET, ETHERNET, ETHERNET, RAW, SLL),
    packets: fc.array(packet, { maxLength: 40 }),
  })
  .map(({ littleEndian, magic, minor, linkType, packets }) => {
    const out = new Bytes(littleEndian).u32(magic).u16(2, minor).u32(0, 0, 65535, linkType);
    let ms = START_MS;
    for (const { bytes, later, missing } of packets) {
      ms += later;
      const frame = linkType === RAW ? bytes.subarray(14) : bytes;
      const [captured, original] = [frame.length, frame.length + missing];
      out.u32(Math.floor(ms / 1000), (ms % 1000) * (magic === 0xa1b23c4d ? 1_000_000 : 1000));
      out.u32(...(minor < 3 ? [original, captured] : [captured, original]));
      if (magic === 0xa1b2cd34)
        out
          .u32(2)
          .u16(0x0800)
          .u8(missing === 0 ? 0 : 4, 0);
      out.raw(frame);
    }
    return out.take();
  });

const file = fc.oneof(fc.array(section, { minLength: 1, maxLength: 3 }).map(pcapng), pcapFile);
const reading = fc.record({
  pieces: fc.constantFrom(7, 100, 1000, 100_000),
  reorder: fc.constantFrom(undefined, undefined, 0, 0.3),
});

/** A file whose reads give so many bytes at most. */
function fileOf(bytes: Uint8Array, most: number): CaptureFile {
  let at = 0;
  return {
    readInto(into) {
      const read = bytes.subarray(at, at + Math.min(most, into.length));
      into.set(read);
      at += read.length;
      return read.length;
    },
    close: () => undefined,
    [Symbol.asyncIterator]: () => inPieces(bytes, most)[Symbol.asyncIterator](),
  };
}

describe("a capture that the core reads", () => {
  it("gives what it gives packet by packet, whatever is in it", async () => {
    await fc.assert(
      fc.asyncProperty(file, reading, async (bytes, how) => void (await same(bytes, how))),
      {
        numRuns: 150,
      },
    );
  });

  it("gives the packets before a damage, and says where it is", async () => {
    const damaged = fc
      .record({ file, at: fc.nat(), flip: fc.integer({ min: 1, max: 255 }), isCut: fc.boolean() })
      .map(({ file, at, flip, isCut }) => {
        const place = at % file.length;
        if (isCut) return file.subarray(0, place);
        const bytes = Uint8Array.from(file);
        bytes[place]! ^= flip;
        return bytes;
      });
    await fc.assert(
      fc.asyncProperty(damaged, reading, async (bytes, how) => void (await same(bytes, how))),
      {
        numRuns: 150,
      },
    );
  });

  it("may be a file that is read a few bytes at a time, whole or cut off", async () => {
    const cut = fc.record({ file, length: fc.nat(), isCut: fc.boolean(), pieces: reading.map(({ pieces }) => pieces) });
    await fc.assert(
      fc.asyncProperty(cut, async ({ file, length, isCut, pieces }) => {
        const bytes = isCut ? file.subarray(0, length % file.length) : file;
        const packetByPacket = await replayed(NODE, inPieces(bytes, pieces), true, { interfaces: INTERFACES });
        expect(await replayed(NODE, fileOf(bytes, pieces), false, { interfaces: INTERFACES })).toEqual(packetByPacket);
      }),
      { numRuns: 100 },
    );
  });

  it("may be compressed, and longer than a piece", async () => {
    const packets = Array.from({ length: 9000 }, (_, i) => ({
      bytes: frameTo(i % 2 === 0 ? MACS.eth0 : MACS.eth1, `tcp 10.0.0.9:${(i % 60_000) + 1} > 10.1.0.9:80 S`),
      on: i % 2,
      later: i % 7 === 0 ? (-1 as const) : (1 as const),
      missing: 0 as const,
      form: "enhanced" as const,
    }));
    const interfaces = ["eth0", "nosuch"].map((name) => ({
      name,
      snapLength: 0,
      resolution: 9,
    })) as Section["interfaces"];
    const bytes = pcapng([{ littleEndian: true, interfaces, packets }]);
    const { frames, records } = await same(bytes, { pieces: 300_000 });
    expect([records, frames.length]).toEqual([9000, 9000]);
    expect(await replayed(NODE, Uint8Array.from(gzipSync(bytes)), false, { interfaces: INTERFACES })).toEqual(
      await replayed(NODE, bytes, true, { interfaces: INTERFACES }),
    );
  });
});
