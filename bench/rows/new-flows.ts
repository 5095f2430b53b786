import { compareChecked } from "../accumulator.ts";
import { CoreRunner } from "../core-runner.ts";
import { type Measurement, measure } from "../measure.ts";
import { missingCompiler, Native } from "../native.ts";
import { benchServices } from "../network.ts";
import { ipvsNode } from "../nodes.ts";
import { Openings } from "../openings.ts";
import { type Row, ratioTo } from "../row.ts";
import { SERVICES } from "../service-traffic.ts";
import { Flows, openings } from "../traffic.ts";

const ROUNDS = 5;
/** Packets before the first round that counts: few of them leave the core's code as the engine first made it. */
const WARM_UP_PACKETS = 200_000;

/**
 * W5: every packet begins a connection to a virtual service, on a node that has had as many before, as the C reference has. Beside it
 * a node that has had none: there the memory of the connections is touched for the first time.
 */
export const NEW_FLOWS: readonly Row[] = [
  beside("new flows, IPVS rr, 1,000", 1_000, 1.3),
  beside("new flows, IPVS rr, 100,000", 100_000, 1),
  beside("new flows, IPVS rr, 1,000,000", 1_000_000, 1.1, true),
  scheduler("wlc"),
  scheduler("mh"),
];

function beside(name: string, count: number, limit: number, fullOnly = false): Row {
  return {
    id: "W5",
    name,
    fullOnly,
    async run() {
      const services = benchServices(SERVICES, 8);
      const chunks = openings(new Flows(services, count));
      const native = Native.start(services, count, [], chunks);
      const core = await freshCore(services, "rr");
      compareChecked({ core: core.check(chunks), C: await native?.check() });
      const again = new Openings(core, chunks);
      let fresh = core;
      const contenders = [
        { name: "core", prepare: () => again.prepare(), run: () => again.run() },
        ...(native ? [{ name: "C", prepare: () => native.time("new"), run: () => native.time("run") }] : []),
      ];
      const first = {
        name: "fresh core",
        prepare: async () => {
          fresh = await freshCore(services, "rr");
        },
        run: () => fresh.run(chunks),
      };
      const warmUp = Math.max(2, WARM_UP_PACKETS / count);
      const measurements = await measure(contenders, count, ROUNDS, warmUp);
      measurements.push(...(await measure([first], count, ROUNDS)));
      native?.close();
      return { unit: "ns", measurements, comparisons: ratioTo(measurements, "C", limit), note: missingCompiler };
    },
  };
}

/** What a scheduler costs with many servers, beside few. */
function scheduler(name: string): Row {
  return {
    id: "W5",
    name: `new flows, IPVS ${name}, 250 servers beside 8`,
    async run() {
      const count = 20_000;
      const measurements: Measurement[] = [];
      for (const backends of [250, 8]) {
        const services = benchServices(10, backends);
        const chunks = openings(new Flows(services, count));
        const again = new Openings(await freshCore(services, name), chunks);
        const contender = {
          name: `${backends} servers`,
          prepare: () => again.prepare(),
          run: () => again.run(),
        };
        measurements.push(...(await measure([contender], count, ROUNDS)));
      }
      const value = measurements[0]!.median / measurements[1]!.median;
      return { unit: "ns", measurements, comparisons: [{ what: "250 / 8 servers", value, limit: 1.2 }] };
    },
  };
}

async function freshCore(services: ReturnType<typeof benchServices>, name: string): Promise<CoreRunner> {
  return CoreRunner.create(ipvsNode(services, name));
}
