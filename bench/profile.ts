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
  for (let i = 0; i < 5; i++) {
    running.prepare?.();
    running.run();
  }
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: 200 });
  const profiles: Profiler.Profile[] = [];
  let time = 0;
  for (let i = 0; i < ROUNDS; i++) {
    running.prepare?.();
    if (i === 0 || running.prepare) await session.post("Profiler.start");
    const before = process.cpuUsage();
    running.run();
    const { user, system } = process.cpuUsage(before);
    time += user + system;
    if (i + 1 === ROUNDS || running.prepare) profiles.push((await session.post("Profiler.stop")).profile);
  }
  session.disconnect();
  print(name, profiles, (time * 1000) / (ROUNDS * running.packets));
}

function print(name: string, profiles: readonly Profiler.Profile[], total: number): void {
  const self = new Map<string, number>();
  let samples = 0;
  for (const { callFrame, hitCount = 0 } of profiles.flatMap(({ nodes }) => nodes)) {
    samples += hitCount;
    self.set(callFrame.functionName, (self.get(callFrame.functionName) ?? 0) + hitCount);
  }
  console.log(`\n${name}: ${total.toFixed(0)} ns a packet`);
  for (const [label, hits] of [...self].sort((a, b) => b[1] - a[1])) {
    if (hits < samples * LEAST_SHARE) break;
    console.log(`${((hits / samples) * total).toFixed(1).padStart(8)}  ${label}`);
  }
}
