import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatAddress } from "../../src/config/address.ts";
import { stateText } from "../../src/report/ipvs-connections.ts";
import { Director } from "../support/director.ts";

/** A model of connections of one masquerading service, in the words of the specification: what is there, and until when. */

const VIP = "10.96.200.1:80";
const SERVERS = ["10.1.0.1", "10.1.0.2", "10.1.0.3"];
const HZ = 100;

const STATES = "NONE ESTABLISHED SYN_SENT SYN_RECV FIN_WAIT TIME_WAIT CLOSE CLOSE_WAIT LAST_ACK LISTEN SYNACK".split(
  " ",
);
const SHORT = "NO ES SS SR FW TW CL CW LA LI SA".split(" ");

/** Rows by flag, columns by state; first what the client sends, then what the server does. */
const NEXT = {
  client: {
    S: "SR ES ES SR SR SR SR SR SR SR SR",
    F: "CL CW SS TW TW TW CL CW LA LI TW",
    A: "ES ES SS ES FW TW CL CW CL LI ES",
    R: "CL CL CL SR CL CL CL CL LA LI SR",
  },
  server: {
    S: "SS ES SS SR SS SS SS SS SS LI SR",
    F: "TW FW SS TW FW TW CL TW LA LI TW",
    A: "ES ES SS ES FW TW CL CW LA ES ES",
    R: "CL CL SS CL CL TW CL CL CL CL CL",
  },
} as const;

const SECONDS: Readonly<Record<string, number>> = {
  NO: 2,
  ES: 900,
  SS: 120,
  SR: 60,
  FW: 120,
  TW: 120,
  CL: 10,
  CW: 60,
  LA: 30,
  LI: 120,
  SA: 120,
};
const ACTIVE = new Set(["ES", "SS", "SR", "SA"]);

type Side = keyof typeof NEXT;
type Flag = keyof (typeof NEXT)["client"];

interface Connection {
  server: string;
  state: string;
  expires: number;
  /** When the timer's slot ends. */
  ends: number;
}

/** Timers run with slots of the timer wheel: eight times as wide for eight times as long, from 63 ticks on. */
function endOfSlot(now: number, ticks: number): number {
  let width = 1;
  for (let limit = 63; ticks >= limit; limit *= 8) width *= 8;
  return (Math.floor((now + ticks) / width) + 1) * width;
}

class Model {
  readonly connections = new Map<number, Connection>();
  /** Weights of the servers of the service. */
  readonly weights = new Map(SERVERS.map((server) => [server, 1]));

  expire(now: number): void {
    for (const [port, { ends }] of this.connections) if (ends <= now) this.connections.delete(port);
  }

  /** @returns whether a server must have been chosen for the packet. */
  client(port: number, flag: Flag, now: number): "scheduled" | "kept" | "none" {
    this.expire(now);
    const known = this.connections.get(port);
    if (known && flag === "S" && (known.state === "TW" || known.state === "CL")) this.connections.delete(port);
    const kept = this.connections.get(port);
    if (kept) {
      if (this.weights.has(kept.server)) this.move(kept, "client", flag, now);
      return "kept";
    }
    const isUsable = [...this.weights.values()].some((weight) => weight > 0);
    return flag === "S" && isUsable ? "scheduled" : "none";
  }

  schedule(port: number, server: string, now: number): void {
    const connection = { server, state: "NO", expires: 0, ends: 0 };
    this.connections.set(port, connection);
    this.move(connection, "client", "S", now);
  }

  move(connection: Connection, side: Side, flag: Flag, now: number): void {
    connection.state = NEXT[side][flag].split(" ")[SHORT.indexOf(connection.state)]!;
    const ticks = SECONDS[connection.state]! * HZ;
    connection.expires = now + ticks;
    connection.ends = endOfSlot(now, ticks);
  }
}

class Run {
  readonly model = new Model();
  readonly director: Director;
  #seconds = 0;

  constructor(director: Director) {
    this.director = director;
  }

  static async create(): Promise<Run> {
    const services = ["-A -t 10.96.200.1:80 -s wlc", ...SERVERS.map((server) => `-a -t ${VIP} -r ${server}:8080 -m`)];
    return new Run(await Director.create({ local: "10.96.200.1", services }));
  }

  client(port: number, flag: Flag): void {
    this.#seconds += 0.001;
    this.director.send({ from: `192.0.2.1:${port}`, to: VIP, protocol: "tcp", flags: flag });
    if (this.model.client(port, flag, this.#now) !== "scheduled") return;
    // Which server is the scheduler's affair; that there is one, and that it may be chosen, is the table's.
    const made = this.director.connections().find(({ clientPort }) => clientPort === port);
    const server = made ? formatAddress(made.server) : "nobody";
    expect(this.model.weights.get(server)).toBeGreaterThan(0);
    this.model.schedule(port, server, this.#now);
  }

  server(port: number, flag: Flag): void {
    this.model.expire(this.#now);
    const connection = this.model.connections.get(port);
    const from = `${connection?.server ?? SERVERS[0]}:8080`;
    this.#seconds += 0.001;
    this.director.send({ from, to: `192.0.2.1:${port}`, protocol: "tcp", flags: flag });
    this.model.expire(this.#now);
    const kept = this.model.connections.get(port);
    if (kept) this.model.move(kept, "server", flag, this.#now);
  }

  wait(seconds: number): void {
    this.#seconds += seconds;
    this.director.wait(seconds);
    this.model.expire(this.#now);
  }

  weight(server: string, weight: number): void {
    if (!this.model.weights.has(server)) return;
    this.director.ipvsadm(`-e -t ${VIP} -r ${server}:8080 -m -w ${weight}`);
    this.model.weights.set(server, weight);
  }

  toggle(server: string): void {
    const isThere = this.model.weights.delete(server);
    if (!isThere) this.model.weights.set(server, 1);
    this.director.ipvsadm(`${isThere ? "-d" : "-a"} -t ${VIP} -r ${server}:8080${isThere ? "" : " -m"}`);
  }

  /** The table has what the model has, and the servers count it. */
  check(): void {
    const state = this.director.state();
    const got = this.director.connections().map((each) => ({
      port: each.clientPort,
      server: formatAddress(each.server),
      state: stateText(each),
      seconds: each.remainingSeconds,
    }));
    const wanted = [...this.model.connections].map(([port, { server, state: short, expires }]) => ({
      port,
      server,
      state: STATES[SHORT.indexOf(short)]!,
      seconds: Math.max(0, Math.floor((expires - this.#now) / HZ)),
    }));
    const byPort = (a: { port: number }, b: { port: number }) => a.port - b.port;
    expect(got.sort(byPort)).toEqual(wanted.sort(byPort));
    for (const { address, active, inactive } of state.servers) {
      const own = [...this.model.connections.values()].filter(({ server }) => server === formatAddress(address));
      const isActive = own.filter((each) => ACTIVE.has(each.state));
      expect([active, inactive]).toEqual([isActive.length, own.length - isActive.length]);
    }
  }

  /** In ticks, as the kernel counts. */
  get #now(): number {
    return Math.floor((Math.round(this.#seconds * 1e9) / 1e9) * HZ);
  }
}

const port = fc.constantFrom(4000, 4001, 4002, 4003);
const flag = fc.constantFrom<Flag>("S", "S", "A", "F", "R");
const server = fc.constantFrom(...SERVERS);
const command = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("client" as const), port, flag }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("server" as const), port, flag }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("wait" as const),
      seconds: fc.constantFrom(0.37, 9.61, 31.3, 61.2, 121.7),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("weight" as const), server, weight: fc.integer({ min: 0, max: 2 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("toggle" as const), server }) },
);

describe("the connection table", () => {
  it("has, after whatever happened, what its model has", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 60 }), async (commands) => {
        const run = await Run.create();
        for (const each of commands) {
          if (each.kind === "client" || each.kind === "server") run[each.kind](each.port, each.flag);
          else if (each.kind === "wait") run.wait(each.seconds);
          else if (each.kind === "weight") run.weight(each.server, each.weight);
          else run.toggle(each.server);
          run.check();
        }
      }),
      { numRuns: 150, seed: 20261126 },
    );
  });
});
