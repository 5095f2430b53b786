import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Offload, recognizeOffload } from "../../src/capture/index.ts";
import { Bytes } from "./support.ts";

const TCP = 6;
const UDP = 17;
const ICMP = 1;

function sum(bytes: Uint8Array): number {
  let total = 0;
  for (let at = 0; at < bytes.length; at += 2) total += (bytes[at] << 8) | (bytes[at + 1] ?? 0);
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return total;
}

interface Made {
  readonly family: 4 | 6;
  readonly protocol: number;
  readonly payload: readonly number[];
  readonly checksum: "right" | "begun" | "wrong" | "begunWithoutLength";
  /** As the IP header states it: 0 for none. */
  readonly noLength?: boolean;
  readonly moreFragments?: boolean;
}

function make({ family, protocol, payload, checksum, noLength, moreFragments }: Made): Uint8Array {
  const addresses = family === 4 ? [10, 0, 0, 1, 10, 0, 0, 2] : Array.from({ length: 32 }, (_, i) => i * 7);
  const segment = new Uint8Array((protocol === TCP ? 20 : 8) + payload.length);
  segment.set([0x12, 0x34, 0, 80]);
  if (protocol === TCP) segment[12] = 0x50;
  segment.set(payload, segment.length - payload.length);
  const pseudo = new Bytes(false).raw(addresses).u16(protocol, checksum === "begunWithoutLength" ? 0 : segment.length);
  const begun = sum(pseudo.take());
  const finished = ~sum(Uint8Array.of(...pseudo.take(), ...segment)) & 0xffff;
  const value = { right: finished, begun, begunWithoutLength: begun, wrong: finished ^ 0x1234 }[checksum];
  segment.set([value >> 8, value & 0xff], protocol === TCP ? 16 : 6);
  const header =
    family === 4
      ? new Bytes(false)
          .u8(0x45, 0)
          .u16(noLength ? 0 : 20 + segment.length, 1, moreFragments ? 0x2000 : 0)
          .u8(64, protocol)
      : new Bytes(false)
          .u32(0x60000000)
          .u16(noLength ? 0 : segment.length)
          .u8(protocol, 64);
  if (family === 4) header.u16(0);
  return header.raw(addresses).raw(segment).take();
}

function judge(made: Made, mtu = 1500, captured = 1e9): number {
  const packet = make(made);
  const data = Uint8Array.of(0xee, 0xee, ...packet.subarray(0, captured));
  return recognizeOffload(data, 2, data.length, made.family, packet.length, mtu);
}

describe.each([{ family: 4 as const }, { family: 6 as const }])("offloading seen in IPv$family", ({ family }) => {
  it.each([
    { what: "a finished checksum", protocol: TCP, payload: [1, 2, 3], checksum: "right", seen: Offload.None },
    { what: "a wrong checksum", protocol: TCP, payload: [1, 2, 3], checksum: "wrong", seen: Offload.None },
    { what: "a begun TCP checksum", protocol: TCP, payload: [1, 2, 3], checksum: "begun", seen: Offload.Partial },
    { what: "a begun UDP checksum", protocol: UDP, payload: [1, 2, 3], checksum: "begun", seen: Offload.Partial },
  ] as const)("is right for $what", ({ protocol, payload, checksum, seen }) => {
    expect(judge({ family, protocol, payload, checksum })).toBe(seen);
  });

  const long = Array.from({ length: 2000 }, (_, i) => i & 0xff);

  it("is an aggregate where a packet is longer than the MTU", () => {
    expect(judge({ family, protocol: TCP, payload: long, checksum: "right" })).toBe(Offload.Aggregate);
    expect(judge({ family, protocol: TCP, payload: long, checksum: "begun" })).toBe(
      Offload.Aggregate | Offload.Partial,
    );
    expect(judge({ family, protocol: TCP, payload: long, checksum: "right" }, 9000)).toBe(Offload.None);
  });

  it("is an aggregate without a length where the header has none", () => {
    const made = { family, protocol: TCP, payload: long, noLength: true } as const;
    expect(judge({ ...made, checksum: "begun" })).toBe(Offload.Aggregate | Offload.NoLength | Offload.Partial);
    expect(judge({ ...made, checksum: "begunWithoutLength" })).toBe(
      Offload.Aggregate | Offload.NoLength | Offload.Partial,
    );
  });

  it("is not seen in a frame that is longer than its packet", () => {
    const packet = make({ family, protocol: TCP, payload: long.slice(0, 1400), checksum: "right" });
    expect(recognizeOffload(packet, 0, packet.length, family, packet.length + 4, packet.length)).toBe(Offload.None);
  });

  it("does not need the whole packet", () => {
    const header = family === 4 ? 20 : 40;
    const made = { family, protocol: TCP, payload: long } as const;
    expect(judge({ ...made, checksum: "begun" }, 9000, header + 20)).toBe(Offload.Partial);
    expect(judge({ ...made, checksum: "right" }, 9000, header + 20)).toBe(Offload.None);
    expect(judge({ ...made, checksum: "begun" }, 9000, header + 17)).toBe(Offload.None);
  });

  it("is not seen in ICMP that is too long", () => {
    expect(judge({ family, protocol: ICMP, payload: long, checksum: "right" })).toBe(Offload.None);
  });

  it("never takes a finished checksum for a begun one", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(255), { maxLength: 64 }), fc.constantFrom(TCP, UDP), (payload, protocol) => {
        expect(judge({ family, protocol, payload, checksum: "right" })).toBe(Offload.None);
        if (!payload.some((byte) => byte !== 0)) return;
        expect(judge({ family, protocol, payload, checksum: "begun" })).toBe(Offload.Partial);
      }),
    );
  });
});

it("fragments show nothing of offloading", () => {
  const made = { family: 4, protocol: TCP, payload: [1], checksum: "begun", moreFragments: true } as const;
  expect(judge(made)).toBe(Offload.None);
});

it("any bytes can be judged", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 120 }),
      fc.constantFrom<4 | 6>(4, 6),
      fc.nat(3000),
      (data, family, length) => {
        const seen = recognizeOffload(data, 0, data.length, family, length, 1500);
        expect(seen & ~7).toBe(0);
      },
    ),
  );
});
