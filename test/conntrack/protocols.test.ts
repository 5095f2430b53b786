import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checksum, ipv4, ipv6 } from "../support/ip.ts";
import { connections, trackedNetwork } from "../support/tracked.ts";

const ICMP = 1;
const GRE = 47;
const ICMPV6 = 58;
const ENDS_4 = { from: "10.1.0.2", to: "10.2.0.9" };
const ENDS_6 = { from: "fd01::2", to: "fd02::9" };

/** An ICMP message with an id; its checksum is right over the message alone, as IPv4 has it. */
function icmp(type: number, code: number, id: number): Uint8Array {
  const message = Uint8Array.from([type, code, 0, 0, id >> 8, id & 255, 0, 1]);
  new DataView(message.buffer).setUint16(2, checksum(message));
  return message;
}

/** What the table says of a lone packet, without times and counters. */
async function tracked(packet: Uint8Array): Promise<string[]> {
  const network = await trackedNetwork({}, { verifyChecksums: false });
  network.send("eth0", packet);
  return connections(network).map((line) =>
    line.replace(/^\S+ +\d+ (\S+) +(\d+) \d+ /, "$1 $2 ").replace(/packets=\d+ bytes=\d+ /g, ""),
  );
}

describe("ICMP queries", () => {
  const pairs = new Map([
    [8, 0],
    [13, 14],
    [15, 16],
    [17, 18],
  ]);

  it("open a connection whose answer has the counterpart's type and the same id; nothing else does", () =>
    fc.assert(
      fc.asyncProperty(fc.nat(255), fc.nat(255), fc.nat(65535), async (type, code, id) => {
        const answer = pairs.get(type);
        const { from, to } = ENDS_4;
        expect(await tracked(ipv4({ from, to, protocol: ICMP, payload: icmp(type, code, id) }))).toEqual(
          answer === undefined
            ? []
            : [
                `icmp 1 src=${from} dst=${to} type=${type} code=${code} id=${id} [UNREPLIED] ` +
                  `src=${to} dst=${from} type=${answer} code=${code} id=${id} mark=0 use=1`,
              ],
        );
      }),
      { numRuns: 60, examples: [...pairs.keys()].map((type): [number, number, number] => [type, 0, 77]) },
    ));

  it.each([
    { what: "an echo request", type: 128, answer: 129 },
    { what: "a node information query", type: 139, answer: 140 },
    { what: "an echo reply", type: 129, answer: undefined },
    { what: "a neighbour solicitation", type: 135, answer: undefined },
  ])("over IPv6: $what", async ({ type, answer }) => {
    const { from, to } = ENDS_6;
    const lines = await tracked(ipv6({ from, to, next: ICMPV6, payload: icmp(type, 0, 5) }));
    expect(lines.map((line) => /\[UNREPLIED\] .* type=(\d+)/.exec(line)?.[1])).toEqual(
      answer === undefined ? [] : [`${answer}`],
    );
  });
});

describe("other protocols", () => {
  it("GRE is known by its call id in version 1, by addresses alone in version 0", async () => {
    const keyed = Uint8Array.from([0x30, 0x01, 0x88, 0x0b, 0, 4, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0]);
    const plain = Uint8Array.from([0, 0, 8, 0, 1, 2, 3, 4]);
    const other = Uint8Array.from([0x30, 0x01, 0x08, 0x00, 0, 4, 0, 9]);
    const lines = async (payload: Uint8Array) => await tracked(ipv4({ ...ENDS_4, protocol: GRE, payload }));
    expect(await lines(keyed)).toEqual([
      "gre 47 src=10.1.0.2 dst=10.2.0.9 srckey=0x0 dstkey=0x9 [UNREPLIED] src=10.2.0.9 dst=10.1.0.2 srckey=0x9 dstkey=0x0 mark=0 use=1",
    ]);
    expect(await lines(plain)).toEqual([
      "gre 47 src=10.1.0.2 dst=10.2.0.9 srckey=0x0 dstkey=0x0 [UNREPLIED] src=10.2.0.9 dst=10.1.0.2 srckey=0x0 dstkey=0x0 mark=0 use=1",
    ]);
    expect(await lines(other)).toEqual([]);
  });

  it("an IPv6 header chain may end in a header that reaches beyond the packet", async () => {
    // Hop-by-hop options of eight bytes, of which seven are there; protocol 186 follows.
    const payload = Uint8Array.from([186, 0, 1, 4, 0, 0, 0]);
    expect(await tracked(ipv6({ ...ENDS_6, next: 0, payload }))).toEqual([]);
    const options = Uint8Array.from([60, 0, 1, 4, 0, 0, 0, 0, ...payload]);
    expect(await tracked(ipv6({ ...ENDS_6, next: 60, payload: options }))).toEqual([
      "unknown 186 src=fd01::2 dst=fd02::9 [UNREPLIED] src=fd02::9 dst=fd01::2 mark=0 use=1",
    ]);
  });
});
