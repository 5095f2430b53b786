import { be16, concat } from "../bytes.ts";
import { chunk, type Ends, echo, icmpProtocol, initValue, ip, SCTP, sctp, TCP, tcp, UDP, udp } from "../packets.ts";
import type { Plan } from "../plan.ts";
import type { Random } from "../random.ts";
import { answerWithError } from "./icmp.ts";
import { type PlannedService, Services } from "./ipvs-services.ts";

const FLOWS = 10;
const SPACING_S = 0.051;

/** Flows to virtual services of every kind, talked over by both ends, while servers come, go and change. */
export function ipvsTraffic(plan: Plan): void {
  const { random } = plan;
  // The recorder waits for gaps of 50 ms. Connections that end at once end with the next tick, which is to have passed.
  plan.pace(SPACING_S);
  chooseSettings(plan);
  const services = new Services(plan);
  const flows = plan.flows(FLOWS);
  const pause = random.chance(0.4) ? random.below(flows) : flows;
  for (let i = 0; i < flows; i++) {
    if (random.chance(0.25)) services.edit();
    if (random.chance(0.06)) changeNode(plan);
    const service = services.any();
    if (random.chance(0.08)) {
      sendFromNode(plan, service);
      continue;
    }
    const from = plan.client(10 + random.below(5));
    const ends = { from, to: service.target(random) };
    const sourcePort = random.chance(0.2) ? 3000 + random.below(3) : plan.freePort();
    if (service.protocol === TCP) new TcpTalk(plan, service, ends, sourcePort).run();
    else if (service.protocol === UDP) talkUdp(plan, service, ends, sourcePort);
    else talkSctp(plan, service, ends, sourcePort);
    if (random.chance(0.1)) plan.send(ends, icmpProtocol(ends), echo(ends, sourcePort, 1));
    if (random.chance(0.06)) plan.wait(0.06);
    // Far from every timeout's edge (4 seconds, 10), however slow the kernel's side is.
    if (i === pause) plan.wait(5.5);
  }
}

function chooseSettings(plan: Plan): void {
  const { random } = plan;
  const vs = (name: string, ...values: readonly number[]) => plan.setting(`net.ipv4.vs.${name}`, random.pick(values));
  vs("conntrack", 0, 1);
  if (random.chance(0.4)) plan.forgetMarks();
  if (random.chance(0.5)) vs("conn_reuse_mode", 0, 1, 2, 3);
  if (random.chance(0.4)) vs("expire_nodest_conn", 1);
  if (random.chance(0.4)) vs("expire_quiescent_template", 1);
  if (random.chance(0.2)) vs("sloppy_tcp", 1);
  if (random.chance(0.2)) vs("sloppy_sctp", 1);
  if (random.chance(0.2)) vs("snat_reroute", 0);
  if (random.chance(0.2)) vs("nat_icmp_send", 1);
  if (random.chance(0.3)) vs("schedule_icmp", 1);
  if (random.chance(0.2)) vs("cache_bypass", 1);
  if (random.chance(0.2)) vs("ignore_tunneled", 1);
  if (random.chance(0.2)) vs("pmtu_disc", 0);
  if (random.chance(0.2)) vs("secure_tcp", 3);
  if (random.chance(0.1)) {
    vs("am_droprate", 2, 3, 7);
    vs("drop_packet", 3);
  }
}

/** Changes of the node around IPVS. */
function changeNode(plan: Plan): void {
  const { random } = plan;
  const [server, gateway] = [plan.server(random.between(11, 16)), plan.server(random.between(11, 16))];
  const ip = plan.isIpv6 ? "ip -6" : "ip";
  const prefix = `${server}/${plan.isIpv6 ? 128 : 32}`;
  const commands = [
    `${ip} route replace ${prefix} via ${gateway} dev eth1`,
    `${ip} route replace unreachable ${prefix}`,
    `${ip} route replace ${prefix} dev eth1`,
    "conntrack -F",
    `sysctl -w net.ipv4.vs.conn_reuse_mode=${random.below(4)}`,
    `sysctl -w net.ipv4.vs.conntrack=${random.below(2)}`,
    `sysctl -w net.ipv4.vs.expire_nodest_conn=${random.below(2)}`,
  ];
  plan.command(random.pick(commands));
}

/** A program of the node talks to a service, or to somebody else under the mark of one. */
function sendFromNode(plan: Plan, service: PlannedService): void {
  const { random } = plan;
  const to = service.isMark && random.chance(0.5) ? plan.server(9) : service.target(random);
  const ends = { from: random.chance(0.5) ? plan.node("eth1") : service.target(random), to };
  const ports = { sourcePort: plan.freePort(), destinationPort: service.port(random) };
  const isTcp = service.protocol !== UDP;
  const payload = isTcp ? tcp(ends, { ...ports, flags: "S" }) : udp(ends, { ...ports, data: random.bytes(9) });
  const question = plan.local(ip(ends, isTcp ? TCP : UDP, payload));
  if (random.chance(0.5)) {
    plan.answer(question, isTcp ? { kind: "tcp", flags: "SA", seq: 1, ack: 1 } : { kind: "udp", payload: "616263" });
  }
}

/** A connection in any state, often closed and begun again from the same port. */
class TcpTalk {
  readonly #plan: Plan;
  readonly #ends: Ends;
  readonly #sourcePort: number;
  readonly #destinationPort: number;
  readonly #question: number;
  #sequence = 5000;

  constructor(plan: Plan, service: PlannedService, ends: Ends, sourcePort: number) {
    this.#plan = plan;
    this.#ends = ends;
    this.#sourcePort = sourcePort;
    this.#destinationPort = service.port(plan.random);
    this.#question = this.#client(plan.random.chance(0.92) ? "S" : plan.random.pick(["A", "SA", "R", "PA"]));
  }

  run(): void {
    const { random } = this.#plan;
    const shape = random.pick(["open", "close", "reset", "odd", "silent", "errors"]);
    if (shape === "silent") return;
    if (shape === "open" || shape === "close") this.#open();
    if (shape === "close") this.#close();
    if (shape === "reset") this.#answer(random.pick(["RA", "SA"]));
    if (shape === "reset" && random.chance(0.5)) this.#client("R");
    if (shape === "odd") this.#odd();
    if (shape === "errors") for (let i = random.between(1, 3); i > 0; i--) answerWithError(this.#plan, this.#question);
    if (shape !== "errors" && random.chance(0.25)) this.#errorOfClient();
    if (random.chance(0.35)) this.#client("S");
  }

  #open(): void {
    this.#answer("SA");
    this.#client("A");
    if (this.#plan.random.chance(0.5)) this.#client("PA", this.#plan.random.bytes(this.#plan.random.below(30)));
  }

  #close(): void {
    const { random } = this.#plan;
    const closing = random.pick([["c", "s", "c"], ["s", "c", "s"], ["c", "s"], ["c"]] as const);
    for (const [i, side] of closing.entries()) {
      const flags = i === closing.length - 1 && i > 1 ? "A" : "FA";
      if (side === "c") this.#client(flags);
      else this.#answer(flags);
    }
  }

  #odd(): void {
    const { random } = this.#plan;
    for (let i = random.between(2, 6); i > 0; i--) {
      const flags = random.pick(["SA", "A", "PA", "FA", "R", "RA", "S", "F", ""]);
      if (random.chance(0.5)) this.#client(flags);
      else this.#answer(flags);
    }
  }

  /** The client's side complains about what the server answered. */
  #errorOfClient(): void {
    answerWithError(this.#plan, this.#answer("A"));
  }

  #client(flags: string, data?: Uint8Array): number {
    const { random } = this.#plan;
    const fields = { sourcePort: this.#sourcePort, destinationPort: this.#destinationPort, flags, data };
    const acknowledge = flags.includes("A") ? this.#sequence : 0;
    return this.#plan.send(
      this.#ends,
      TCP,
      tcp(this.#ends, { ...fields, sequence: this.#sequence++, acknowledge }),
      random.chance(0.05) ? { ttl: random.pick([1, 2]) } : {},
    );
  }

  #answer(flags: string): number {
    return this.#plan.answer(this.#question, { kind: "tcp", flags, seq: this.#sequence, ack: this.#sequence });
  }
}

function talkUdp(plan: Plan, service: PlannedService, ends: Ends, sourcePort: number): void {
  const { random } = plan;
  const destinationPort = service.port(random);
  for (let i = random.between(1, 3); i > 0; i--) {
    const checksum = random.chance(0.2) && !plan.isIpv6 ? "none" : "right";
    const size = random.pick([0, 5, 30, 30, 1440, plan.isIpv6 ? 1450 : 1466]);
    const data = service.isSip && random.chance(0.9) ? sipMessage(random) : random.bytes(size);
    const datagram = udp(ends, { sourcePort, destinationPort, data, checksum });
    if (random.chance(0.12) && size > 100 && !plan.isIpv6) sendFragments(plan, ends, datagram);
    else {
      const question = plan.send(ends, UDP, datagram);
      if (random.chance(0.5)) {
        const answer = plan.answer(question, { kind: "udp", payload: "616263" });
        if (random.chance(0.2)) answerWithError(plan, answer);
      }
      if (random.chance(0.25)) answerWithError(plan, question);
    }
  }
}

/** The first piece is the largest: whether the kernel joins pieces of other sizes depends on the card's driver. */
/** One of a few calls; sometimes without a Call-ID that can be used. */
function sipMessage(random: Random): Uint8Array {
  const call = random.pick(["a@x", "b@10.0.0.1", "c"]);
  const header = random.pick([
    `Call-ID: ${call}`,
    `Call-ID: ${call}`,
    `CALL-id :\t${call}`,
    `i: ${call}`,
    `i:${call}`,
    `Call-ID:\r\n ${call}`,
    `Call-ID: ${call} more`,
    "Call-ID: @x",
    "Via: none",
  ]);
  const end = random.pick(["\r\n", "\r\n", "\n"]);
  return new TextEncoder().encode(["OPTIONS sip:x SIP/2.0", "Via: y", header, "CSeq: 1", "", ""].join(end));
}

function sendFragments(plan: Plan, ends: Ends, datagram: Uint8Array): void {
  const half = Math.ceil(datagram.length / 16) * 8;
  const id = plan.random.below(65536);
  plan.send(ends, UDP, datagram.subarray(0, half), { id, more: true });
  plan.send(ends, UDP, datagram.subarray(half), { id, offset: half });
}

function talkSctp(plan: Plan, service: PlannedService, ends: Ends, sourcePort: number): void {
  const { random } = plan;
  const port = service.port(random);
  const init = () => chunk(1, 0, initValue(9));
  const question = plan.send(ends, SCTP, sctp(sourcePort, port, 0, [init()]));
  for (let i = random.between(0, 6); i > 0; i--) {
    const type = random.pick([2, 10, 11, 0, 3, 7, 8, 14, 6, 9, 4, 1]);
    const value = type === 1 || type === 2 ? initValue(9) : concat(be16(1, 2), random.bytes(8));
    if (random.chance(0.5)) plan.send(ends, SCTP, sctp(sourcePort, port, 9, [chunk(type, 0, value)]));
    else {
      const payload = Buffer.from(chunk(type, 0, value)).toString("hex");
      plan.answer(question, { kind: "sctp", vtag: 9, payload });
    }
  }
  if (random.chance(0.2)) answerWithError(plan, question);
}
