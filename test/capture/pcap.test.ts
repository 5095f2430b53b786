import { describe, expect, it } from "vitest";
import { CaptureError, Direction, PcapWriter } from "../../src/capture/index.ts";
import { Bytes, plain, readAll } from "./support.ts";

interface Form {
  readonly what: string;
  readonly magic: number;
  readonly nsPerUnit: number;
  /** Bytes behind the file header, and behind the header of a record. */
  readonly afterHeader: readonly number[];
  readonly afterRecord: readonly number[];
}

const FORMS: readonly Form[] = [
  { what: "microseconds", magic: 0xa1b2c3d4, nsPerUnit: 1000, afterHeader: [], afterRecord: [] },
  { what: "nanoseconds", magic: 0xa1b23c4d, nsPerUnit: 1, afterHeader: [], afterRecord: [] },
  {
    what: "Kuznetsov's patch",
    magic: 0xa1b2cd34,
    nsPerUnit: 1000,
    afterHeader: [],
    afterRecord: [2, 0, 0, 0, 8, 0, 0, 0],
  },
  {
    what: "Kuznetsov's patch with processor numbers",
    magic: 0xa1b2cd34,
    nsPerUnit: 1000,
    afterHeader: [],
    afterRecord: [2, 0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0],
  },
  {
    what: "the patch behind the usual number",
    magic: 0xa1b2c3d4,
    nsPerUnit: 1000,
    afterHeader: [],
    afterRecord: [2, 0, 0, 0, 8, 0, 0, 0],
  },
  { what: "Nokia", magic: 0xa1b2c3d4, nsPerUnit: 1000, afterHeader: [], afterRecord: [9, 9, 9, 9] },
  { what: "Ixia hardware", magic: 0x1c0001ac, nsPerUnit: 1, afterHeader: [0, 0, 0, 0], afterRecord: [] },
  { what: "Ixia software", magic: 0x1c0001ab, nsPerUnit: 1000, afterHeader: [0, 0, 0, 0], afterRecord: [] },
];

const SECONDS = 1_700_000_000;
const FRAMES = [
  [1, 2, 3, 4, 5],
  [6, 7],
  [8, 9, 10, 11, 12, 13, 14, 15, 16, 17],
];

function fileHeader(magic: number, littleEndian: boolean, version: readonly [number, number] = [2, 4], linkType = 101) {
  return new Bytes(littleEndian)
    .u32(magic)
    .u16(...version)
    .u32(0, 0, 65535, linkType);
}

function write(form: Form, littleEndian: boolean): Uint8Array {
  const file = fileHeader(form.magic, littleEndian).raw(form.afterHeader);
  for (const [i, frame] of FRAMES.entries()) {
    file
      .u32(SECONDS + i, 7 + i, frame.length, 100)
      .raw(form.afterRecord)
      .raw(frame);
  }
  return file.take();
}

const CASES = FORMS.flatMap((form) => [true, false].map((littleEndian) => ({ ...form, littleEndian })));

describe("a classic capture", () => {
  it.each(CASES)("of $what, little-endian $littleEndian, gives its packets", async (form) => {
    const { packets, error } = await readAll(write(form, form.littleEndian));
    expect(error).toBeUndefined();
    const patched = form.afterRecord.length >= 8;
    expect(packets.map(plain)).toEqual(
      FRAMES.map((bytes, i) => ({
        number: i + 1,
        interface: 0,
        linkType: 101,
        timeNs: BigInt(SECONDS + i) * 1_000_000_000n + BigInt((7 + i) * form.nsPerUnit),
        bytes,
        wireLength: 100,
        direction: patched ? Direction.Inbound : Direction.Unknown,
        comments: [],
      })),
    );
  });

  it.each(CASES)("of $what, little-endian $littleEndian, cut at any byte gives the packets before", async (form) => {
    const file = write(form, form.littleEndian);
    const start = 24 + form.afterHeader.length;
    const ends = FRAMES.map((_, i) =>
      FRAMES.slice(0, i + 1).reduce((at, frame) => at + 16 + form.afterRecord.length + frame.length, start),
    );
    // Forms that share a magic number cannot be told apart before the second record.
    const isAlone = form.magic === 0xa1b23c4d || form.afterHeader.length > 0;
    const first = isAlone ? start : ends[0] + 16 + form.afterRecord.length;
    for (let length = first; length < file.length; length++) {
      const { packets, error } = await readAll(file.subarray(0, length));
      const whole = ends.filter((end) => end <= length);
      expect(packets.map((packet) => [...packet.bytes])).toEqual(FRAMES.slice(0, whole.length));
      const offset = whole.at(-1) ?? start;
      if (offset === length) expect(error).toBeUndefined();
      else expect(error).toMatchObject({ code: "ERR_CAPTURE_TRUNCATED", offset });
    }
  });

  it.each([
    { version: [2, 2] as const, lengths: [100, 2], bytes: [5, 6] },
    { version: [2, 3] as const, lengths: [100, 2], bytes: [5, 6] },
    { version: [2, 3] as const, lengths: [2, 100], bytes: [5, 6] },
    { version: [543, 0] as const, lengths: [100, 2], bytes: [5, 6] },
  ])("of version $version has its lengths as that version writes them", async ({ version, lengths, bytes }) => {
    const file = fileHeader(0xa1b2c3d4, false, version)
      .u32(1, 0, ...lengths)
      .raw(bytes);
    const { packets, error } = await readAll(file.take());
    expect(error).toBeUndefined();
    expect(packets.map(({ bytes, wireLength }) => [[...bytes], wireLength])).toEqual([[bytes, 100]]);
  });

  it("ignores what the link type field says of check sequences", async () => {
    const { packets } = await readAll(fileHeader(0xa1b23c4d, true, [2, 4], 0x24000001).u32(1, 0, 1, 1).u8(0).take());
    expect(packets[0].interface.linkType).toBe(1);
  });

  it("ends with an error at a record that is longer than any packet", async () => {
    const file = fileHeader(0xa1b23c4d, true).u32(1, 0, 1, 1).u8(7).u32(2, 0, 0x7fffffff, 0x7fffffff).u8(1, 2, 3);
    const { packets, error } = await readAll(file.take());
    expect(packets.map(({ bytes }) => [...bytes])).toEqual([[7]]);
    expect(error).toBeInstanceOf(CaptureError);
    expect(error).toMatchObject({ code: "ERR_CAPTURE_DAMAGED", offset: 24 + 16 + 1 });
    expect((error as CaptureError).message).toBe(
      "byte 41: packet record 2 claims 2147483647 captured bytes, more than any packet has (262144); " +
        "the file is damaged from here on",
    );
  });

  it("takes more captured bytes than the wire had for the wire's length", async () => {
    const { packets } = await readAll(fileHeader(0xa1b23c4d, true).u32(1, 0, 3, 2).u8(1, 2, 3).take());
    expect(packets.map(({ length, wireLength }) => [length, wireLength])).toEqual([[3, 3]]);
  });
});

describe("a file that is no capture of ours", () => {
  it.each([
    { what: "nothing", bytes: [], says: "the capture is empty" },
    { what: "two bytes", bytes: [0xd4, 0xc3], says: "cut off inside the first four bytes" },
    { what: "snoop", bytes: [..."snoop\0\0\0"].map((c) => c.charCodeAt(0)), says: "a snoop capture; convert it first" },
    { what: "zstd", bytes: [0x28, 0xb5, 0x2f, 0xfd, 0], says: "pass it through zstd -dc" },
    { what: "zip", bytes: [0x50, 0x4b, 3, 4], says: "a zip archive" },
    { what: "text", bytes: [..."*nat\n"].map((c) => c.charCodeAt(0)), says: "begins with the bytes 2a 6e 61 74" },
    {
      what: "version 1",
      bytes: [...fileHeader(0xa1b2c3d4, true, [1, 4]).take()],
      says: "pcap version 1.4 is not read",
    },
    {
      what: "reserved bits",
      bytes: [...fileHeader(0xa1b2c3d4, true, [2, 4], 0x300000).take()],
      says: "the link type field 0x300000 has reserved bits set",
    },
  ])("($what) is refused in clear words", async ({ bytes, says }) => {
    const { packets, error } = await readAll(Uint8Array.from(bytes));
    expect(packets).toEqual([]);
    expect(error).toBeInstanceOf(CaptureError);
    expect((error as CaptureError).message).toContain(says);
  });
});

it("a pcap without packets can be written and read", async () => {
  expect(await readAll(new PcapWriter(1).take())).toEqual({ packets: [], error: undefined });
});
