import { CoreRunner } from "../core-runner.ts";
import { type Measurement, measure } from "../measure.ts";
import { benchServices } from "../network.ts";
import { iptablesNode } from "../nodes.ts";
import { Openings } from "../openings.ts";
import type { Row, Scale } from "../row.ts";
import { Flows, openings } from "../traffic.ts";

const SERVERS = 3;
const NEW_FLOWS = 10_000;
/** Linear evaluation is slow: fewer packets show it as well. */
const LINEAR_FLOWS = 1_000;

/** W6: the first packet of a flow through the chains that kube-proxy writes, beside linear evaluation. */
export const KUBE_PROXY: readonly Row[] = [
  {
    id: "W6",
    name: "first packets through kube-proxy's chains, 10,000 beside 100 services",
    async run(scale) {
      const sizes = scale.quick ? [10_000, 100] : [10_000, 5_000, 1_000, 100];
      const measurements: Measurement[] = [];
      for (const size of sizes) measurements.push(await indexed(size, scale));
      measurements.push(await linear(10_000, scale));
      const [many] = measurements;
      const few = measurements.find(({ name }) => name === "100 services")!;
      return {
        unit: "ns",
        measurements,
        comparisons: [
          { what: "10,000 / 100 services", value: many!.median / few.median, limit: 1.2 },
          { what: "ns", value: many!.median, limit: 350 },
        ],
      };
    },
  },
];

async function indexed(size: number, scale: Scale): Promise<Measurement> {
  return first(size, `${size.toLocaleString("en")} services`, NEW_FLOWS, true, scale);
}

async function linear(size: number, scale: Scale): Promise<Measurement> {
  return first(size, `linear, ${size.toLocaleString("en")}`, LINEAR_FLOWS, false, scale);
}

async function first(size: number, name: string, count: number, index: boolean, scale: Scale): Promise<Measurement> {
  const services = benchServices(size, SERVERS);
  const core = await CoreRunner.create(iptablesNode(services, "random"), { index });
  const again = new Openings(core, openings(new Flows(services, count)));
  const contender = { name, prepare: () => again.prepare(), run: () => again.run() };
  const [measured] = await measure([contender], count, scale.rounds);
  return measured!;
}
