import { compareChecked } from "../accumulator.ts";
import type { Chunk } from "../chunk.ts";
import { CoreRunner } from "../core-runner.ts";
import { type Contender, type Measurement, measure } from "../measure.ts";
import { missingCompiler, Native } from "../native.ts";
import { benchServices } from "../network.ts";
import { iptablesNode } from "../nodes.ts";
import { type Comparison, type Outcome, type Row, ratioTo } from "../row.ts";
import { BACKENDS, SERVICES } from "../service-traffic.ts";
import { eachHandshake, established, Flows, type Pick, uniform, zipf } from "../traffic.ts";
import { Twin } from "../twin.ts";

/** W2 to W4, and W17 beside each: established TCP connections to services, translated both ways. */
export const ESTABLISHED: readonly Row[] = [
  row("W2", "established, 1,000 flows", 1_000, uniform, 1.25, 3.3),
  row("W3", "established, 100,000 flows", 100_000, uniform, 1.2, 8),
  row("W4", "established, 1,000,000 flows", 1_000_000, uniform, 1.1, 9, true),
  row("W4", "established, 1,000,000 flows, Zipf", 1_000_000, zipf, 1.2, 9, true),
  row("W4", "established, 4,000,000 flows", 4_000_000, uniform, 1.2, 9, true),
];

function row(
  id: string,
  name: string,
  count: number,
  pick: (count: number) => Pick,
  toNative: number,
  toTwin: number,
  fullOnly = false,
): Row {
  return {
    id,
    name,
    fullOnly,
    async run(scale) {
      const services = benchServices(SERVICES, BACKENDS);
      const flows = new Flows(services, count);
      const timed = established(flows, scale.packets, pick(count));
      const core = await CoreRunner.create(iptablesNode(services, "nth"));
      const twin = new Twin(services, count);
      const opening = openIn([core, twin], flows);
      const native = Native.start(services, count, opening, timed);
      // Without a compiler nobody has taken the chunks.
      for (const _ of opening);
      await native?.time("open");
      compareChecked({ core: core.check(timed), twin: twin.check(timed), C: await native?.check() });
      const contenders: Contender[] = [
        { name: "core", run: () => core.run(timed) },
        ...(native ? [{ name: "C", run: () => native.time("run") }] : []),
        { name: "twin", run: () => twin.run(timed) },
      ];
      const measurements = await measure(contenders, scale.packets, scale.rounds);
      native?.close();
      return outcome(measurements, toNative, toTwin);
    },
  };
}

/** Opens the flows in each of them, and hands the chunks on: four million flows have more than should be kept. */
function* openIn(runners: readonly { run(chunks: readonly Chunk[]): void }[], flows: Flows): Generator<Chunk> {
  for (const chunk of eachHandshake(flows)) {
    for (const runner of runners) runner.run([chunk]);
    yield chunk;
  }
}

function outcome(measurements: Measurement[], toNative: number, toTwin: number): Outcome {
  const twin = measurements.find(({ name }) => name === "twin")!;
  const faster: Comparison = {
    what: "W17: twin / core",
    value: twin.median / measurements[0]!.median,
    limit: toTwin,
    atLeast: true,
  };
  return {
    unit: "ns",
    measurements,
    comparisons: [...ratioTo(measurements, "C", toNative), faster],
    note: missingCompiler,
  };
}
