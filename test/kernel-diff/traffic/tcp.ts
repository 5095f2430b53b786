import { be32, concat } from "../bytes.ts";
import type { Ends } from "../packets.ts";
import type { Plan } from "../plan.ts";
import type { Random } from "../random.ts";

const WRAP = 2 ** 32;
const FLOWS = 14;
const NOISE = [
  "A",
  "A",
  "A",
  "PA",
  "PA",
  "PA",
  "FA",
  "FA",
  "R",
  "RA",
  "S",
  "SA",
  "A",
  "F",
  "",
  "SF",
  "SR",
  "AU",
  "FAU",
];
const ODD_NOISE = ["SU", "RU", "AE", "FPA", "SEC"];

/** TCP in and out of order: openings of every kind, then segments near and far from what is expected, in both directions. */
export function tcpTraffic(plan: Plan): void {
  const { random } = plan;
  if (random.chance(0.2)) plan.sysctl("tcp_be_liberal", 1);
  if (random.chance(0.2)) plan.sysctl("tcp_loose", 0);
  if (random.chance(0.2)) plan.sysctl("tcp_ignore_invalid_rst", 1);
  if (random.chance(0.3)) plan.sysctl("tcp_max_retrans", random.between(1, 3));
  for (let i = 0; i < plan.flows(FLOWS); i++) {
    new TcpFlow(plan, plan.client(10 + i), plan.server(9)).run();
    if (random.chance(0.3)) plan.wait(0.05);
  }
}

/** Both ends of a connection; side 0 is the client. */
class TcpFlow {
  readonly #plan: Plan;
  readonly #random: Random;
  readonly #sides: readonly [string, string];
  readonly #ports: readonly [number, number];
  readonly #next: [number, number];
  readonly #start: readonly [number, number];
  readonly #scales: readonly (number | undefined)[];

  constructor(plan: Plan, client: string, server: string) {
    this.#plan = plan;
    this.#random = plan.random;
    const { random } = plan;
    this.#sides = [client, server];
    this.#ports = [1024 + random.below(60000), random.pick([80, 443, 22])];
    this.#start = [
      random.pick([random.word(), WRAP - random.below(200), 0]),
      random.pick([random.word(), WRAP - random.below(100)]),
    ];
    this.#next = [...this.#start];
    this.#scales = [random.pick([undefined, 0, 3, 7, 14, 15]), random.pick([undefined, 0, 7, 14])];
  }

  run(): void {
    this.#open();
    const segments = this.#random.between(4, 15);
    for (let i = 0; i < segments; i++) this.#segment();
  }

  #open(): void {
    const random = this.#random;
    const next = this.#next;
    const mode = random.below(100);
    if (mode < 75) {
      this.#send(0, "S", next[0], 0, 0, random.pick([0, 64240, 1024]));
      next[0] += 1;
      if (!random.chance(0.8)) return;
      this.#send(1, "SA", next[1], next[0], 0, random.pick([0, 65160, 1000]));
      next[1] += 1;
      if (random.chance(0.9)) this.#send(0, "A", next[0], next[1], 0, 64240);
    } else if (mode < 85) {
      for (const side of [0, 1] as const) this.#send(side, "S", next[side]++, 0);
      for (const side of [0, 1] as const) {
        if (random.chance(0.8)) {
          this.#send(side, random.pick(["SA", "SA", "A"]), next[side] - Number(random.chance(0.7)), next[side ? 0 : 1]);
        }
      }
    }
  }

  #segment(): void {
    const random = this.#random;
    const side = random.pick([0, 1] as const);
    const other = side ? 0 : 1;
    const flags = random.chance(0.1) ? random.pick(ODD_NOISE) : random.pick(NOISE);
    const length = flags.includes("A") || random.chance(0.1) ? random.pick([0, 0, 1, 10, 100, 700]) : 0;
    const sequence = this.#sequence(side, flags, length);
    this.#send(side, flags, sequence, this.#acknowledge(other, flags), length);
    const isNext = (sequence - this.#next[side]) % WRAP === 0;
    if (isNext && random.chance(0.9)) {
      this.#next[side] = sequence + length + Number(flags.includes("F")) + Number(flags.includes("S"));
    }
    if (random.chance(0.12)) for (let i = random.between(1, 4); i > 0; i--) this.#plan.repeat();
  }

  #sequence(side: 0 | 1, flags: string, length: number): number {
    const random = this.#random;
    if (flags.startsWith("R") && random.chance(0.2)) return 0;
    if (flags.includes("S") && random.chance(0.3)) return random.word();
    if (random.chance(0.6)) return this.#next[side];
    const far = [-1, 1, -length, length, 100, -100, 3000, 70000, -70000, 150000, random.word()];
    return this.#next[side] + random.pick([...far, this.#start[side] - this.#next[side]]);
  }

  #acknowledge(other: 0 | 1, flags: string): number {
    const random = this.#random;
    if (!flags.includes("A") && random.chance(0.8)) return 0;
    if (flags === "RA" && random.chance(0.2)) return 0;
    if (random.chance(0.6)) return this.#next[other];
    return this.#next[other] + random.pick([-1, 1, -100, 100, 5000, 70000, -66000, -66001, -70000, random.word()]);
  }

  #send(side: 0 | 1, flags: string, sequence: number, acknowledge: number, length = 0, window?: number): void {
    const other = side ? 0 : 1;
    const ends: Ends = { from: this.#sides[side], to: this.#sides[other] };
    this.#plan.tcp(ends, {
      sourcePort: this.#ports[side],
      destinationPort: this.#ports[other],
      flags,
      sequence: modulo(sequence),
      acknowledge: modulo(acknowledge),
      window: window ?? this.#random.pick([0, 1, 100, 8192, 64240, 65535]),
      options: flags.includes("S") ? this.#synOptions(side) : this.#options(other),
      data: new Uint8Array(length).fill(122),
      wrongChecksum: this.#random.chance(0.02),
    });
  }

  #synOptions(side: 0 | 1): Uint8Array {
    const random = this.#random;
    const scale = this.#scales[side];
    return concat(
      random.chance(0.8) ? Uint8Array.of(2, 4, 5, 180) : new Uint8Array(0),
      random.chance(0.6) ? Uint8Array.of(4, 2) : new Uint8Array(0),
      scale === undefined ? new Uint8Array(0) : Uint8Array.of(1, 3, 3, scale),
      random.chance(0.1) ? Uint8Array.of(3, 0) : new Uint8Array(0),
    );
  }

  /** A timestamp, SACK blocks near what the other side sent, or a broken SACK option. */
  #options(other: 0 | 1): Uint8Array {
    const random = this.#random;
    const kind = random.below(100);
    if (kind < 15) return concat(Uint8Array.of(1, 1, 8, 10), new Uint8Array(8));
    if (kind < 35) {
      const blocks = Array.from({ length: random.between(1, 3) }, () => {
        const left = modulo(this.#next[other] + random.between(-500, 1500));
        return be32(left, modulo(left + random.between(1, 700)));
      });
      return concat(Uint8Array.of(1, 1, 5, 2 + 8 * blocks.length), ...blocks);
    }
    return kind < 40 ? concat(Uint8Array.of(5, 9), new Uint8Array(6)) : new Uint8Array(0);
  }
}

function modulo(value: number): number {
  return ((value % WRAP) + WRAP) % WRAP;
}
