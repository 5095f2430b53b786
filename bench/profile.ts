/**
 * `npm run bench:profile -- core.wasm [workload...]`: where the nanoseconds go. The core has to be built with names
 * (`npm run build:core -- --profile`).
 */
import { readFileSync } from "node:fs";
import { type Profiler, Session } from "node:inspector/promises";
import { WORKLOADS } from "./workloads.ts";

const ROUNDS = 40;
const LEAST_SHARE = 0.008;

const [file = "build/core.profile.wasm", ...names] = process.argv.slice(2);
const core = await WebAssembly.compile(readFileSync(file));
for (const { name, start } of WORKLOADS) {
  if (names.length > 0 && !names.includes(name)) continue;
  const running = await start({ core });
  for (let i = 0; i < 5; i++) running.run();
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: 200 });
  await session.post("Profiler.start");
  const before = process.cpuUsage();
  for (let i = 0; i < ROUNDS; i++) running.run();
  const { user, system } = process.cpuUsage(before);
  const { profile } = await session.post("Profiler.stop");
  session.disconnect();
  print(name, profile, ((user + system) * 1000) / (ROUNDS * running.packets));
}

function print(name: string, profile: Profiler.Profile, total: number): void {
  const self = new Map<string, number>();
  let samples = 0;
  for (const { callFrame, hitCount = 0 } of profile.nodes) {
    samples += hitCount;
    self.set(callFrame.functionName, (self.get(callFrame.functionName) ?? 0) + hitCount);
  }
  console.log(`\n${name}: ${total.toFixed(0)} ns a packet`);
  for (const [label, hits] of [...self].sort((a, b) => b[1] - a[1])) {
    if (hits < samples * LEAST_SHARE) break;
    console.log(`${((hits / samples) * total).toFixed(1).padStart(8)}  ${label}`);
  }
}
