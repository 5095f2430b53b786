import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatAddress } from "../../src/config/address.ts";
import { ipv4, ipv6, tcp, udp } from "../support/ip.ts";
import { connections, trackedNetwork } from "../support/tracked.ts";

type Family = 4 | 6;

/** Addresses and what stands for ports: for ICMP the id on both sides, 0 where there is nothing. */
interface Ends {
  readonly from: string;
  readonly to: string;
  readonly source: number;
  readonly destination: number;
}

/** A protocol's question and answer, as packets, and as the listing has their tuples. */
interface Protocol {
  readonly number: (family: Family) => number;
  readonly ask: (ends: Ends, family: Family) => Uint8Array;
  readonly answer: (ends: Ends, family: Family) => Uint8Array;
  /** The words behind the addresses: of the question, or of the answer. */
  readonly words: (ends: Ends, family: Family, isAnswer: boolean) => string;
  /** Which half words of the transport part the two ends are; undefined: none. */
  readonly places?: readonly [source: number, destination: number];
}

const portWords = ({ source, destination }: Ends) => `sport=${source} dport=${destination} `;
const WITH_PORTS = { words: portWords, places: [0, 1] } as const;

function bytesOf(size: number, fill: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(size);
  fill(new DataView(bytes.buffer));
  return bytes;
}

function dccp({ source, destination }: Ends, type: number): Uint8Array {
  return bytesOf(28, (view) => {
    view.setUint16(0, source);
    view.setUint16(2, destination);
    view.setUint8(4, 7);
    view.setUint8(8, (type << 1) | 1);
    view.setUint32(12, 100);
    view.setUint32(20, 100);
  });
}

function sctp({ source, destination }: Ends, tag: number, chunk: number): Uint8Array {
  return bytesOf(32, (view) => {
    view.setUint16(0, source);
    view.setUint16(2, destination);
    view.setUint32(4, tag);
    view.setUint8(12, chunk);
    view.setUint16(14, 20);
    view.setUint32(16, 77);
    view.setUint32(20, 65535);
    view.setUint16(24, 1);
    view.setUint16(26, 1);
  });
}

function udplite({ source, destination }: Ends): Uint8Array {
  return bytesOf(12, (view) => {
    view.setUint16(0, source);
    view.setUint16(2, destination);
    view.setUint16(4, 8);
    view.setUint16(6, 0xabcd);
  });
}

/** A query of ICMP: its type and that of the answer, in both families or in one. */
function icmp(types4: readonly [number, number], types6: readonly [number, number]): Protocol {
  const typeOf = (family: Family, isAnswer: boolean) => (family === 4 ? types4 : types6)[isAnswer ? 1 : 0];
  const message = ({ source }: Ends, type: number) =>
    bytesOf(20, (view) => {
      view.setUint8(0, type);
      view.setUint16(4, source);
      view.setUint16(6, 1);
    });
  return {
    number: (family) => (family === 4 ? 1 : 58),
    ask: (ends, family) => message(ends, typeOf(family, false)),
    answer: (ends, family) => message(ends, typeOf(family, true)),
    words: ({ source }, family, isAnswer) => `type=${typeOf(family, isAnswer)} code=0 id=${source} `,
    places: [2, 2],
  };
}

const NO_PORTS = { words: () => "" } as const;
const PROTOCOLS: Readonly<Record<string, Protocol>> = {
  tcp: {
    number: () => 6,
    ask: ({ source, destination }) => tcp({ from: source, to: destination }),
    answer: ({ source, destination }) => tcp({ from: source, to: destination, flags: 0x12, acknowledge: 1001 }),
    ...WITH_PORTS,
  },
  udp: {
    number: () => 17,
    ask: ({ source, destination }) => udp(source, destination, new Uint8Array(4)),
    answer: ({ source, destination }) => udp(source, destination, new Uint8Array(4)),
    ...WITH_PORTS,
  },
  udplite: { number: () => 136, ask: udplite, answer: udplite, ...WITH_PORTS },
  dccp: { number: () => 33, ask: (ends) => dccp(ends, 0), answer: (ends) => dccp(ends, 1), ...WITH_PORTS },
  sctp: { number: () => 132, ask: (ends) => sctp(ends, 0, 1), answer: (ends) => sctp(ends, 77, 2), ...WITH_PORTS },
  echo: icmp([8, 0], [128, 129]),
  // Node information is the other query of ICMPv6.
  timestamp: icmp([13, 14], [139, 140]),
  information: icmp([15, 16], [139, 140]),
  mask: icmp([17, 18], [139, 140]),
  gre: {
    number: () => 47,
    ask: () => Uint8Array.of(0, 0, 8, 0, 1, 2, 3, 4),
    answer: () => Uint8Array.of(0, 0, 8, 0, 4, 3, 2, 1),
    words: () => "srckey=0x0 dstkey=0x0 ",
  },
  other: { number: () => 99, ask: () => new Uint8Array(20), answer: () => new Uint8Array(20), ...NO_PORTS },
};

/** The ends of what answers these: the tuple's inverse. */
const inverse = ({ from, to, source, destination }: Ends): Ends => ({
  from: to,
  to: from,
  source: destination,
  destination: source,
});

function packetOf(protocol: Protocol, ends: Ends, family: Family, isAnswer: boolean): Uint8Array {
  const { from, to } = ends;
  const payload = isAnswer ? protocol.answer(ends, family) : protocol.ask(ends, family);
  const number = protocol.number(family);
  return family === 4 ? ipv4({ from, to, protocol: number, payload }) : ipv6({ from, to, next: number, payload });
}

/** What a packet's ends are. */
function endsOf(packet: Uint8Array, { places }: Protocol): Ends {
  const family = packet[0]! >> 4;
  const [at, size] = family === 4 ? [12, 4] : [8, 16];
  const transport = new DataView(packet.buffer, packet.byteOffset + (family === 4 ? 20 : 40));
  const word = (place: number | undefined) => (place === undefined ? 0 : transport.getUint16(place * 2));
  return {
    from: formatAddress(packet.subarray(at, at + size)),
    to: formatAddress(packet.subarray(at + size, at + 2 * size)),
    source: word(places?.[0]),
    destination: word(places?.[1]),
  };
}

const address = (family: Family, network: number, host: number) =>
  family === 4 ? `10.${network}.0.${host}` : `fd0${network}::${host.toString(16)}`;

const flow = fc.record({
  family: fc.constantFrom<Family>(4, 6),
  name: fc.constantFrom(...Object.keys(PROTOCOLS)),
  client: fc.integer({ min: 2, max: 9 }),
  server: fc.integer({ min: 11, max: 19 }),
  source: fc.integer({ min: 1, max: 65_535 }),
  destination: fc.integer({ min: 1, max: 65_535 }),
});
type Flow = typeof flow extends fc.Arbitrary<infer Value> ? Value : never;

function endsOfFlow({ family, name, client, server, source, destination }: Flow): Ends {
  const { places } = PROTOCOLS[name]!;
  const isIcmp = places?.[0] === 2;
  return {
    from: address(family, 1, client),
    to: address(family, 2, server),
    source: places ? source : 0,
    destination: isIcmp ? source : places ? destination : 0,
  };
}

/** The words of a tuple in the listing. */
const tupleWords = (protocol: Protocol, ends: Ends, family: Family, isAnswer: boolean) =>
  `src=${ends.from} dst=${ends.to} ${protocol.words(ends, family, isAnswer)}`;

const network = await trackedNetwork({}, { verifyChecksums: false });
let second = 0;

/** Sends a packet, in a time of its own so that nothing of the flows before is left. */
function atRest(): number {
  second += 100_000;
  network.waitUntil(second);
  return second;
}

describe("a tuple", () => {
  it("inverted twice is itself, and inverted is that of the answer, in every protocol", () => {
    fc.assert(
      fc.property(flow, (each) => {
        const { family, name } = each;
        const protocol = PROTOCOLS[name]!;
        const ends = endsOfFlow(each);
        expect(inverse(inverse(ends))).toEqual(ends);
        const now = atRest();
        network.send("eth0", packetOf(protocol, ends, family, false), now);
        const there = tupleWords(protocol, ends, family, false);
        const back = tupleWords(protocol, inverse(ends), family, true);
        const [asked, ...more] = connections(network);
        expect(more).toEqual([]);
        expect(asked).toContain(`${there}packets=1 `);
        expect(asked).toContain(`[UNREPLIED] ${back}packets=0 `);
        network.send("eth1", packetOf(protocol, inverse(ends), family, true), now);
        const [answered, ...others] = connections(network);
        expect(others).toEqual([]);
        expect(answered).toContain(`${back}packets=1 `);
        expect(answered).not.toContain("[UNREPLIED]");
      }),
      { numRuns: 300 },
    );
  });
});

/** Rules of a nat table, with what stands for the family in them. */
const NATS: Readonly<Record<string, readonly string[]>> = {
  "no translation": [],
  SNAT: ["-A POSTROUTING -o eth1 -j SNAT --to-source NET2HOST200"],
  MASQUERADE: ["-A POSTROUTING -o eth1 -j MASQUERADE"],
  DNAT: ["-A PREROUTING -i eth0 -j DNAT --to-destination NET2HOST99"],
  "DNAT and SNAT": [
    "-A PREROUTING -i eth0 -j DNAT --to-destination NET2HOST99",
    "-A POSTROUTING -o eth1 -j SNAT --to-source NET2HOST200-NET2HOST209",
  ],
  NETMAP: ["-A POSTROUTING -o eth1 -j NETMAP --to NET2HOST128/PREFIX"],
};

function rulesFor(family: Family, rules: readonly string[]): string[] {
  return rules.map((rule) =>
    rule
      .replace(/NET2HOST(\d+)/g, (_, host) => address(family, 2, Number(host)))
      .replace("PREFIX", family === 4 ? "28" : "124"),
  );
}

describe.each(Object.entries(NATS))("the answer to a packet under %s", (_, rules) => {
  it("comes back to who asked, from whom it was asked, in every protocol", async () => {
    const translated = await trackedNetwork(
      { 4: rulesFor(4, rules), 6: rulesFor(6, rules) },
      { verifyChecksums: false },
    );
    let now = 0;
    fc.assert(
      fc.property(flow, (each) => {
        const { family, name } = each;
        const protocol = PROTOCOLS[name]!;
        const ends = endsOfFlow(each);
        now += 100_000;
        translated.waitUntil(now);
        const [sent] = translated.send("eth0", packetOf(protocol, ends, family, false), now);
        const answer = inverse(endsOf(sent!.packet, protocol));
        const [came] = translated.send("eth1", packetOf(protocol, answer, family, true), now);
        expect(endsOf(came!.packet, protocol)).toEqual(inverse(ends));
        expect(connections(translated)).toHaveLength(1);
      }),
      { numRuns: 150 },
    );
    expect(translated.core.auditConnections()).toBe(0);
  });
});
