import { describe, expect, it } from "vitest";
import { Emulator, parseNode } from "../../src/index.ts";
import { frameTo } from "../support/frames.ts";
import { MACS, nodeFiles } from "../support/node-files.ts";

const TRACKS = "*filter\n-A FORWARD -m conntrack --ctstate INVALID -j DROP\nCOMMIT\n";
const ROUTES = JSON.stringify([
  { dst: "default", gateway: "10.1.0.9", dev: "eth1" },
  { dst: "10.1.0.0/24", dev: "eth1", protocol: "kernel", scope: "link", prefsrc: "10.1.0.1" },
  { dst: "10.0.0.0/24", dev: "eth0", protocol: "kernel", scope: "link", prefsrc: "10.0.0.1" },
]);

/** Multipliers of the hash where the seed is 1, as assembly/conntrack/tuple-hash.ts has them. */
const MULTIPLY_1 = 0x9e3779b97f4a7c15n;
const MULTIPLY_2 = 0xd6e8feb86659fd93n;
const WORD = 64;
const mask = (value: bigint) => BigInt.asUintN(WORD, value);

/** The number that multiplies back, modulo 2^64 (Newton's iteration). */
function inverse(odd: bigint): bigint {
  let x = odd;
  for (let i = 0; i < 6; i++) x = mask(x * (2n - odd * x));
  return x;
}

/** Undoes `x ^ (x >> bits)`. */
function unshift(value: bigint, bits: bigint): bigint {
  let x = value;
  for (let i = 0; i < 4; i++) x = value ^ (x >> bits);
  return x;
}

/** The one pair of addresses whose UDP flow between these ports has this hash: the hash, backwards. */
function addressesFor(hash: bigint, ports: bigint): bigint {
  let mixed = mask(unshift(hash, 32n) * inverse(MULTIPLY_1));
  mixed = mask(unshift(mixed, 29n) * inverse(MULTIPLY_2));
  mixed ^= (17n << 32n) | ports;
  return mask(unshift(mixed, 32n) * inverse(MULTIPLY_1));
}

const octets = (word: number) => [word & 255, (word >> 8) & 255, (word >> 16) & 255, word >>> 24] as const;
const isOrdinary = ([first]: readonly number[]) => first !== 0 && first !== 10 && first !== 127 && first! < 224;

/** Packets of so many flows that all have one hash with the seed 1. */
function collidingPackets(count: number): string[] {
  const packets: string[] = [];
  for (let port = 1; packets.length < count; port++) {
    const ports = BigInt((port >> 8) | ((port & 255) << 8)) | (53n << 24n);
    const addresses = addressesFor(0x123456789abcdefn, ports);
    const source = octets(Number(addresses & 0xffffffffn));
    const destination = octets(Number(addresses >> 32n));
    if (!isOrdinary(source) || !isOrdinary(destination)) continue;
    packets.push(`udp ${source.join(".")}:${port} > ${destination.join(".")}:53`);
  }
  return packets;
}

/** The node after these packets. */
async function nodeAfter(packets: readonly string[], seed: number | undefined): Promise<Emulator> {
  const files = nodeFiles({
    "iptables.save": TRACKS,
    "route.json": ROUTES,
    "sysctl.txt": "net.ipv4.ip_forward = 1\nnet.ipv4.conf.all.rp_filter = 0\n",
  });
  const emulator = await Emulator.create(parseNode(files), seed === undefined ? {} : { seed });
  for (const packet of packets) emulator.send(frameTo(MACS.eth0, packet), "eth0");
  return emulator;
}

describe("flows made up to fall into one bucket", () => {
  const FLOWS = 2000;
  const packets = collidingPackets(FLOWS);

  it("do so for whom the seed is known to, and are all found all the same", async () => {
    const { core } = await nodeAfter(packets, undefined);
    expect(core.entryCount()).toBe(FLOWS);
    // Ten references a bucket.
    expect(core.longestChain()).toBeGreaterThanOrEqual(FLOWS / 10);
    expect(core.auditConnections()).toBe(0);
  });

  it.each([2, 3, 4, 1_234_567])("do not under another seed (%i)", async (seed) => {
    const { core } = await nodeAfter(packets, seed);
    expect(core.entryCount()).toBe(FLOWS);
    expect(core.longestChain()).toBeLessThanOrEqual(3);
    expect(core.auditConnections()).toBe(0);
  });
});
