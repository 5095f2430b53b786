import { be16 } from "../bytes.ts";
import { chunk, echo, icmpProtocol, initValue, ip, SCTP, sctp, TCP, tcp, UDP, udp } from "../packets.ts";
import type { Plan } from "../plan.ts";
import { answerWithError } from "./icmp.ts";

const FLOWS = 16;

/** Flows through a random nat table, talked over by both ends, with errors about them. Source ports never clash. */
export function natTraffic(plan: Plan): void {
  const { random } = plan;
  const vip = plan.server(77);
  natRules(plan, vip);
  for (let i = 0; i < plan.flows(FLOWS); i++) {
    const from = plan.client(10 + random.below(4));
    const targets = [plan.server(9), vip, vip, plan.server(78), plan.node("eth0"), plan.node("eth1"), plan.server(5)];
    const ends = { from, to: random.pick(targets) };
    const isOwn = ends.to === plan.node("eth0") || ends.to === plan.node("eth1");
    const sourcePort = plan.freePort();
    const kind = random.pick(["tcp", "tcp", "udp", "udp", "echo", "sctp", "other", "local"]);
    if (kind === "tcp")
      talk(plan, plan.tcp(ends, { sourcePort, destinationPort: random.pick([80, 8080]), flags: "S", sequence: 999 }));
    if (kind === "udp") {
      const question = plan.send(
        ends,
        UDP,
        udp(ends, { sourcePort, destinationPort: random.pick([80, 53]), data: random.bytes(9) }),
      );
      if (random.chance(0.7)) plan.answer(question, { kind: "udp", payload: "616263" });
      if (random.chance(0.3) && !isOwn) answerWithError(plan, question);
    }
    if (kind === "echo") {
      const question = plan.send(ends, icmpProtocol(ends), echo(ends, sourcePort, 1));
      if (random.chance(0.6)) plan.answer(question, { kind: "echo" });
      if (random.chance(0.2) && !isOwn) answerWithError(plan, question);
    }
    if (kind === "sctp" && !isOwn) plan.send(ends, SCTP, sctp(sourcePort, 80, 0, [chunk(1, 0, initValue(9))]));
    if (kind === "other" && !isOwn) plan.send(ends, 99, be16(1, 2, 3, 4));
    if (kind === "local") sendFromNode(plan, sourcePort, [plan.server(9), plan.node("eth0"), vip]);
    if (random.chance(0.03)) plan.wait(random.pick([0.1, 2.4]));
  }
}

function natRules(plan: Plan, vip: string): void {
  const { random } = plan;
  for (let host = 5; host <= 21; host++) plan.server(host);
  for (let host = 100; host <= 117; host++) plan.server(host);
  const bracketed = (host: number) => (plan.isIpv6 ? `[${plan.server(host)}]` : plan.server(host));
  for (const protocol of ["tcp", "udp"]) {
    const to80 = `-A PREROUTING -p ${protocol} -m ${protocol} --dport 80 -j`;
    const toVip = `-A PREROUTING -d ${vip} -p ${protocol} -j DNAT --to-destination`;
    const choices = [
      `${to80} DNAT --to-destination ${bracketed(5)}:8080`,
      `${toVip} ${plan.server(5)}-${plan.server(8)}`,
      `${toVip} ${plan.server(5)}-${plan.server(20)} --persistent`,
      `${to80} REDIRECT --to-ports 8080`,
    ];
    plan.rules("nat", random.pick(choices));
    plan.rules("nat", `-A OUTPUT -p ${protocol} -m ${protocol} --dport 80 -j DNAT --to-destination ${bracketed(6)}:81`);
  }
  if (random.chance(0.3))
    plan.rules("nat", `-A PREROUTING -d ${plan.server(78)} -j DNAT --to-destination ${plan.server(5)}`);
  const range = (last: number) => `${plan.server(100)}-${plan.server(last)}`;
  const sources = [
    "-A POSTROUTING -o eth1 -j MASQUERADE",
    `-A POSTROUTING -o eth1 -j SNAT --to-source ${range(107)}`,
    `-A POSTROUTING -o eth1 -j SNAT --to-source ${range(117)} --persistent`,
    `-A POSTROUTING -s ${plan.client(11)} -o eth1 -j SNAT --to-source ${plan.server(100)}`,
  ];
  if (random.chance(0.85)) plan.rules("nat", random.pick(sources));
  if (random.chance(0.3)) plan.rules("nat", `-A INPUT -p udp -j SNAT --to-source ${plan.client(99)}`);
}

/** A connection from its first SYN on, with odd segments between; the server answers what the SYN became. */
export function talk(plan: Plan, syn: number): void {
  const { random } = plan;
  const flags = ["SA", "A", "PA", "FA", "R", "RA"];
  let sequence = 5000;
  for (let i = random.between(1, 6); i > 0; i--) {
    const kind = i === 1 ? random.pick(flags) : random.pick(["SA", "PA", "A"]);
    const length = kind === "PA" ? random.below(40) : 0;
    plan.answer(syn, { kind: "tcp", flags: kind, seq: sequence, ack: 1000, payload: "7a".repeat(length) });
    sequence += length + Number(kind === "SA" || kind === "FA");
  }
  if (random.chance(0.4)) answerWithError(plan, syn);
}

function sendFromNode(plan: Plan, sourcePort: number, targets: readonly string[]): void {
  const ends = { from: plan.node("eth1"), to: plan.random.pick(targets) };
  if (plan.random.chance(0.5)) {
    plan.local(ip(ends, UDP, udp(ends, { sourcePort, destinationPort: 80, data: Uint8Array.of(1, 2, 3) })));
  } else {
    plan.local(ip(ends, TCP, tcp(ends, { sourcePort, destinationPort: 80, flags: "S" })));
  }
}
