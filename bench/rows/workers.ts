import { Worker } from "node:worker_threads";
import { summary } from "../measure.ts";
import type { Row } from "../row.ts";

const ROUNDS = 3;
const SHARD = new URL("../shard.ts", import.meta.url).href;
/** A worker does not inherit the loader of TypeScript. */
const START = `
const { workerData } = require("node:worker_threads");
import("tsx/esm/api").then(({ register }) => {
  register();
  return import(workerData);
});
`;

/** W14: two workers with a core each, flows of their own. Wall time: meaningful only where both processors are free. */
export const WORKERS: readonly Row[] = [
  {
    id: "W14",
    name: "two workers, flows of their own (wall time)",
    fullOnly: true,
    async run() {
      const workers = await Promise.all([start(), start()]);
      const single: number[] = [];
      const double: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        single.push(await rate([workers[0]!]));
        double.push(await rate(workers));
      }
      for (const worker of workers) await worker.terminate();
      const [two, one] = [summary("two", double.map(inNs)), summary("one", single.map(inNs))];
      const value = one.median / two.median;
      return {
        unit: "ns",
        measurements: [two, one],
        comparisons: [{ what: "two / one", value, limit: 1.9, atLeast: true }],
      };
    },
  },
];

function inNs(packetsASecond: number): number {
  return 1e9 / packetsASecond;
}

async function start(): Promise<Worker> {
  const worker = new Worker(START, { eval: true, workerData: SHARD });
  await answer(worker);
  return worker;
}

/** Packets a second of all workers together. */
async function rate(workers: readonly Worker[]): Promise<number> {
  const before = performance.now();
  for (const worker of workers) worker.postMessage("run");
  const packets = await Promise.all(workers.map(answer));
  return (packets.reduce((sum, count) => sum + count, 0) * 1000) / (performance.now() - before);
}

function answer(worker: Worker): Promise<number> {
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}
