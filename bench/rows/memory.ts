import { CoreRunner } from "../core-runner.ts";
import { summary } from "../measure.ts";
import { benchServices } from "../network.ts";
import { iptablesNode } from "../nodes.ts";
import type { Row } from "../row.ts";
import { BACKENDS, SERVICES } from "../service-traffic.ts";
import { Flows, handshakes } from "../traffic.ts";

/** W16: what a connection takes of the core's memory, table and remembered walks included. */
export const MEMORY: readonly Row[] = [
  {
    id: "W16",
    name: "memory of a connection, 1,000,000 established",
    async run({ quick }) {
      const count = quick ? 200_000 : 1_000_000;
      const services = benchServices(SERVICES, BACKENDS);
      const core = await CoreRunner.create(iptablesNode(services, "nth"));
      const { memory } = core.emulator.core;
      const before = memory.buffer.byteLength;
      core.run(handshakes(new Flows(services, count)));
      const bytes = (memory.buffer.byteLength - before) / count;
      return {
        unit: "bytes",
        measurements: [summary("core", [bytes])],
        comparisons: [{ what: "bytes a connection", value: bytes, limit: 175 }],
      };
    },
  },
];
