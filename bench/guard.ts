/**
 * `npm run bench:guard`: a few ratios within a minute, beside those that were recorded. Fails when one has fallen below half of
 * its recorded value; times are not compared, machines differ. `-- --record` records the present ones.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Chunk } from "./chunk.ts";
import { CoreRunner } from "./core-runner.ts";
import { type Contender, measure } from "./measure.ts";
import { benchServices } from "./network.ts";
import { filterRules, iptablesNode } from "./nodes.ts";
import { trafficOf } from "./service-traffic.ts";
import { Flows, openings } from "./traffic.ts";
import { Twin } from "./twin.ts";

const PACKETS = 50_000;
const ROUNDS = 5;
const NEW_FLOWS = 1_000;
const LEAST_SHARE = 0.5;
const RECORDED = fileURLToPath(new URL("guard.json", import.meta.url));

const ratios: Record<string, number> = {
  "twin / core, 1,000 flows": await besideTwin(1_000),
  "twin / core, 50,000 flows": await besideTwin(50_000),
  "walk / shortcut": await besideWalk(),
  "linear / indexed, 2,000 services": await besideLinear(2_000),
};

if (process.argv.includes("--record")) {
  const rounded = Object.fromEntries(Object.entries(ratios).map(([name, ratio]) => [name, Number(ratio.toFixed(2))]));
  writeFileSync(RECORDED, `${JSON.stringify(rounded, undefined, 2)}\n`);
}
const recorded = JSON.parse(readFileSync(RECORDED, "utf8")) as Record<string, number>;
for (const [name, ratio] of Object.entries(ratios)) {
  const least = LEAST_SHARE * recorded[name]!;
  const isSlow = ratio < least;
  console.log(
    `${isSlow ? "too slow" : "ok"}: ${name} ${ratio.toFixed(2)}, recorded ${recorded[name]}, at least ${least.toFixed(2)}`,
  );
  if (isSlow) process.exitCode = 1;
}

/** How many times longer the second takes. */
async function ratio(ours: Contender, other: Contender, packets: number): Promise<number> {
  const [first, second] = await measure([ours, other], packets, ROUNDS);
  return second!.median / first!.median;
}

async function besideTwin(flows: number): Promise<number> {
  const { services, opening, timed } = trafficOf(flows, PACKETS);
  const core = await CoreRunner.create(iptablesNode(services, "nth"));
  const twin = new Twin(services, flows);
  core.run(opening);
  twin.run(opening);
  return ratio({ name: "core", run: () => core.run(timed) }, { name: "twin", run: () => twin.run(timed) }, PACKETS);
}

async function besideWalk(): Promise<number> {
  const { services, opening, timed } = trafficOf(1_000, PACKETS);
  const node = iptablesNode(services, "nth", filterRules(20));
  const quick = await CoreRunner.create(node);
  const thorough = await CoreRunner.create(node, { pathCache: false });
  for (const core of [quick, thorough]) core.run(opening);
  return ratio(
    { name: "shortcut", run: () => quick.run(timed) },
    { name: "walk", run: () => thorough.run(timed) },
    PACKETS,
  );
}

async function besideLinear(serviceCount: number): Promise<number> {
  const services = benchServices(serviceCount, 3);
  const node = iptablesNode(services, "random");
  const indexed = await CoreRunner.create(node);
  const linear = await CoreRunner.create(node, { index: false });
  let chunks: Chunk[] = [];
  let round = 0;
  const prepare = () => {
    chunks = openings(new Flows(services, NEW_FLOWS, NEW_FLOWS * round++));
  };
  return ratio(
    { name: "indexed", prepare, run: () => indexed.run(chunks) },
    { name: "linear", run: () => linear.run(chunks) },
    NEW_FLOWS,
  );
}
