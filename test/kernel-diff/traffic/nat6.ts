import { be16 } from "../bytes.ts";
import { chunk, type Ends, echo, initValue, ip, SCTP, sctp, TCP, tcp, UDP, udp } from "../packets.ts";
import type { Plan } from "../plan.ts";
import { answerWithError } from "./icmp.ts";
import { talk } from "./nat.ts";

const FLOWS = 22;
const ICMPV6 = 58;
const OTHER_PROTOCOL = 99;
/** Hosts of a prefix that NETMAP maps as a whole: servers 0x80 to 0x8f stand for 0x90 to 0x9f. */
const MAPPED = 0x80;
const PORTS = [80, 8080, 53, 443];

/**
 * IPv6 through every NAT target, hooks and origins mixed: flows through the node, back to where they came from, to the node and
 * from it, with answers, errors by routers, and hop limits that end at the node. Source ports never clash.
 */
export function nat6Traffic(plan: Plan): void {
  const { random } = plan;
  const vip = plan.virtual(10);
  // Every address that may come out has a neighbour: what is not translated back goes there too.
  for (let host = 5; host <= 20; host++) plan.server(host);
  for (let host = 100; host <= 117; host++) plan.server(host);
  for (let host = 1; host < 0x20; host++) plan.server(MAPPED + host);
  rules(plan, vip);
  const targets = [vip, vip, plan.server(9), plan.server(MAPPED + 3), plan.server(MAPPED + 12), plan.server(5)];
  for (let i = 0; i < plan.flows(FLOWS); i++) {
    const own = [plan.node("eth0"), plan.node("eth1")];
    const from = random.chance(0.15) ? plan.server(5) : plan.client(10 + random.below(4));
    const to = random.pick(random.chance(0.15) ? own : targets);
    flow(plan, { from, to }, to === vip || own.includes(to));
    if (random.chance(0.1)) fromNode(plan, random.pick([...targets, ...own]));
    if (random.chance(0.02)) plan.wait(random.pick([0.1, 2.4]));
  }
}

function rules(plan: Plan, vip: string): void {
  const { random } = plan;
  const at = (host: number, port: number | string) => `[${plan.server(host)}]:${port}`;
  for (const protocol of ["tcp", "udp"]) {
    const of = `-p ${protocol} -m ${protocol}`;
    const inward = [
      `-d ${vip} ${of} --dport 80 -j DNAT --to-destination ${at(5, 8080)}`,
      `-d ${vip} -p ${protocol} -j DNAT --to-destination ${plan.server(5)}-${plan.server(8)}`,
      `-d ${vip} -p ${protocol} -j DNAT --to-destination ${plan.server(5)}-${plan.server(20)} --persistent`,
      `${of} --dport 80 -j REDIRECT --to-ports 8080`,
      `${of} --dport 8000:8100 -j REDIRECT`,
      // Only to where what comes back passes the node: to the side that it came from.
      `-i eth0 -d ${vip} ${of} --dport 53 -j DNAT --to-destination [${plan.client(20)}]:5353`,
    ];
    for (let i = random.between(1, 3); i > 0; i--) plan.rules("nat", `-A PREROUTING ${random.pick(inward)}`);
    if (random.chance(0.7)) {
      const to = random.pick([`DNAT --to-destination ${at(6, 81)}`, "REDIRECT --to-ports 81"]);
      plan.rules("nat", `-A OUTPUT ${of} --dport 80 -j ${to}`);
    }
  }
  const prefix = (host: number) => `${plan.server(host)}/124`;
  if (random.chance(0.6)) plan.rules("nat", `-A PREROUTING -d ${prefix(MAPPED)} -j NETMAP --to ${prefix(0x90)}`);
  if (random.chance(0.2)) plan.rules("nat", `-A OUTPUT -d ${prefix(MAPPED)} -j NETMAP --to ${prefix(0x90)}`);
  if (random.chance(0.3)) plan.rules("nat", `-A POSTROUTING -s fd00:1::/124 -o eth1 -j NETMAP --to ${prefix(0x90)}`);
  if (random.chance(0.5)) plan.rules("nat", "-A POSTROUTING -s fd00:1::/64 -o eth0 -j MASQUERADE");
  const range = (last: number) => `${plan.server(100)}-${plan.server(last)}`;
  const outward = [
    "-o eth1 -j MASQUERADE",
    `-o eth1 -j SNAT --to-source ${range(107)}`,
    `-o eth1 -j SNAT --to-source ${range(117)} --persistent`,
    `-s ${plan.client(11)} -o eth1 -j SNAT --to-source ${plan.server(100)}`,
    `-d ${plan.server(5)} -j SNAT --to-source ${plan.node("eth1")}`,
  ];
  if (random.chance(0.85)) plan.rules("nat", `-A POSTROUTING ${random.pick(outward)}`);
  if (random.chance(0.3)) plan.rules("nat", `-A INPUT -p udp -j SNAT --to-source ${plan.client(99)}`);
}

/** @param mayBeOwn the node itself may get it: nobody there listens to every protocol. */
function flow(plan: Plan, ends: Ends, mayBeOwn: boolean): void {
  const { random } = plan;
  const sourcePort = plan.freePort();
  const destinationPort = random.pick(PORTS);
  // The node ends some of them itself.
  const fields = random.chance(0.1) ? { ttl: random.pick([1, 1, 2]) } : {};
  switch (random.pick(["tcp", "tcp", "udp", "udp", "echo", ...(mayBeOwn ? [] : ["sctp", "other"])])) {
    case "tcp": {
      const segment = tcp(ends, { sourcePort, destinationPort, flags: "S", sequence: 999 });
      const syn = plan.send(ends, TCP, segment, fields);
      if (!mayBeOwn || random.chance(0.5)) talk(plan, syn);
      if (random.chance(0.3))
        plan.tcp(ends, { sourcePort, destinationPort, flags: "A", sequence: 1000, acknowledge: 5001 });
      return;
    }
    case "udp": {
      const question = plan.send(ends, UDP, udp(ends, { sourcePort, destinationPort, data: random.bytes(9) }), fields);
      if (random.chance(0.7)) plan.answer(question, { kind: "udp", payload: "616263" });
      if (random.chance(0.3)) plan.send(ends, UDP, udp(ends, { sourcePort, destinationPort, data: random.bytes(5) }));
      if (random.chance(0.3) && !mayBeOwn) answerWithError(plan, question);
      return;
    }
    case "echo": {
      const question = plan.send(ends, ICMPV6, echo(ends, sourcePort, 1), fields);
      if (random.chance(0.6)) plan.answer(question, { kind: "echo" });
      if (random.chance(0.2) && !mayBeOwn) answerWithError(plan, question);
      return;
    }
    case "sctp":
      plan.send(ends, SCTP, sctp(sourcePort, 80, 0, [chunk(1, 0, initValue(9))]), fields);
      return;
    default:
      plan.send(ends, OTHER_PROTOCOL, be16(1, 2, 3, sourcePort), fields);
  }
}

function fromNode(plan: Plan, to: string): void {
  const { random } = plan;
  const ends = { from: plan.node("eth1"), to };
  const ports = { sourcePort: plan.freePort(), destinationPort: random.pick([80, 53]) };
  if (random.chance(0.5)) plan.local(ip(ends, UDP, udp(ends, { ...ports, data: Uint8Array.of(1, 2, 3) })));
  else plan.local(ip(ends, TCP, tcp(ends, { ...ports, flags: "S" })));
}
