import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type CaptureSource,
  Direction,
  PcapngWriter,
  PcapWriter,
  readCapture,
  type WrittenPacket,
} from "../../src/capture/index.ts";

async function readAll(source: CaptureSource) {
  const reader = readCapture(source);
  const packets = [];
  for await (const batch of reader) packets.push(...batch);
  return packets;
}

const packets = fc.array(
  fc.record({
    interface: fc.constantFrom(0, 1),
    timeHigh: fc.nat(0xffff_ffff),
    timeLow: fc.nat(0xffff_ffff),
    bytes: fc.uint8Array({ maxLength: 200 }),
    more: fc.nat(1500),
    comments: fc.array(fc.string({ unit: "grapheme", maxLength: 20 }).filter((text) => !text.includes("\0"))),
    cause: fc.option(fc.nat(), { nil: undefined }),
    direction: fc.constantFrom(Direction.Unknown, Direction.Inbound, Direction.Outbound),
  }),
  { maxLength: 20 },
);

const withWireLength = ({
  more,
  ...packet
}: { more: number; bytes: Uint8Array } & Omit<WrittenPacket, "wireLength">) => ({
  ...packet,
  wireLength: packet.bytes.length + more,
});

describe("a written pcapng", () => {
  it("reads back as it was", async () => {
    await fc.assert(
      fc.asyncProperty(packets, async (drawn) => {
        const written = drawn.map(withWireLength);
        const writer = new PcapngWriter([
          { name: "eth0", linkType: 1 },
          { name: "local", linkType: 101 },
        ]);
        for (const packet of written) writer.write(packet);
        const read = await readAll(writer.take());
        expect(
          read.map((packet) => ({
            number: packet.number,
            name: packet.interface.name,
            linkType: packet.interface.linkType,
            time: packet.timeNs,
            bytes: packet.bytes,
            wireLength: packet.wireLength,
            comments: packet.comments,
            direction: packet.direction,
          })),
        ).toEqual(
          written.map((packet, i) => ({
            number: i + 1,
            name: ["eth0", "local"][packet.interface],
            linkType: [1, 101][packet.interface],
            time: (BigInt(packet.timeHigh) << 32n) | BigInt(packet.timeLow),
            bytes: packet.bytes,
            wireLength: packet.wireLength,
            comments: packet.cause === undefined ? packet.comments : [...packet.comments!, `in=${packet.cause}`],
            direction: packet.direction,
          })),
        );
      }),
    );
  });
});

describe("a written pcap", () => {
  it("reads back as it was, for every time that 32 bits of seconds can say", async () => {
    const lastNs = 0xffff_ffffn * 1_000_000_000n + 999_999_999n;
    await fc.assert(
      fc.asyncProperty(
        packets,
        fc.array(fc.bigInt({ min: 0n, max: lastNs }), { minLength: 20 }),
        async (drawn, times) => {
          const written = drawn.map(withWireLength).map((packet, i) => ({
            ...packet,
            timeHigh: Number(times[i] >> 32n),
            timeLow: Number(times[i] & 0xffff_ffffn),
          }));
          const writer = new PcapWriter(101);
          for (const packet of written) writer.write(packet);
          const read = await readAll(writer.take());
          expect(read.map(({ timeNs, bytes, wireLength }) => ({ timeNs, bytes, wireLength }))).toEqual(
            written.map(({ bytes, wireLength }, i) => ({ timeNs: times[i], bytes, wireLength })),
          );
        },
      ),
    );
  });
});
