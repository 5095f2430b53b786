/** A worker of row W14: a core with flows of its own, run whenever it is told to. */
import { parentPort } from "node:worker_threads";
import { packetsOf } from "./chunk.ts";
import { CoreRunner } from "./core-runner.ts";
import { iptablesNode } from "./nodes.ts";
import { QUICK } from "./row.ts";
import { trafficOf } from "./service-traffic.ts";

const REPEATS = 10;

const { services, opening, timed } = trafficOf(10_000, QUICK.packets);
const core = await CoreRunner.create(iptablesNode(services, "nth"));
core.run(opening);
core.run(timed);
parentPort!.on("message", () => {
  for (let i = 0; i < REPEATS; i++) core.run(timed);
  parentPort!.postMessage(REPEATS * packetsOf(timed));
});
parentPort!.postMessage(0);
