import { CoreRunner } from "../core-runner.ts";
import { measure } from "../measure.ts";
import { filterRules, iptablesNode, ipvsNode, MANGLE, TRACKING } from "../nodes.ts";
import type { Row } from "../row.ts";
import { trafficOf } from "../service-traffic.ts";

/** W7 to W9: what rules, and IPVS in place of iptables, add to established packets. */
export const FIDELITY: readonly Row[] = [
  rules("established with 20 filter rules and marks, 1,000 flows", 1_000),
  rules("established with 20 filter rules and marks, 100,000 flows", 100_000),
  rules("established with 20 filter rules and marks, 1,000,000 flows", 1_000_000, true),
  ipvs("established in IPVS mode, 1,000 flows", 1_000),
  ipvs("established in IPVS mode, 100,000 flows", 100_000),
  {
    id: "W9",
    name: "established behind 2,000 filter rules, 1,000 flows",
    async run(scale) {
      const { services, opening, timed } = trafficOf(1_000, scale.packets);
      const contenders = [];
      for (const count of [2_000, 200, 20, 0]) {
        const core = await CoreRunner.create(
          iptablesNode(services, "nth", count === 0 ? TRACKING : filterRules(count)),
        );
        core.run(opening);
        contenders.push({ name: count === 0 ? "no rules" : `${count} rules`, run: () => core.run(timed) });
      }
      const measurements = await measure(contenders, scale.packets, scale.rounds);
      const value = measurements[0]!.median - measurements.at(-1)!.median;
      return { unit: "ns", measurements, comparisons: [{ what: "ns over no rules", value, limit: 3 }] };
    },
  },
];

function rules(name: string, count: number, fullOnly = false): Row {
  return {
    id: "W7",
    name,
    fullOnly,
    async run(scale) {
      const { services, opening, timed } = trafficOf(count, scale.packets);
      const full = await CoreRunner.create(iptablesNode(services, "nth", `${MANGLE}${filterRules(20)}`));
      const bare = await CoreRunner.create(iptablesNode(services, "nth"));
      for (const core of [full, bare]) core.run(opening);
      const contenders = [
        { name: "core", run: () => full.run(timed) },
        { name: "bare", run: () => bare.run(timed) },
      ];
      const measurements = await measure(contenders, scale.packets, scale.rounds);
      const value = measurements[0]!.median / measurements[1]!.median;
      return { unit: "ns", measurements, comparisons: [{ what: "rules / W2–W4", value, limit: 1.6 }] };
    },
  };
}

function ipvs(name: string, count: number): Row {
  return {
    id: "W8",
    name,
    async run(scale) {
      const { services, opening, timed } = trafficOf(count, scale.packets);
      const ipvsCore = await CoreRunner.create(ipvsNode(services));
      const rulesCore = await CoreRunner.create(iptablesNode(services, "nth", filterRules(20)));
      for (const core of [ipvsCore, rulesCore]) core.run(opening);
      const contenders = [
        { name: "core", run: () => ipvsCore.run(timed) },
        { name: "iptables", run: () => rulesCore.run(timed) },
        {
          // As `hookwalk compare' does it: both nodes get each piece of the capture before the next one.
          name: "both",
          run: () => {
            for (const chunk of timed) {
              ipvsCore.run([chunk]);
              rulesCore.run([chunk]);
            }
          },
        },
      ];
      const measurements = await measure(contenders, scale.packets, scale.rounds);
      const [one, other, both] = measurements;
      const value = (2 * both!.median) / (one!.median + other!.median);
      return { unit: "ns", measurements, comparisons: [{ what: "both / mean of one", value, limit: 1.9 }] };
    },
  };
}
