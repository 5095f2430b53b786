import { packetsOf } from "./chunk.ts";
import { CoreRunner } from "./core-runner.ts";
import { type Measurement, summary } from "./measure.ts";
import { iptablesNode } from "./nodes.ts";
import { QUICK } from "./row.ts";
import { trafficOf } from "./service-traffic.ts";

const ROUNDS = 7;
/** Runs of the traffic in a round: browsers' clocks tick in milliseconds. */
const RUNS = 10;
/** Runs before the first round: compilers take a second or more to be done with the core. */
const WARM_UP_MS = 3000;

/** W2 and W3 by wall time, in nanoseconds a packet: in Node and in a page alike. */
export async function roundsOf(): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  for (const flows of [1_000, 100_000]) {
    const { services, opening, timed } = trafficOf(flows, QUICK.packets);
    const core = await CoreRunner.create(iptablesNode(services, "nth"));
    core.run(opening);
    const began = performance.now();
    while (performance.now() - began < WARM_UP_MS) core.run(timed);
    const times = Array.from({ length: ROUNDS }, () => {
      const before = performance.now();
      for (let run = 0; run < RUNS; run++) core.run(timed);
      return ((performance.now() - before) * 1e6) / (RUNS * packetsOf(timed));
    });
    measurements.push(summary(`established, ${flows.toLocaleString("en")} flows`, times));
  }
  return measurements;
}
