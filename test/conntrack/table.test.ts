import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ipv4, ipv6, udp } from "../support/ip.ts";
import { connections, trackedNetwork } from "../support/tracked.ts";

/** One UDP packet of a flow: `seconds` after the one before, from the client or from the server. */
interface Step {
  readonly family: 4 | 6;
  readonly client: number;
  readonly port: number;
  readonly isReply: boolean;
  readonly seconds: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  family: fc.constantFrom(4, 6),
  client: fc.integer({ min: 2, max: 4 }),
  port: fc.integer({ min: 1000, max: 1040 }),
  isReply: fc.boolean(),
  seconds: fc.constantFrom(0, 0, 0, 0, 1, 3, 29, 31, 130),
});

const PAYLOAD = new Uint8Array(4);
const SERVER = { 4: "10.2.0.9", 6: "fd02::9" } as const;

function clientOf({ family, client }: Step): string {
  return family === 4 ? `10.1.0.${client}` : `fd01::${client}`;
}

function packetOf(step: Step): Uint8Array {
  const ends = { from: clientOf(step), to: SERVER[step.family] };
  const { from, to } = step.isReply ? { from: ends.to, to: ends.from } : ends;
  const payload = step.isReply ? udp(53, step.port, PAYLOAD) : udp(step.port, 53, PAYLOAD);
  return step.family === 4 ? ipv4({ from, to, payload }) : ipv6({ from, to, payload });
}

/** The slow, obvious table: a list of connections, each a pair of ends. */
class Model {
  readonly #entries = new Map<string, ModelEntry>();

  see(step: Step, now: number): void {
    for (const [key, entry] of this.#entries) if (entry.expires <= now) this.#entries.delete(key);
    const flow = `${step.family} ${clientOf(step)} ${step.port}`;
    const entry = this.#entries.get(flow);
    if (!entry) {
      this.#entries.set(flow, new ModelEntry(step, now));
      return;
    }
    entry.count(step, now);
  }

  lines(now: number): string[] {
    const living = [...this.#entries.values()].filter(({ expires }) => expires > now);
    return living.map((entry) => entry.line(now)).sort();
  }
}

class ModelEntry {
  readonly #family: 4 | 6;
  readonly #opener: string;
  readonly #answerer: string;
  readonly #openedByServer: boolean;
  readonly #packets = [1, 0];
  readonly #streamFrom: number;
  #replied = false;
  #assured = false;
  expires: number;

  constructor(step: Step, now: number) {
    const client = `src=${clientOf(step)} dst=${SERVER[step.family]} sport=${step.port} dport=53`;
    const server = `src=${SERVER[step.family]} dst=${clientOf(step)} sport=53 dport=${step.port}`;
    this.#family = step.family;
    this.#openedByServer = step.isReply;
    this.#opener = step.isReply ? server : client;
    this.#answerer = step.isReply ? client : server;
    this.#streamFrom = now + 2;
    this.expires = now + 30;
  }

  count(step: Step, now: number): void {
    const isReply = step.isReply !== this.#openedByServer;
    const isStream = this.#replied && now > this.#streamFrom;
    this.#packets[isReply ? 1 : 0]! += 1;
    this.expires = now + (isStream ? 120 : 30);
    this.#assured ||= isStream;
    this.#replied ||= isReply;
  }

  line(now: number): string {
    const bytes = this.#family === 4 ? 32 : 52;
    const [sent = 0, answered = 0] = this.#packets;
    return [
      this.#family === 4 ? "ipv4     2" : "ipv6     10",
      `udp      17 ${this.expires - now}`,
      `${this.#opener} packets=${sent} bytes=${sent * bytes}`,
      ...(this.#replied ? [] : ["[UNREPLIED]"]),
      `${this.#answerer} packets=${answered} bytes=${answered * bytes}`,
      ...(this.#assured ? ["[ASSURED]"] : []),
      "mark=0 use=1",
    ].join(" ");
  }
}

describe("the connection table", () => {
  it("holds what a plain list would hold, whatever comes in whatever order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 200 }), async (steps) => {
        const network = await trackedNetwork();
        const model = new Model();
        let now = 0;
        for (const each of steps) {
          now += each.seconds;
          network.send(each.isReply ? "eth1" : "eth0", packetOf(each), now);
          model.see(each, now);
        }
        expect(connections(network)).toEqual(model.lines(now));
      }),
      { numRuns: 25 },
    );
  });

  it("keeps every connection when it grows, and frees them all in time", async () => {
    const network = await trackedNetwork();
    for (let port = 1024; port < 4024; port++) {
      network.send("eth0", packetOf({ family: 4, client: 2, port, isReply: false, seconds: 0 }), port / 1000);
    }
    expect(network.core.entryCount()).toBe(3000);
    expect(connections(network)).toHaveLength(3000);
    for (let second = 10; second < 60; second++) network.waitUntil(second);
    for (let i = 0; i < 100; i++) network.waitUntil(60);
    expect(network.core.entryCount()).toBe(0);
    expect(connections(network)).toEqual([]);
  });

  it("does not find a connection again after time jumped further than its clock reaches", async () => {
    const network = await trackedNetwork();
    const first = { family: 4, client: 2, port: 1024, isReply: false, seconds: 0 } as const;
    network.send("eth0", packetOf(first), 0);
    network.waitUntil(2 ** 32 / 100 + 1);
    expect(connections(network)).toEqual([]);
  });
});
