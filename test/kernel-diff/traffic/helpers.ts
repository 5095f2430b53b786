import { addressBytes, be16, be32, concat, hex } from "../bytes.ts";
import { type Ends, ip, isIpv6, UDP, udp } from "../packets.ts";
import type { Plan } from "../plan.ts";
import type { Random } from "../random.ts";
import { answerWithError } from "./icmp.ts";

const SESSIONS = 4;
const CONTROL_PORT = 21;
const DATA_PORT = 20;
const TFTP_PORT = 69;
const WRAP = 2 ** 32;

/** How flows are translated, beside not at all. */
interface Translation {
  /** Clients ask for a virtual address instead of the server's. */
  readonly isVirtual: boolean;
  /** The server sees this in place of the client. */
  readonly source?: string;
}

/**
 * FTP and TFTP with their helpers: commands and answers that announce data connections, whole, cut, wrong or sent twice, under NAT
 * that changes their length; data connections as announced and otherwise; acknowledgements and SACK blocks around what was
 * changed.
 */
export function helpersTraffic(plan: Plan): void {
  const { random } = plan;
  const how: Translation = {
    isVirtual: random.chance(0.5),
    ...(random.chance(0.6) && { source: plan.server(random.pick([7, 200])) }),
  };
  plan.modules("nf_log_syslog", "nf_nat_ftp", "nf_nat_tftp");
  rules(plan, how);
  for (let i = 0; i < plan.flows(SESSIONS); i++) {
    if (random.chance(0.2)) transferFile(plan, how);
    else new FtpSession(plan, how).run();
  }
}

function rules(plan: Plan, { isVirtual, source }: Translation): void {
  for (const chain of ["PREROUTING", "OUTPUT"]) {
    plan.rules("raw", `-A ${chain} -p tcp -m tcp --dport ${CONTROL_PORT} -j CT --helper ftp`);
    plan.rules("raw", `-A ${chain} -p udp -m udp --dport ${TFTP_PORT} -j CT --helper tftp`);
  }
  for (const helper of ["ftp", "tftp"]) plan.rules("filter", `-A FORWARD -m helper --helper ${helper}`);
  plan.rules("filter", "-A FORWARD -m conntrack --ctstate RELATED");
  plan.rules("filter", "-A FORWARD -m conntrack --ctstatus EXPECTED");
  if (isVirtual) {
    const to = `-d ${plan.virtual(10)} -j DNAT --to-destination ${plan.server(5)}`;
    plan.rules("nat", `-A PREROUTING ${to}`, `-A OUTPUT ${to}`);
  }
  if (source) plan.rules("nat", `-A POSTROUTING -o eth1 -j SNAT --to-source ${source}`);
}

/** Side 0 is the client. What a side sends is made as that side sees it: `shift[side]` is how much longer the other heard it. */
class FtpSession {
  readonly #plan: Plan;
  readonly #random: Random;
  readonly #how: Translation;
  readonly #client: string;
  readonly #port: number;
  readonly #next: [number, number];
  readonly #shift: [number, number] = [0, 0];

  constructor(plan: Plan, how: Translation) {
    this.#plan = plan;
    this.#random = plan.random;
    this.#how = how;
    this.#client = plan.client(10 + plan.random.below(4));
    this.#port = plan.freePort();
    this.#next = [plan.random.pick([1000, WRAP - 20]), 5000];
  }

  run(): void {
    const random = this.#random;
    this.#send(0, "S", "");
    this.#send(1, "SA", "");
    this.#send(0, "A", "");
    if (random.chance(0.8)) this.#send(1, "PA", "220 hello\r\n");
    for (let i = random.between(2, 6); i > 0; i--) this.#step();
    if (random.chance(0.3)) this.#send(random.pick([0, 1] as const), random.pick(["FA", "R"]), "");
  }

  #step(): void {
    const kind = this.#random.pick(["talk", "active", "active", "passive", "passive", "noise"]);
    if (kind === "active") this.#active();
    else if (kind === "passive") this.#passive();
    else if (kind === "noise") this.#noise();
    else {
      this.#send(0, "PA", "USER x\r\n");
      this.#send(1, "PA", "331 password\r\n");
    }
  }

  /** The address that a side calls itself by, and what the other side is to hear instead. */
  #addressOf(side: 0 | 1): [own: string, heard: string] {
    if (side === 0) return [this.#client, this.#how.source ?? this.#client];
    const server = this.#plan.server(5);
    return [server, this.#how.isVirtual ? this.#plan.virtual(10) : server];
  }

  #active(): void {
    const random = this.#random;
    const [own, heard] = this.#addressOf(0);
    const named = random.chance(0.12) ? this.#plan.client(77) : own;
    const port = this.#plan.freePort();
    const write = isIpv6(own) || random.chance(0.5) ? eprt : six("PORT ");
    this.#announce(0, write(named, port), write(isIpv6(heard) ? inFull(heard) : heard, port));
    if (random.chance(0.15)) return;
    this.#send(1, "PA", "200 fine\r\n");
    const from = {
      address: this.#plan.server(random.chance(0.9) ? 5 : 6),
      port: random.chance(0.9) ? DATA_PORT : 1234,
    };
    this.#connect(from, { address: heard, port: port + Number(random.chance(0.1)) });
  }

  #passive(): void {
    const random = this.#random;
    const [own, heard] = this.#addressOf(1);
    const isExtended = isIpv6(own) || random.chance(0.5);
    this.#send(0, "PA", isExtended ? "EPSV\r\n" : "PASV\r\n");
    const named = random.chance(0.12) ? this.#plan.server(66) : own;
    const port = this.#plan.freePort();
    const write = isExtended ? extendedAnswer : six("227 Entering Passive Mode (", ").");
    this.#announce(1, write(named, port), write(heard, port));
    if (random.chance(0.15)) return;
    const client = {
      address: this.#plan.client(random.chance(0.9) ? Number(this.#hostOfClient()) : 12),
      port: this.#plan.freePort(),
    };
    this.#connect(client, { address: heard, port });
  }

  #hostOfClient(): number {
    return addressBytes(this.#client).at(-1)!;
  }

  /** Sends a line as it is, and counts how its length changes on the way; or spoiled, so that it does not. */
  #announce(side: 0 | 1, line: string, heard: string): void {
    const random = this.#random;
    const spoiled = spoil(random, line);
    if (spoiled) {
      for (const piece of spoiled) this.#send(side, "PA", piece);
      return;
    }
    if (random.chance(0.08)) this.#plan.tcp(...this.#segment(side, "PA", line, 0, true));
    this.#send(side, "PA", line);
    if (random.chance(0.2)) this.#plan.repeat();
    const { isVirtual, source } = this.#how;
    if (isVirtual || source !== undefined) this.#shift[side] += heard.length - line.length;
  }

  /** Segments around what is expected: old and new sequence numbers, acknowledgements and SACK blocks. */
  #noise(): void {
    const random = this.#random;
    for (let i = random.between(1, 3); i > 0; i--) {
      const side = random.pick([0, 1] as const);
      const text = random.pick(["", "NOOP\r\n", "200 ok\r\n", "2"]);
      this.#plan.tcp(...this.#segment(side, text === "" ? "A" : "PA", text, random.pick([0, -1, -8, -40, 3])));
    }
  }

  /** A data connection, as its opener sees it. */
  #connect(from: Socket, to: Socket): void {
    const random = this.#random;
    const ends = { from: from.address, to: to.address };
    const ports = { sourcePort: from.port, destinationPort: to.port };
    const syn = this.#plan.tcp(ends, { ...ports, flags: "S", sequence: 100 });
    if (random.chance(0.15)) answerWithError(this.#plan, syn);
    if (random.chance(0.1)) return;
    this.#plan.answer(syn, { kind: "tcp", flags: "SA", seq: 700, ack: 101 });
    this.#plan.tcp(ends, { ...ports, flags: "A", sequence: 101, acknowledge: 701 });
    this.#plan.answer(syn, { kind: "tcp", flags: "PA", seq: 701, ack: 101, payload: "64617461" });
    if (random.chance(0.5))
      this.#plan.answer(syn, { kind: "tcp", flags: random.pick(["FA", "R"]), seq: 705, ack: 101 });
  }

  #send(side: 0 | 1, flags: string, text: string): void {
    this.#plan.tcp(...this.#segment(side, flags, text));
    this.#next[side] += text.length + Number(/[SF]/.test(flags));
  }

  #segment(side: 0 | 1, flags: string, text: string, off = 0, wrongChecksum = false): Parameters<Plan["tcp"]> {
    const other = side ? 0 : 1;
    const isSynOnly = flags === "S";
    const acknowledge = this.#next[other] + this.#shift[other];
    const ports: [number, number] = side === 0 ? [this.#port, CONTROL_PORT] : [CONTROL_PORT, this.#port];
    return [
      this.#ends(side),
      {
        sourcePort: ports[0],
        destinationPort: ports[1],
        flags,
        sequence: modulo(this.#next[side] + off),
        acknowledge: isSynOnly ? 0 : modulo(acknowledge),
        options: isSynOnly || flags === "SA" ? Uint8Array.of(2, 4, 5, 180, 4, 2) : this.#sack(acknowledge),
        data: new TextEncoder().encode(text),
        wrongChecksum,
      },
    ];
  }

  #sack(acknowledge: number): Uint8Array {
    if (!this.#random.chance(0.15)) return new Uint8Array(0);
    const left = acknowledge + this.#random.between(-30, 10);
    return concat(Uint8Array.of(1, 1, 5, 10), be32(modulo(left), modulo(left + this.#random.between(1, 20))));
  }

  #ends(side: 0 | 1): Ends {
    const server = this.#plan.server(5);
    if (side === 0) return { from: this.#client, to: this.#how.isVirtual ? this.#plan.virtual(10) : server };
    return { from: server, to: this.#how.source ?? this.#client };
  }
}

interface Socket {
  readonly address: string;
  readonly port: number;
}

/** `PORT 10,1,0,9,4,210` and what has the same six numbers. */
function six(before: string, after = ""): (address: string, port: number) => string {
  return (address, port) => `${before}${address.replaceAll(".", ",")},${port >> 8},${port & 255}${after}\r\n`;
}

function eprt(address: string, port: number): string {
  return `EPRT |${isIpv6(address) ? 2 : 1}|${address}|${port}|\r\n`;
}

/** What a helper does not take, or does only in part: the segments of a line. Mostly none: the line is sent as it is. */
function spoil(random: Random, line: string): readonly string[] | undefined {
  const cut = random.between(1, line.length - 1);
  switch (random.below(14)) {
    case 0:
      return [line.slice(0, cut), line.slice(cut)];
    case 1:
      return [line.replace(/[0-9]/, () => random.pick(["999", "x", "", "0"]))];
    case 2:
      return [line.toLowerCase()];
    case 3:
      return [`NOOP\r\n${line}`];
    case 4:
      return [line.replace("\r\n", random.pick(["", "\n", " \r\n", "\r"]))];
    default:
      return undefined;
  }
}

/** All eight words, as the kernel writes them. */
function inFull(address: string): string {
  return hex(addressBytes(address)).match(/..../g)!.join(":");
}

function extendedAnswer(_address: string, port: number): string {
  return `229 Entering Extended Passive Mode (|||${port}|)\r\n`;
}

function modulo(value: number): number {
  return ((value % WRAP) + WRAP) % WRAP;
}

/** TFTP: the server answers from a port of its own. */
function transferFile(plan: Plan, { isVirtual, source }: Translation): void {
  const { random } = plan;
  const isOwn = random.chance(0.15);
  const client = isOwn ? plan.node("eth1") : plan.client(10 + random.below(3));
  const ends = { from: client, to: isVirtual ? plan.virtual(10) : plan.server(5) };
  const port = plan.freePort();
  const operation = random.pick([1, 1, 2, 3, 9]);
  const name = new TextEncoder().encode("boot\0octet\0");
  const request = udp(ends, { sourcePort: port, destinationPort: TFTP_PORT, data: concat(be16(operation), name) });
  if (isOwn) plan.local(ip(ends, UDP, request));
  else plan.send(ends, UDP, request);
  if (random.chance(0.2)) plan.repeat();
  const back = { from: plan.server(random.chance(0.9) ? 5 : 6), to: source ?? client };
  const own = random.chance(0.85) ? plan.freePort() : TFTP_PORT;
  for (let i = random.between(1, 3); i > 0; i--) {
    const ports = { sourcePort: own, destinationPort: port };
    const data = plan.send(back, UDP, udp(back, { ...ports, data: be16(3, i) }));
    if (random.chance(0.6)) plan.answer(data, { kind: "udp", payload: "00040001" });
  }
}
