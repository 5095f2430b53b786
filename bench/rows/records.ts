import { CoreRunner } from "../core-runner.ts";
import { measure } from "../measure.ts";
import { missingCompiler, Native } from "../native.ts";
import { benchNode } from "../network.ts";
import { type Row, ratioTo } from "../row.ts";
import { trafficOf } from "../service-traffic.ts";

/** W1: records to keys. The core's packets are those of other hosts: parsed, hashed, and reported as ignored. */
export const RECORDS: readonly Row[] = [
  {
    id: "W1",
    name: "records to keys, packets for other hosts",
    async run(scale) {
      const { services, opening, timed } = trafficOf(1_000, scale.packets);
      const core = await CoreRunner.create(benchNode(services, {}, [], 0x77));
      const native = Native.start(services, 1_000, opening, timed);
      const contenders = [
        { name: "core", run: () => core.run(timed) },
        ...(native ? [{ name: "C", run: () => native.time("walk") }] : []),
      ];
      const measurements = await measure(contenders, scale.packets, scale.rounds);
      native?.close();
      return { unit: "ns", measurements, comparisons: ratioTo(measurements, "C", 1.05), note: missingCompiler };
    },
  },
];
