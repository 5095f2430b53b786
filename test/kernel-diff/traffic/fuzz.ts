import { be16, be32, checksum, concat, patch16, pseudoHeader } from "../bytes.ts";
import { type Ends, icmp, icmpProtocol, UDP, udp } from "../packets.ts";
import type { Plan } from "../plan.ts";
import type { Random } from "../random.ts";

const FLOWS = 14;
const DCCP = 33;
const GRE = 47;
const UDPLITE = 136;
const OTHER_PROTOCOLS = [50, 51, 99, 2, 103, 255];

type Maker = (
  random: Random,
  ends: Ends,
  ports: readonly [number, number],
) => readonly [protocol: number, payload: Uint8Array];

const MAKERS: readonly Maker[] = [
  (random) => [GRE, concat(be16(random.pick([0, 0x2000]), 0x800), random.bytes(4))],
  (random) => [GRE, concat(be16(0x3001, random.pick([0x880b, 0x800]), 4, random.pick([7, 9])), new Uint8Array(8))],
  (random) => [GRE, Uint8Array.of(0x30, 1, 0x88).subarray(0, random.below(4))],
  dccp,
  dccp,
  dccp,
  udpLite,
  udpLite,
  (random, ends, [from, to]) => [
    UDP,
    udp(ends, {
      sourcePort: from,
      destinationPort: to,
      data: random.bytes(8),
      length: random.pick([7, 8, 9, 16, 17, 40]),
    }),
  ],
  (random) => [random.pick([6, 17, 132, DCCP, UDPLITE]), random.bytes(random.below(11))],
  (random) => [random.pick(OTHER_PROTOCOLS), random.bytes(12)],
  oddIcmp,
];

/** Protocols that few speak, and headers cut short or wrong, from both sides. */
export function fuzzTraffic(plan: Plan): void {
  const { random } = plan;
  for (let i = 0; i < plan.flows(FLOWS); i++) {
    const client = plan.client(10 + (i % 5));
    const server = plan.server(9);
    for (let k = random.between(1, 9); k > 0; k--) {
      const isReply = random.chance(0.45);
      const ends = isReply ? { from: server, to: client } : { from: client, to: server };
      const ports: readonly [number, number] = isReply ? [5001, 4000 + i] : [4000 + i, 5001];
      const [protocol, payload] = random.pick(MAKERS)(random, ends, ports);
      plan.send(ends, protocol, payload);
    }
  }
}

function dccp(random: Random, ends: Ends, ports: readonly [number, number]): readonly [number, Uint8Array] {
  const isExtended = random.chance(0.85);
  const offset = random.pick([3, 4, 6, 7, 7]);
  const coverage = random.pick([0, 0, 0, 1, 2, 15]);
  const type = random.below(12);
  const header = concat(
    be16(...ports),
    Uint8Array.of(offset, coverage, 0, 0, (type << 1) | Number(isExtended), 0, 0, random.below(3)),
    isExtended ? be32(random.below(3)) : new Uint8Array(0),
    new Uint8Array(random.pick([0, 4, 8, 12, 16])),
  );
  if (random.chance(0.1)) return [DCCP, header];
  return [DCCP, patch16(header, 6, checksum(pseudoHeader(ends.from, ends.to, DCCP, header.length), header))];
}

function udpLite(random: Random, ends: Ends, ports: readonly [number, number]): readonly [number, Uint8Array] {
  const coverage = random.pick([0, 8, 8, 12, 7, 100]);
  const datagram = concat(be16(...ports, coverage, 0), random.bytes(8));
  const covered = coverage === 0 ? datagram : datagram.subarray(0, coverage);
  const sum = checksum(pseudoHeader(ends.from, ends.to, random.pick([UDPLITE, UDP]), datagram.length), covered);
  return [UDPLITE, random.chance(0.1) ? datagram : patch16(datagram, 6, sum)];
}

function oddIcmp(random: Random, ends: Ends): readonly [number, Uint8Array] {
  const types4 = [0, 8, 13, 14, 15, 16, 17, 18, 1, 2, 6, 9, 10, 30, 40];
  const types6 = [128, 129, 130, 133, 136, 137, 138, 139, 140, 141, 143, 150, 255];
  const isIcmp4 = icmpProtocol(ends) === 1;
  const type = random.pick(isIcmp4 ? types4 : types6);
  const code = random.pick(isIcmp4 ? [0, 0, 1] : [0, 1]);
  return [icmpProtocol(ends), icmp(ends, type, code, be16(1, 2), random.bytes(11))];
}
