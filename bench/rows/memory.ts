import { CoreRunner } from "../core-runner.ts";
import { summary } from "../measure.ts";
import { benchServices } from "../network.ts";
import { iptablesNode } from "../nodes.ts";
import type { Row } from "../row.ts";
import { BACKENDS, SERVICES } from "../service-traffic.ts";
import { Flows, handshakes } from "../traffic.ts";

const PAGE_BYTES = 65_536;

/**
 * W16: what a connection takes of the core's memory, table and remembered walks included, as pages that were handed out for it. What
 * the engine has reserved beyond is not counted: nobody has written there, so that it takes addresses and no memory.
 */
export const MEMORY: readonly Row[] = [
  {
    id: "W16",
    name: "memory of a connection (pages in use), 1,000,000 established",
    async run({ quick }) {
      const count = quick ? 200_000 : 1_000_000;
      const services = benchServices(SERVICES, BACKENDS);
      const core = await CoreRunner.create(iptablesNode(services, "nth"));
      const before = core.emulator.core.usedPages();
      core.run(handshakes(new Flows(services, count)));
      const bytes = ((core.emulator.core.usedPages() - before) * PAGE_BYTES) / count;
      return {
        unit: "bytes",
        measurements: [summary("core", [bytes])],
        comparisons: [{ what: "bytes a connection", value: bytes, limit: 175 }],
      };
    },
  },
];
