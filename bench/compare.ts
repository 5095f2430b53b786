/** `npm run bench:compare -- before.wasm after.wasm [workload...]`: two builds of the core beside each other. */
import { readFileSync } from "node:fs";
import { measure } from "./measure.ts";
import { WORKLOADS } from "./workloads.ts";

const ROUNDS = 9;

const [before, after, ...names] = process.argv.slice(2);
if (!before || !after) throw new Error("which two builds? bench:compare -- before.wasm after.wasm [workload...]");
const modules = await Promise.all([before, after].map((file) => WebAssembly.compile(readFileSync(file))));
console.log("| workload | before, ns a packet | after | after / before |");
console.log("| --- | --- | --- | --- |");
for (const { name, start } of WORKLOADS) {
  if (names.length > 0 && !names.includes(name)) continue;
  const [old, young] = await Promise.all(modules.map((core) => start({ core })));
  const contenders = [
    { name: "before", ...old! },
    { name: "after", ...young! },
  ];
  const [first, second] = await measure(contenders, old!.packets, ROUNDS);
  const ratio = (second!.median / first!.median).toFixed(2);
  console.log(`| ${name} | ${first!.median.toFixed(0)} | ${second!.median.toFixed(0)} | ${ratio} |`);
}
