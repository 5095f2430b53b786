import { be16, be32 } from "../bytes.ts";
import {
  chunk,
  type Ends,
  echo,
  icmp,
  icmpProtocol,
  initValue,
  ip,
  SCTP,
  sctp,
  TCP,
  tcp,
  UDP,
  udp,
} from "../packets.ts";
import type { Plan } from "../plan.ts";

type Kind = readonly [type: number, code: number];

const FLOWS = 10;
const TYPES_4: readonly Kind[] = [
  [3, 0],
  [3, 1],
  [3, 3],
  [3, 4],
  [11, 0],
  [11, 1],
  [12, 0],
  [4, 0],
  [5, 1],
  [5, 0],
  [0, 0],
  [14, 0],
  [19, 0],
  [30, 0],
  [6, 0],
  [9, 0],
  [18, 0],
];
const TYPES_6: readonly Kind[] = [
  [1, 0],
  [1, 4],
  [2, 0],
  [3, 0],
  [4, 1],
  [5, 0],
  [127, 0],
  [135, 0],
  [143, 0],
  [129, 0],
  [138, 0],
  [200, 0],
];

/** Flows of every kind, and messages that quote them rightly, wrongly, cut short, or from the wrong side. */
export function icmpTraffic(plan: Plan): void {
  const { random } = plan;
  if (random.chance(0.5)) {
    const to = plan.isIpv6 ? `[${plan.server(7)}]:8080` : `${plan.server(7)}:8080`;
    plan.rules("nat", `-A PREROUTING -i eth0 -p tcp -m tcp --dport 80 -j DNAT --to-destination ${to}`);
    plan.rules("nat", `-A POSTROUTING -o eth1 -j SNAT --to-source ${plan.node("eth1")}`);
  }
  for (let i = 0; i < plan.flows(FLOWS); i++) {
    const ends = { from: plan.client(10 + i), to: plan.server(9) };
    const [protocol, transport] = firstPacket(plan, ends);
    const question = plan.send(ends, protocol, transport);
    for (let k = random.between(2, 6); k > 0; k--) {
      if (random.chance(0.4)) answerWithError(plan, question);
      else quote(plan, ends, protocol, transport);
    }
  }
}

function firstPacket(plan: Plan, ends: Ends): [protocol: number, transport: Uint8Array] {
  const { random } = plan;
  const sourcePort = plan.freePort();
  switch (random.pick(["tcp", "udp", "udp-no-checksum", "icmp", "sctp", "other"])) {
    case "tcp":
      return [TCP, tcp(ends, { sourcePort, destinationPort: 80, flags: "S", sequence: random.word() })];
    case "udp":
      return [UDP, udp(ends, { sourcePort, destinationPort: 53, data: random.bytes(5) })];
    case "udp-no-checksum":
      return [
        UDP,
        udp(ends, { sourcePort, destinationPort: 53, data: random.bytes(5), checksum: plan.isIpv6 ? "right" : "none" }),
      ];
    case "icmp":
      return [icmpProtocol(ends), echo(ends, sourcePort, 1)];
    case "sctp":
      return [SCTP, sctp(sourcePort, 80, 0, [chunk(1, 0, initValue(9))])];
    default:
      return [99, random.bytes(8)];
  }
}

/** An error about what the question became behind the node. */
export function answerWithError(plan: Plan, question: number): void {
  const { random } = plan;
  const [type, code] = random.pick(plan.isIpv6 ? TYPES_6.slice(0, 5) : TYPES_4.slice(0, 10));
  plan.answer(question, {
    kind: "icmp-error",
    type,
    code,
    ...(random.chance(0.5) ? { from: plan.server(200) } : {}),
    ...(random.chance(0.4) ? { quote: random.pick([28, 48, 60, 68, 100, 300]) } : {}),
    ...((type === 3 && code === 4) || (type === 2 && plan.isIpv6) ? { mtu: 1280 } : {}),
  });
}

/** A message about what the client sent, or about an answer to it, made without knowing what the node did. */
function quote(plan: Plan, { from, to }: Ends, protocol: number, transport: Uint8Array): void {
  const { random } = plan;
  const isAboutAnswer = random.chance(0.25);
  const hasPorts = protocol === TCP || protocol === UDP || protocol === SCTP;
  const quoted = isAboutAnswer
    ? ip({ from: to, to: from }, protocol, hasPorts ? swapPorts(transport) : transport)
    : ip({ from, to }, protocol, transport);
  const header = plan.isIpv6 ? 40 : 20;
  const cut = random.pick([quoted.length, quoted.length, header + 8, header + 4, header + 3, header, 10]);
  const router = isAboutAnswer ? plan.client(200) : plan.server(200);
  const ends = {
    from: random.chance(0.2) ? (isAboutAnswer ? from : to) : router,
    to: random.chance(0.15) ? plan.client(201) : isAboutAnswer ? to : from,
  };
  const [type, code] = random.pick(plan.isIpv6 ? TYPES_6 : TYPES_4);
  const rest = plan.isIpv6 ? be32(type === 2 ? 1280 : 0) : be16(0, code === 4 ? 1400 : 0);
  plan.send(ends, icmpProtocol(ends), icmp(ends, type, code, rest, quoted.subarray(0, cut), random.chance(0.1)));
}

function swapPorts(transport: Uint8Array): Uint8Array {
  const swapped = transport.slice();
  swapped.set(transport.subarray(2, 4), 0);
  swapped.set(transport.subarray(0, 2), 2);
  return swapped;
}
