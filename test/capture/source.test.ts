import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CaptureError, type CaptureSource, PcapngWriter, PcapWriter, readCapture } from "../../src/capture/index.ts";
import { inPieces, plain, readAll } from "./support.ts";

function sample(count: number): Uint8Array<ArrayBuffer> {
  const writer = new PcapngWriter([
    { name: "eth0", linkType: 1 },
    { name: "local", linkType: 101 },
  ]);
  for (let i = 1; i <= count; i++) {
    const bytes = Uint8Array.from({ length: (i * 37) % 90 }, (_, at) => (i * at) & 0xff);
    writer.write({ interface: i % 2, timeHigh: 7, timeLow: i, bytes, wireLength: bytes.length + 5, cause: i });
  }
  return writer.take();
}

const FILE = sample(40);
const EXPECTED = (await readAll(FILE)).packets.map(plain);

function streamOf(bytes: Uint8Array, length: number): ReadableStream<Uint8Array> {
  const pieces = inPieces(bytes, length);
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
}

describe("the same packets come", () => {
  const sources: { what: string; of: (bytes: Uint8Array<ArrayBuffer>) => CaptureSource }[] = [
    { what: "an array", of: (bytes) => bytes },
    { what: "a Buffer inside a larger one", of: (bytes) => Buffer.from([9, ...bytes, 9]).subarray(1, -1) },
    { what: "a Blob", of: (bytes) => new Blob([bytes]) },
    { what: "a web stream", of: (bytes) => streamOf(bytes, 100) },
    { what: "single bytes", of: (bytes) => inPieces(bytes, 1) },
    { what: "pieces of 1000", of: (bytes) => inPieces(bytes, 1000) },
  ];
  it.each(sources)("from $what", async ({ of }) => {
    const { packets, error } = await readAll(of(FILE));
    expect(error).toBeUndefined();
    expect(packets.map(plain)).toEqual(EXPECTED);
  });

  it.each(sources)("from $what, compressed", async ({ of }) => {
    const { packets, error } = await readAll(of(Uint8Array.from(gzipSync(FILE))));
    expect(error).toBeUndefined();
    expect(packets.map(plain)).toEqual(EXPECTED);
  });

  it("from pieces of any lengths", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(FILE.length), { maxLength: 8 }), async (cuts) => {
        const ends = [...cuts, FILE.length].sort((a, b) => a - b);
        async function* pieces() {
          let at = 0;
          for (const end of ends) {
            yield FILE.subarray(at, end);
            at = end;
          }
        }
        const { packets } = await readAll(pieces());
        expect(packets.map(plain)).toEqual(EXPECTED);
      }),
      { numRuns: 50 },
    );
  });
});

describe("any bytes", () => {
  const starts = [
    FILE.subarray(0, 28),
    FILE.subarray(0, 68),
    new PcapWriter(1).take(),
    Uint8Array.of(0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0),
    Uint8Array.of(0x1f, 0x8b, 8, 0),
    new Uint8Array(),
  ];

  it("end in packets or a CaptureError", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 300 }), async (start, rest) => {
        const { error } = await readAll(Uint8Array.of(...start, ...rest));
        if (error !== undefined) expect(error).toBeInstanceOf(CaptureError);
      }),
      { numRuns: 100 },
    );
  });

  it("changed in a good capture leave the packets before them as they were", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(FILE.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const damaged = FILE.slice();
        damaged[at] ^= change;
        const { packets, error } = await readAll(damaged);
        if (error !== undefined) expect(error).toBeInstanceOf(CaptureError);
        const before = (await readAll(FILE.subarray(0, at))).packets.length;
        if (at >= 108) expect(packets.slice(0, before).map(plain)).toEqual(EXPECTED.slice(0, before));
      }),
      { numRuns: 100 },
    );
  });
});

it("a capture may be longer than 4 GiB", async () => {
  const writer = new PcapWriter(1);
  const header = writer.take();
  const bytes = new Uint8Array(65_536 - 16);
  for (let i = 0; i < 32; i++) writer.write({ timeHigh: 0, timeLow: i, bytes, wireLength: bytes.length });
  const piece = writer.take();
  const pieces = 2 ** 32 / piece.length + 1;
  async function* file() {
    yield header;
    for (let i = 0; i < pieces; i++) yield piece;
    yield Uint8Array.of(1);
  }
  let count = 0;
  const read = async () => {
    for await (const batch of readCapture(file())) count += batch.length;
  };
  await expect(read()).rejects.toMatchObject({ offset: header.length + pieces * piece.length });
  expect(count).toBe(pieces * 32);
});

it("a capture is closed when nobody reads on", async () => {
  let closed = false;
  async function* pieces() {
    try {
      while (true) yield FILE;
    } finally {
      closed = true;
    }
  }
  for await (const batch of readCapture(pieces())) {
    expect(batch.length).toBe(40);
    break;
  }
  expect(closed).toBe(true);
});
