import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatAddress, parseAddress } from "../../src/config/address.ts";
import { checksum, ipv4, ipv6 } from "../support/ip.ts";
import { connections, trackedNetwork } from "../support/tracked.ts";

const TCP = 6;
const UDP = 17;
const RULES = {
  4: [
    "-A PREROUTING -i eth0 -p tcp -j DNAT --to-destination 10.2.0.9:8080",
    "-A PREROUTING -i eth0 -p udp -j DNAT --to-destination 10.2.0.9:8080",
    "-A POSTROUTING -o eth1 -j SNAT --to-source 10.2.0.77",
  ],
  6: [
    "-A PREROUTING -i eth0 -p tcp -j DNAT --to-destination [fd02::9]:8080",
    "-A PREROUTING -i eth0 -p udp -j DNAT --to-destination [fd02::9]:8080",
    "-A POSTROUTING -o eth1 -j SNAT --to-source fd02::77",
  ],
} as const;

interface Segment {
  readonly family: 4 | 6;
  readonly protocol: number;
  readonly from: string;
  readonly to: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly data: Uint8Array;
}

/** A TCP SYN or a UDP datagram with a right checksum. */
function segment({ family, protocol, from, to, sourcePort, destinationPort, data }: Segment): Uint8Array {
  const header = protocol === TCP ? 20 : 8;
  const payload = new Uint8Array(header + data.length);
  const view = new DataView(payload.buffer);
  view.setUint16(0, sourcePort);
  view.setUint16(2, destinationPort);
  if (protocol === TCP) {
    view.setUint32(4, 1000);
    view.setUint8(12, 0x50);
    view.setUint8(13, 2);
    view.setUint16(14, 64240);
  } else {
    view.setUint16(4, payload.length);
  }
  payload.set(data, header);
  const at = protocol === TCP ? 16 : 6;
  const sum = checksum(withPseudoHeader(parseAddress(from)!, parseAddress(to)!, protocol, payload));
  view.setUint16(at, protocol === UDP && sum === 0 ? 0xffff : sum);
  return family === 4 ? ipv4({ from, to, protocol, payload }) : ipv6({ from, to, next: protocol, payload });
}

function withPseudoHeader(from: Uint8Array, to: Uint8Array, protocol: number, payload: Uint8Array): Uint8Array {
  return Uint8Array.from([...from, ...to, 0, protocol, payload.length >> 8, payload.length & 255, ...payload]);
}

/** Addresses and ports of a packet, and whether all its checksums are right. */
function describePacket(packet: Uint8Array): { ends: string; right: boolean } {
  const isV4 = packet[0]! >> 4 === 4;
  const protocol = packet[isV4 ? 9 : 6]!;
  const from = isV4 ? packet.subarray(12, 16) : packet.subarray(8, 24);
  const to = isV4 ? packet.subarray(16, 20) : packet.subarray(24, 40);
  const payload = packet.subarray(isV4 ? 20 : 40);
  const port = (at: number) => (payload[at]! << 8) | payload[at + 1]!;
  const headerRight = !isV4 || checksum(packet.subarray(0, 20)) === 0;
  return {
    ends: `${formatAddress(from)} ${port(0)} > ${formatAddress(to)} ${port(2)}`,
    right: headerRight && checksum(withPseudoHeader(from, to, protocol, payload)) === 0,
  };
}

const anySegment: fc.Arbitrary<Segment> = fc
  .record({
    family: fc.constantFrom(4 as const, 6 as const),
    protocol: fc.constantFrom(TCP, UDP),
    client: fc.integer({ min: 2, max: 9 }),
    server: fc.integer({ min: 1, max: 254 }),
    sourcePort: fc.integer({ min: 1024, max: 65535 }),
    destinationPort: fc.integer({ min: 1, max: 65535 }),
    data: fc.uint8Array({ maxLength: 40 }),
  })
  .map(({ client, server, ...rest }) => ({
    ...rest,
    from: rest.family === 4 ? `10.1.0.${client}` : `fd01::${client}`,
    to: rest.family === 4 ? `192.0.2.${server}` : `2001:db8::${server}`,
  }));

describe("a translated packet", () => {
  it("has right checksums, and its answer is translated back", async () => {
    const network = await trackedNetwork(RULES);
    let second = 0;
    fc.assert(
      fc.property(anySegment, (sent) => {
        // Connections are long over by the next one, so that none has to give way to another.
        second += 1000;
        const there = network.send("eth0", segment(sent), second);
        const server = sent.family === 4 ? "10.2.0.9" : "fd02::9";
        const node = sent.family === 4 ? "10.2.0.77" : "fd02::77";
        expect(there.map(({ device, packet }) => ({ device, ...describePacket(packet) }))).toEqual([
          { device: "eth1", ends: `${node} ${sent.sourcePort} > ${server} 8080`, right: true },
        ]);
        const answer = { ...sent, from: server, to: node, sourcePort: 8080, destinationPort: sent.sourcePort };
        const back = network.send("eth1", segment({ ...answer, protocol: UDP }), second);
        if (sent.protocol !== UDP) return;
        expect(back.map(({ device, packet }) => ({ device, ...describePacket(packet) }))).toEqual([
          { device: "eth0", ends: `${sent.to} ${sent.destinationPort} > ${sent.from} ${sent.sourcePort}`, right: true },
        ]);
      }),
      { numRuns: 200 },
    );
  });
});

describe("source NAT", () => {
  it("keeps the port where it is free, and else stays within the port's class", async () => {
    const network = await trackedNetwork({ 4: ["-A POSTROUTING -o eth1 -j MASQUERADE"] });
    const send = (client: number, sourcePort: number) => {
      const from = `10.1.0.${client}`;
      const data = new Uint8Array(0);
      const udp = { family: 4, protocol: UDP, from, to: "10.2.0.9", sourcePort, destinationPort: 53, data } as const;
      return describePacket(network.send("eth0", segment(udp), 1)[0]!.packet).ends;
    };
    expect(send(2, 5000)).toBe("10.2.0.1 5000 > 10.2.0.9 53");
    expect(send(2, 100)).toBe("10.2.0.1 100 > 10.2.0.9 53");
    expect(send(2, 700)).toBe("10.2.0.1 700 > 10.2.0.9 53");
    const portOf = (ends: string) => Number(/^10\.2\.0\.1 (\d+) > 10\.2\.0\.9 53$/.exec(ends)![1]);
    expect(portOf(send(3, 5000))).toSatisfy((port: number) => port >= 1024 && port !== 5000);
    expect(portOf(send(3, 100))).toSatisfy((port: number) => port < 512 && port !== 100);
    expect(portOf(send(3, 700))).toSatisfy((port: number) => port >= 600 && port < 1024 && port !== 700);
    expect(connections(network)).toHaveLength(6);
  });

  it("gives a client's port the same port towards every server", async () => {
    const rules = ["-A POSTROUTING -o eth1 -p udp -j SNAT --to-source 10.2.0.70-10.2.0.79:3000-3999"];
    const network = await trackedNetwork({ 4: rules });
    const seen = new Set<string>();
    for (let server = 2; server < 10; server++) {
      const to = `10.2.0.${server}`;
      const from = "10.1.0.2";
      const data = new Uint8Array(0);
      const udp = { family: 4, protocol: UDP, from, to, sourcePort: 5000, destinationPort: 53, data } as const;
      seen.add(describePacket(network.send("eth0", segment(udp), 1)[0]!.packet).ends.split(" > ")[0]!);
    }
    expect(seen.size).toBe(1);
  });
});
