import { be32, concat } from "../bytes.ts";
import {
  chunk,
  DCCP,
  type DccpType,
  dccp,
  type Ends,
  echo,
  icmpProtocol,
  initValue,
  ip,
  SCTP,
  sctp,
  TCP,
  UDP,
  udp,
} from "../packets.ts";
import type { Plan } from "../plan.ts";
import { answerWithError } from "./icmp.ts";

const EVENTS = 40;
const BUCKETS = 262144;
const UNTRACKED_PORT = 9999;

/** Tables without room, and ports that run out. */
export function exhaustionTraffic(plan: Plan): void {
  if (plan.random.chance(0.5)) fullTable(plan);
  else scarcePorts(plan);
}

/** A connection that is ASSURED, and what its ends may say about its end. */
interface Assured {
  readonly protocol: number;
  readonly ends: Ends;
  readonly ports: readonly [number, number];
}

/**
 * A table full of ASSURED connections, of which the kernel ends none. Others make room if their random hashes are near the
 * newcomer's: with so many buckets they hardly are. It has less than a hundred places: the collector leaves such a table alone.
 */
function fullTable(plan: Plan): void {
  const { random } = plan;
  const places = random.between(8, 30);
  plan.sysctl("max", places);
  plan.guestSetting("net.netfilter.nf_conntrack_buckets", BUCKETS);
  plan.rules("raw", `-A PREROUTING -p udp -m udp --dport ${UNTRACKED_PORT} -j CT --notrack`);
  const connections = Array.from({ length: places }, (_, i) => open(plan, i));
  for (let i = plan.flows(EVENTS); i > 0; i--) {
    const connection = random.pick(connections);
    switch (random.below(4)) {
      case 0:
        newcomer(plan);
        break;
      case 1:
        reopen(plan, connection);
        break;
      default:
        goOn(plan, connection);
    }
  }
}

function open(plan: Plan, number: number): Assured {
  const { random } = plan;
  const ends = { from: plan.client(10 + (number % 5)), to: plan.server(9) };
  const connection: Assured = { protocol: random.pick([TCP, TCP, SCTP, DCCP]), ends, ports: [plan.freePort(), 80] };
  if (connection.protocol === TCP) {
    for (const [side, flags] of [
      [0, "S"],
      [1, "SA"],
      [0, "A"],
    ] as const)
      segment(plan, connection, side, flags);
  } else if (connection.protocol === SCTP) {
    chunks(plan, connection, 0, chunk(1, 0, initValue(2)), 0);
    chunks(plan, connection, 1, chunk(2, 0, initValue(1)), 2);
    chunks(plan, connection, 0, chunk(10, 0, Uint8Array.of(1, 2, 3, 4)), 1);
    chunks(plan, connection, 1, chunk(11), 2);
  } else {
    for (const [side, type] of [
      [0, "request"],
      [1, "response"],
      [0, "ack"],
      [1, "dataack"],
    ] as const)
      datagram(plan, connection, side, type);
  }
  return connection;
}

function sideOf({ ends, ports }: Assured, side: 0 | 1): { ends: Ends; ports: readonly [number, number] } {
  return side === 0 ? { ends, ports } : { ends: { from: ends.to, to: ends.from }, ports: [ports[1], ports[0]] };
}

function segment(plan: Plan, connection: Assured, side: 0 | 1, flags: string): void {
  const { ends, ports } = sideOf(connection, side);
  const isFirst = flags.includes("S");
  const next = [1000, 5000].map((start) => start + Number(!isFirst)) as [number, number];
  plan.tcp(ends, {
    sourcePort: ports[0],
    destinationPort: ports[1],
    flags,
    sequence: next[side],
    acknowledge: flags.includes("A") ? [5001, 1001][side] : 0,
  });
}

/** @param tag that the receiver chose. */
function chunks(plan: Plan, connection: Assured, side: 0 | 1, one: Uint8Array, tag: number): void {
  const { ends, ports } = sideOf(connection, side);
  plan.send(ends, SCTP, sctp(ports[0], ports[1], tag, [one]));
}

function datagram(plan: Plan, connection: Assured, side: 0 | 1, type: DccpType): void {
  const { ends, ports } = sideOf(connection, side);
  plan.send(ends, DCCP, dccp(ends, ports, type, 10 + side, 11 - side));
}

/** More of a connection: data, or a step on the way to its end. */
function goOn(plan: Plan, connection: Assured): void {
  const { random } = plan;
  const side = random.pick([0, 1] as const);
  if (connection.protocol === TCP) segment(plan, connection, side, random.pick(["A", "A", "FA", "FA", "R", "RA"]));
  else if (connection.protocol === SCTP) {
    const [type, value] = random.pick([
      [4, 4],
      [7, 4],
      [8, 0],
      [14, 0],
      [6, 0],
      [0, 12],
    ] as const);
    chunks(plan, connection, side, chunk(type, type === 0 ? 3 : 0, new Uint8Array(value)), side === 0 ? 1 : 2);
  } else {
    datagram(plan, connection, side, random.pick(["data", "ack", "dataack", "closereq", "close", "reset"] as const));
  }
}

function reopen(plan: Plan, connection: Assured): void {
  if (connection.protocol === TCP) {
    const { ends, ports } = sideOf(connection, plan.random.chance(0.8) ? 0 : 1);
    plan.tcp(ends, { sourcePort: ports[0], destinationPort: ports[1], flags: "S", sequence: 70000 });
  } else if (connection.protocol === SCTP) chunks(plan, connection, 0, chunk(1, 0, initValue(2)), 0);
  else datagram(plan, connection, 0, "request");
}

/** A connection that the table has no room for, or a packet that needs none. */
function newcomer(plan: Plan): void {
  const { random } = plan;
  const ends = { from: plan.client(10 + random.below(5)), to: plan.server(9) };
  const ports = { sourcePort: plan.freePort(), destinationPort: 80 };
  const question = udp(ends, { ...ports, data: random.bytes(4) });
  switch (random.below(7)) {
    case 0:
      plan.tcp(ends, { ...ports, flags: random.pick(["S", "A", "R"]), sequence: 9 });
      break;
    case 1:
      plan.send(ends, UDP, question);
      break;
    case 2:
      plan.send(ends, icmpProtocol(ends), echo(ends, ports.sourcePort, 1));
      break;
    case 3:
      plan.send(ends, SCTP, sctp(ports.sourcePort, 80, 0, [chunk(1, 0, initValue(9))]));
      break;
    case 4: {
      const own = { from: plan.node("eth1"), to: plan.server(9) };
      plan.local(ip(own, UDP, udp(own, { ...ports, data: concat(be32(1)) })));
      break;
    }
    case 5:
      plan.send(ends, UDP, udp(ends, { ...ports, destinationPort: UNTRACKED_PORT, data: random.bytes(4) }));
      break;
    default:
      answerWithError(plan, plan.send(ends, UDP, question));
  }
}

/**
 * Fewer ports than connections: some find one, others are dropped. Which port one finds is chance, so nobody answers; some
 * try again.
 */
function scarcePorts(plan: Plan): void {
  const { random } = plan;
  plan.mask("snat-port");
  const bracketed = plan.isIpv6 ? `[${plan.server(100)}]` : plan.server(100);
  const last = random.pick([5000, 5001, 5003, 5007]);
  const ways = [
    `SNAT --to-source ${bracketed}:5000-${last}`,
    `MASQUERADE --to-ports 5000-${last}`,
    `SNAT --to-source ${plan.server(100)}`,
  ];
  for (const protocol of ["tcp", "udp"])
    plan.rules("nat", `-A POSTROUTING -o eth1 -p ${protocol} -j ${random.pick(ways)}`);
  const service = plan.isIpv6 ? `[${plan.server(9)}]:80` : `${plan.server(9)}:80`;
  plan.rules(
    "nat",
    `-A PREROUTING -d ${plan.virtual(10)} -p tcp -m tcp --dport 80 -j DNAT --to-destination ${service}`,
  );
  const targets = [plan.server(8), plan.server(9), plan.virtual(10)];
  for (let i = plan.flows(EVENTS); i > 0; i--) {
    const ends = { from: plan.client(10 + random.below(6)), to: random.pick(targets) };
    const sourcePort = random.pick([5000, 5001, 5002, 6000, 6001, plan.freePort()]);
    if (random.chance(0.6)) {
      plan.tcp(ends, { sourcePort, destinationPort: 80, flags: "S", sequence: 999 });
    } else if (ends.to !== plan.virtual(10)) {
      plan.send(ends, UDP, udp(ends, { sourcePort, destinationPort: 80, data: random.bytes(3) }));
    }
    if (random.chance(0.2)) plan.repeat();
  }
}
