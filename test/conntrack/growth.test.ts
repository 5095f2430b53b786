import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConfigLayout } from "../../src/core/layout.generated.ts";
import { setNumber } from "../../src/core/record.ts";
import { ipv4, udp } from "../support/ip.ts";
import type { Network } from "../support/network.ts";
import { trackedNetwork } from "../support/tracked.ts";

const SERVER = "10.2.0.9";
const PAYLOAD = new Uint8Array(4);
/** Connections that fill the first buckets: one more makes the table grow. */
const FULL = 4096;

/** Flow `i`: its client's address and port. */
function clientOf(i: number): { from: string; port: number } {
  return { from: `10.1.0.${2 + (i % 200)}`, port: 1024 + Math.floor(i / 200) };
}

function ask(network: Network, i: number, seconds: number): void {
  const { from, port } = clientOf(i);
  network.send("eth0", ipv4({ from, to: SERVER, payload: udp(port, 53, PAYLOAD) }), seconds);
}

function answer(network: Network, i: number, seconds: number): void {
  const { from, port } = clientOf(i);
  network.send("eth1", ipv4({ from: SERVER, to: from, payload: udp(53, port, PAYLOAD) }), seconds);
}

function setUdpTimeout({ core }: Network, seconds: number): void {
  setNumber(new DataView(core.memory.buffer), core.configAddress(), ConfigLayout.udpTimeout, seconds);
}

interface Step {
  readonly what: "ask" | "answer" | "wait";
  readonly flow: number;
  readonly count: number;
  readonly seconds: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom("ask", "ask", "ask", "answer", "wait"),
  flow: fc.integer({ min: 0, max: 6000 }),
  count: fc.integer({ min: 1, max: 300 }),
  seconds: fc.constantFrom(0, 1, 7, 29, 31),
});

describe("the connection table while it grows", () => {
  it("finds, makes and ends what a plain list does", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 20 }), async (steps) => {
        const network = await trackedNetwork({}, { verifyChecksums: false });
        /** When each flow ends. */
        const model = new Map<number, number>();
        let now = 1;
        const see = (flow: number) => {
          if ((model.get(flow) ?? 0) <= now) model.delete(flow);
          model.set(flow, now + 30);
        };
        for (let i = 0; i < FULL - 200; i++) {
          ask(network, i, now);
          see(i);
        }
        for (const { what, flow, count, seconds } of steps) {
          if (what === "wait") {
            now += seconds;
            network.waitUntil(now);
          }
          for (let i = flow; what !== "wait" && i < flow + count; i++) {
            // An answer to what has ended begins a connection of its own, the other way round.
            const isKnown = (model.get(i) ?? 0) > now;
            if (what === "answer" && !isKnown) continue;
            if (what === "ask") ask(network, i, now);
            else answer(network, i, now);
            see(i);
          }
          expect(network.core.auditConnections()).toBe(0);
        }
        network.waitUntil(now);
        const alive = [...model.values()].filter((end) => end > now).length;
        expect(network.core.entryCount()).toBe(alive);
      }),
      { numRuns: 5 },
    );
  }, 120_000);

  it("does a bounded part of the work with every packet", async () => {
    const network = await trackedNetwork({}, { verifyChecksums: false });
    for (let i = 0; i < 6000; i++) ask(network, i, 1);
    const counts = [];
    for (let i = 0; i < 3; i++) {
      ask(network, 0, 40);
      counts.push(network.core.entryCount());
    }
    // All are over. So many go at once, then one a packet; the one that is asked for lives anew.
    expect(counts).toEqual([6001 - 512, 6000 - 512, 5999 - 512]);
    for (let i = 0; i < 6000; i++) ask(network, 0, 41);
    expect(network.core.entryCount()).toBe(1);
  });
});

describe("timers", () => {
  const times = fc.constantFrom(
    1,
    2,
    29,
    30,
    31,
    1000,
    31_999,
    32_000,
    32_001,
    65_535,
    65_536,
    65_537,
    432_000,
    3_000_000,
  );
  const event = fc.oneof(
    fc.record({ timeout: times, count: fc.integer({ min: 1, max: 150 }) }),
    fc.record({ wait: fc.oneof(times, fc.constantFrom(100_000_000)) }),
  );

  it("end every connection in its second, after gaps of any length", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 3, maxLength: 20 }), async (events) => {
        const network = await trackedNetwork({}, { verifyChecksums: false });
        const ends: number[] = [];
        let now = 1;
        let flow = 0;
        for (const happening of events) {
          if ("timeout" in happening) {
            setUdpTimeout(network, happening.timeout);
            for (let i = 0; i < happening.count; i++) {
              ask(network, flow++, now);
              ends.push(now + happening.timeout);
            }
          } else {
            now += happening.wait;
            network.waitUntil(now);
          }
          network.waitUntil(now);
          expect(network.core.entryCount()).toBe(ends.filter((end) => end > now).length);
        }
      }),
      { numRuns: 12 },
    );
  }, 120_000);
});
