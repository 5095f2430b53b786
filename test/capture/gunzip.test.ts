import { constants, crc32, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Gunzip } from "../../src/capture/gunzip.ts";
import { CaptureError, PcapWriter } from "../../src/capture/index.ts";
import { Bytes, inPieces, readAll } from "./support.ts";

const { Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE } = constants;

function gunzip(bytes: Uint8Array, pieceLength: number): Uint8Array {
  const gunzip = new Gunzip();
  const out: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += pieceLength) out.push(...gunzip.push(bytes.subarray(at, at + pieceLength)));
  gunzip.end();
  return Buffer.concat(out);
}

/** Some megabytes that compress well in parts: long runs, far matches and noise. */
function longSample(): Uint8Array {
  const bytes = new Uint8Array(1_200_000);
  let state = 1;
  for (let at = 0; at < bytes.length; at++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[at] = at % 90_000 < 40_000 ? at % 251 : at % 90_000 < 60_000 ? 7 : state >>> 24;
  }
  return bytes;
}

describe("gzip data", () => {
  it("of any kind of block decompresses as zlib does it, in pieces of any length", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.uint8Array({ maxLength: 60 }), fc.integer({ min: 1, max: 400 })), { maxLength: 8 }),
        fc.constantFrom(0, 1, 6, 9),
        fc.constantFrom(Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE),
        fc.integer({ min: 1, max: 900 }),
        (parts, level, strategy, pieceLength) => {
          const bytes = Buffer.concat(parts.flatMap(([part, times]) => Array.from({ length: times }, () => part)));
          expect(gunzip(gzipSync(bytes, { level, strategy }), pieceLength)).toEqual(bytes);
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each([0, 6])("longer than the window decompresses, level %i", (level) => {
    const bytes = longSample();
    expect(Buffer.compare(gunzip(gzipSync(bytes, { level }), 50_000), bytes)).toBe(0);
  });

  it("of several members is one file, zeros behind it are nothing", () => {
    const [one, two] = [Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5)];
    const members = Buffer.concat([gzipSync(one), gzipSync(new Uint8Array()), gzipSync(two), Buffer.alloc(5)]);
    for (const pieceLength of [1, 10, 1000]) expect([...gunzip(members, pieceLength)]).toEqual([1, 2, 3, 4, 5]);
  });

  it("with a name, a comment, an extra field and a checksum in its header decompresses", () => {
    const plain = gzipSync(Uint8Array.of(7));
    const header = new Bytes().u8(0x1f, 0x8b, 8, 0x1e).u32(0).u8(0, 3);
    const beforeChecksum = header.u16(3).u8(1, 0, 1, 0x61, 0, 0x62, 0x63, 0).take();
    const checksum = new Bytes().u16(crc32(beforeChecksum) & 0xffff).take();
    const named = Uint8Array.of(...beforeChecksum, ...checksum, ...plain.subarray(10));
    for (const pieceLength of [1, 1000]) expect([...gunzip(named, pieceLength)]).toEqual([7]);
  });
});

describe("damaged gzip data", () => {
  const writer = new PcapWriter(1);
  for (let i = 0; i < 50; i++) {
    const bytes = Uint8Array.from({ length: 60 }, (_, at) => (i * i * at) & 0xff);
    writer.write({ timeHigh: 0, timeLow: i, bytes, wireLength: 60 });
  }
  const capture = writer.take();
  const compressed = gzipSync(capture, { level: 1 });

  it("cut at any byte gives every packet that can be known before the cut", async () => {
    let most = 0;
    for (let length = 2; length < compressed.length; length += 3) {
      const { packets, error } = await readAll(compressed.subarray(0, length));
      expect(error).toMatchObject({ code: "ERR_CAPTURE_TRUNCATED" });
      expect(packets.length).toBeGreaterThanOrEqual(most);
      most = packets.length;
    }
    expect(most).toBe(50);
  });

  it("says what is wrong and where", async () => {
    const wrongChecksum = Uint8Array.from(compressed);
    wrongChecksum[compressed.length - 8] ^= 1;
    const { packets, error } = await readAll(inPieces(wrongChecksum, 100));
    expect(packets.length).toBe(50);
    const behindChecksum = compressed.length - 4;
    expect((error as CaptureError).message).toBe(
      `byte ${capture.length}: the gzip data is damaged before byte ${behindChecksum} of the compressed file ` +
        "(incorrect data check); the packets before were read",
    );
  });

  it("of any kind ends in a CaptureError", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(compressed.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const damaged = Uint8Array.from(compressed);
        damaged[at] ^= change;
        const { error } = await readAll(damaged);
        if (error !== undefined) expect(error).toBeInstanceOf(CaptureError);
      }),
    );
  });
});
