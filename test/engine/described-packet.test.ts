import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatAddress } from "../../src/config/address.ts";
import { buildPacket } from "../../src/engine/build-packet.ts";
import { parseDescription } from "../../src/engine/described-packet.ts";
import { endpoint, readHeaders } from "../../src/trace/headers.ts";

const port = fc.integer({ min: 0, max: 0xffff });
const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 }).map(formatAddress);
const ipv6 = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => `[${formatAddress(bytes)}]`);
const pair = fc.oneof(fc.tuple(ipv4, ipv4), fc.tuple(ipv6, ipv6));

function internetSum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i]! << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

describe("a packet in words", () => {
  it("becomes a packet that says the same, with right checksums", () => {
    fc.assert(
      fc.property(fc.constantFrom("tcp", "udp"), pair, port, port, (protocol, [from, to], sourcePort, toPort) => {
        const bytes = buildPacket(parseDescription(`${protocol} ${from}:${sourcePort} > ${to}:${toPort}`));
        const headers = readHeaders(bytes)!;
        expect(headers.protocol.toLowerCase()).toBe(protocol);
        expect(endpoint(headers, "source")).toBe(`${from}:${sourcePort}`);
        expect(endpoint(headers, "destination")).toBe(`${to}:${toPort}`);
        const isIpv4 = headers.family === 4;
        const header = isIpv4 ? 20 : 40;
        if (isIpv4) expect(internetSum(bytes.subarray(0, header))).toBe(0xffff);
        const addresses = bytes.subarray(isIpv4 ? 12 : 8, header);
        const pseudo = Uint8Array.from([...addresses, 0, protocol === "tcp" ? 6 : 17, 0, bytes.length - header]);
        expect(internetSum(Uint8Array.from([...pseudo, ...bytes.subarray(header)]))).toBe(0xffff);
      }),
    );
  });

  it.each([
    ["tcp 10.0.0.1:1 > 10.0.0.2:2 SA", "S."],
    ["tcp 10.0.0.1:1 > 10.0.0.2:2 F.", "F."],
    ["tcp 10.0.0.1:1 > 10.0.0.2:2", "S"],
  ])("has flags: %s", (words, flags) => {
    expect(readHeaders(buildPacket(parseDescription(words)))!.flags).toBe(flags);
  });

  it.each([
    "tcp 10.0.0.1 > 10.0.0.2:2",
    "tcp 10.0.0.1:1 > [fd00::1]:2",
    "udp 10.0.0.1:99999 > 10.0.0.2:2",
    "sctp 10.0.0.1:1 > 10.0.0.2:2",
    "icmp 10.0.0.1 > nowhere",
  ])("is refused with what was expected: %s", (words) => {
    expect(() => parseDescription(words)).toThrow(/does not describe a packet: expected/);
  });
});
