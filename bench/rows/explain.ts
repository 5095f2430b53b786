import { CoreRunner } from "../core-runner.ts";
import { measure } from "../measure.ts";
import { benchServices } from "../network.ts";
import { iptablesNode } from "../nodes.ts";
import type { Row } from "../row.ts";
import { established, Flows, handshakes } from "../traffic.ts";

const PACKETS = 100_000;

/** W15: every step of every packet recorded. */
export const EXPLAIN: readonly Row[] = [
  {
    id: "W15",
    name: "every rule of every packet recorded, 1,000 services",
    async run({ rounds }) {
      const services = benchServices(1_000, 3);
      const flows = new Flows(services, 1_000);
      const core = await CoreRunner.create(iptablesNode(services, "nth"), { record: "rules" });
      core.run(handshakes(flows));
      const timed = established(flows, PACKETS);
      const measurements = await measure([{ name: "core", run: () => core.run(timed) }], PACKETS, rounds);
      return {
        unit: "ns",
        measurements,
        comparisons: [{ what: "M/s", value: 1000 / measurements[0]!.median, limit: 1, atLeast: true }],
      };
    },
  },
];
