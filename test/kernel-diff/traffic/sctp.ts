import { chunk, initValue, SCTP, sctp } from "../packets.ts";
import type { Plan } from "../plan.ts";
import type { Random } from "../random.ts";

const FLOWS = 14;
const CHUNKS = [0, 0, 1, 2, 3, 4, 4, 5, 5, 6, 7, 8, 9, 10, 11, 14, 14, 130, 63];
/** Their kernel defaults are too short for a machine with other work. */
const SHORT_TIMEOUTS = [
  "closed",
  "cookie_wait",
  "cookie_echoed",
  "shutdown_sent",
  "shutdown_recd",
  "shutdown_ack_sent",
];
const T_BIT_CHUNKS = [6, 14];

/** SCTP associations: most of them opened well, then any chunks in bundles of up to three, with right and wrong tags. */
export function sctpTraffic(plan: Plan): void {
  for (const name of SHORT_TIMEOUTS) plan.sysctl(`sctp_timeout_${name}`, plan.random.pick([20, 30, 40]));
  for (let i = 0; i < plan.flows(FLOWS); i++) new Association(plan, plan.client(10 + i), plan.server(9)).run();
}

/** Side 0 is the client. `tags[side]` is what that side puts into its packets. */
class Association {
  readonly #plan: Plan;
  readonly #random: Random;
  readonly #sides: readonly [string, string];
  readonly #ports: readonly [number, number];
  readonly #tags: readonly [number, number];

  constructor(plan: Plan, client: string, server: string) {
    this.#plan = plan;
    this.#random = plan.random;
    this.#sides = [client, server];
    this.#ports = [1024 + plan.random.below(60000), plan.random.pick([36412, 3868])];
    this.#tags = [1 + plan.random.below(0xffffffff), 1 + plan.random.below(0xffffffff)];
  }

  run(): void {
    this.#open();
    for (let i = this.#random.between(3, 11); i > 0; i--) this.#noise();
  }

  #open(): void {
    const random = this.#random;
    if (!random.chance(0.75)) return;
    this.#send(0, [chunk(1, 0, initValue(this.#tags[1]))], 0);
    if (!random.chance(0.85)) return;
    this.#send(1, [chunk(2, 0, initValue(this.#tags[0]))], this.#tags[1]);
    if (!random.chance(0.85)) return;
    const data = (probability: number, type: number) =>
      random.chance(probability) ? [chunk(type, 3 * Number(type === 0), new Uint8Array(12))] : [];
    this.#send(0, [chunk(10, 0, Uint8Array.of(1, 2, 3, 4)), ...data(0.3, 0)], this.#tags[0]);
    if (random.chance(0.85)) this.#send(1, [chunk(11), ...data(0.3, 3)], this.#tags[1]);
  }

  #noise(): void {
    const random = this.#random;
    const side = random.pick([0, 1] as const);
    let chunks = Array.from({ length: random.pick([1, 1, 1, 2, 3]) }, () => this.#chunk());
    if (random.chance(0.05)) chunks = [...chunks, Uint8Array.of(0, 0, 0, 0)];
    if (random.chance(0.05)) chunks = [];
    const kind = random.below(100);
    const own = this.#tags[side];
    const tag = kind < 60 ? own : kind < 75 ? this.#tags[side ? 0 : 1] : kind < 90 ? 0 : random.word();
    this.#send(side, chunks, tag, random.chance(0.03));
  }

  #chunk(): Uint8Array {
    const random = this.#random;
    const type = random.pick(CHUNKS);
    if (type === 1 || type === 2) {
      if (random.chance(0.05)) return chunk(type, 0, Uint8Array.of(1, 2));
      return chunk(type, 0, initValue(random.pick([...this.#tags, 1 + random.below(0xffffffff)])));
    }
    const flags = T_BIT_CHUNKS.includes(type) ? random.pick([0, 0, 0, 1]) : 0;
    return chunk(type, flags, new Uint8Array(random.pick([0, 4, 8, 5])));
  }

  #send(side: 0 | 1, chunks: readonly Uint8Array[], tag: number, wrong = false): void {
    const other = side ? 0 : 1;
    const ends = { from: this.#sides[side], to: this.#sides[other] };
    this.#plan.send(ends, SCTP, sctp(this.#ports[side], this.#ports[other], tag, chunks, wrong));
  }
}
