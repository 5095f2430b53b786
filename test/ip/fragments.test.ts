import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConfigLayout } from "../../src/core/layout.generated.ts";
import { setNumber } from "../../src/core/record.ts";
import { checksum, counting, fragmentHeader, ipv4, ipv6, udp } from "../support/ip.ts";
import { Network, type NetworkPlan, type Output } from "../support/network.ts";

const PLAN: NetworkPlan = {
  devices: {
    lo: ["127.0.0.1/8", "::1/128"],
    eth0: ["10.0.0.1/24", "fd00:1::1/64"],
    eth1: ["10.1.0.1/24", "fd00:2::1/64"],
  },
  mtu: { eth1: 1300 },
};

/** A router that reassembles, as one does where rules ask for conntrack. */
async function router(plan: NetworkPlan = PLAN): Promise<Network> {
  const node = await Network.create(plan);
  const view = new DataView(node.core.memory.buffer);
  setNumber(view, node.core.configAddress(), ConfigLayout.defragActive4, 1);
  setNumber(view, node.core.configAddress(), ConfigLayout.defragActive6, 1);
  return node;
}

const message = (length: number) => udp(1000, 2000, counting(length));

interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly more: boolean;
}

/** Cuts at multiples of 8. */
function cut(payload: Uint8Array, sizes: readonly number[]): Piece[] {
  const pieces: Piece[] = [];
  let offset = 0;
  for (let i = 0; offset < payload.length; i++) {
    const size = Math.min((sizes[i % sizes.length] ?? 8) * 8, payload.length - offset);
    pieces.push({ offset, bytes: payload.subarray(offset, offset + size), more: offset + size < payload.length });
    offset += size;
  }
  return pieces;
}

function fragment4({ offset, bytes, more }: Piece, to: string, id = 9, dontFragment = false): Uint8Array {
  return ipv4({ from: "10.0.0.2", to, id, offset, more, dontFragment, payload: bytes });
}

function fragment6({ offset, bytes, more }: Piece, to: string, id = 9): Uint8Array {
  return ipv6({ from: "fd00:1::2", to, next: 44, payload: fragmentHeader(17, id, offset, more, bytes) });
}

function sizes(outputs: readonly Output[]): number[] {
  return outputs.map(({ packet }) => packet.length);
}

/** Puts the pieces that came out back together. */
function joined(outputs: readonly Output[]): Uint8Array {
  const pieces = outputs.map(({ packet }) => {
    const isV4 = packet[0]! >> 4 === 4;
    const view = new DataView(packet.buffer, packet.byteOffset);
    const offset = isV4 ? (view.getUint16(6) & 0x1fff) * 8 : view.getUint16(42) & ~7;
    return { offset, bytes: packet.subarray(isV4 ? 20 : 48) };
  });
  const whole = new Uint8Array(Math.max(...pieces.map(({ offset, bytes }) => offset + bytes.length)));
  for (const { offset, bytes } of pieces) whole.set(bytes, offset);
  return whole;
}

const arrival = fc.record({
  length: fc.integer({ min: 1, max: 3000 }),
  sizes: fc.array(fc.integer({ min: 1, max: 150 }), { minLength: 1, maxLength: 6 }),
  order: fc.array(fc.nat(), { minLength: 1, maxLength: 40 }),
});

/** The pieces in an order that the numbers choose. */
function shuffled(pieces: readonly Piece[], order: readonly number[]): Piece[] {
  const left = [...pieces];
  const result: Piece[] = [];
  for (let i = 0; left.length > 0; i++) result.push(...left.splice((order[i % order.length] ?? 0) % left.length, 1));
  return result;
}

describe("fragments", () => {
  it.each([
    ["IPv4", "10.0.0.1", fragment4],
    ["IPv6", "fd00:1::1", fragment6],
  ] as const)("of %s in any order are delivered as the datagram that they were cut from", async (_, to, fragment) => {
    const node = await router();
    let id = 100;
    const property = fc.property(arrival, (plan) => {
      const payload = message(plan.length);
      id += 1;
      const outputs = shuffled(cut(payload, plan.sizes), plan.order).flatMap((piece) =>
        node.send("eth0", fragment(piece, to, id)),
      );
      expect(outputs).toHaveLength(1);
      const { packet } = outputs[0]!;
      expect(packet.subarray(packet.length - payload.length)).toEqual(payload);
      if (packet[0]! >> 4 === 4) expect(checksum(packet.subarray(0, 20))).toBe(0);
    });
    fc.assert(property, { numRuns: 25 });
    expect(node.core.livePackets()).toBe(0);
  });

  it("leave in the pieces in which they came", async () => {
    const node = await router();
    const pieces = cut(message(2000), [100, 50, 75]);
    const outputs = pieces.toReversed().flatMap((piece) => node.send("eth0", fragment4(piece, "10.1.0.5")));
    expect(sizes(outputs)).toEqual(pieces.map(({ bytes }) => bytes.length + 20));
    expect(joined(outputs)).toEqual(message(2000));
  });

  it("of IPv6 leave in the pieces in which they came, under a new identification", async () => {
    const node = await router();
    const pieces = cut(message(2000), [100, 50, 75]);
    const outputs = pieces.flatMap((piece) => node.send("eth0", fragment6(piece, "fd00:2::5")));
    expect(sizes(outputs)).toEqual(pieces.map(({ bytes }) => bytes.length + 48));
    expect(joined(outputs)).toEqual(message(2000));
  });

  it("too large for the way out are cut anew", async () => {
    const node = await router();
    const outputs = cut(message(2800), [185]).flatMap((piece) => node.send("eth0", fragment4(piece, "10.1.0.5")));
    expect(sizes(outputs)).toEqual([1300, 1300, 268]);
    expect(joined(outputs)).toEqual(message(2800));
  });

  it("too large for the way out with DF are refused", async () => {
    const node = await router();
    const outputs = cut(message(2800), [185]).flatMap((piece) =>
      node.send("eth0", fragment4(piece, "10.1.0.5", 9, true)),
    );
    expect(outputs.map(({ device, packet }) => [device, packet[20], packet[21]])).toEqual([["eth0", 3, 4]]);
  });

  it.each([
    ["a duplicate is ignored", [0, 0, 1, 2], 1],
    ["one is missing", [0, 2], 0],
  ])("when %s", async (_, order, count) => {
    const node = await router();
    const pieces = cut(message(300), [14]);
    expect(order.flatMap((i) => node.send("eth0", fragment4(pieces[i]!, "10.0.0.1")))).toHaveLength(count);
  });

  it("that overlap discard the whole datagram", async () => {
    const node = await router();
    const pieces = cut(message(300), [14]);
    const overlap: Piece = { offset: 104, bytes: new Uint8Array(64), more: true };
    const arrivals = [pieces[0]!, overlap, pieces[1]!, pieces[2]!];
    expect(arrivals.flatMap((piece) => node.send("eth0", fragment4(piece, "10.0.0.1")))).toEqual([]);
  });

  it("are given up after 30 seconds, with an error when the first one was for the node itself", async () => {
    const node = await router();
    const [first] = cut(message(300), [14]);
    node.send("eth0", fragment4(first!, "10.0.0.1", 1));
    node.send("eth0", fragment4(first!, "10.1.0.5", 2));
    expect(node.waitUntil(29)).toEqual([]);
    expect(node.waitUntil(31).map(({ device, packet }) => [device, packet[20], packet[21]])).toEqual([["eth0", 11, 1]]);
    expect(node.core.livePackets()).toBe(0);
  });

  it("keep only whole eights of bytes, unless they are the last", async () => {
    const node = await router();
    const [first] = cut(message(300), [14]);
    node.send("eth0", fragment4({ ...first!, bytes: first!.bytes.subarray(0, 19) }, "10.0.0.1"));
    // ICMP header, and the piece with its IP header.
    expect(node.waitUntil(31).map(({ packet }) => packet.length - 20)).toEqual([8 + 20 + 16]);
  });

  it("pass as they are where nothing reassembles, smaller where they must", async () => {
    const node = await Network.create(PLAN);
    const outputs = cut(message(2800), [185]).flatMap((piece) => node.send("eth0", fragment4(piece, "10.1.0.5")));
    expect(sizes(outputs)).toEqual([1300, 220, 1300, 68]);
    expect(joined(outputs)).toEqual(message(2800));
  });
});
