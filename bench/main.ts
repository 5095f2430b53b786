/** `npm run bench`: the core beside a plain TypeScript twin of its least job, and indexed beside linear rule evaluation. */
import { benchEstablished, benchNewFlows } from "./core-path.ts";
import type { Measurement } from "./measure.ts";
import { benchIndex } from "./rule-index.ts";

console.log("CPU time, median of interleaved rounds; the ratio is the figure to trust.\n");
console.log("| packets | core, ns a packet | packets/s | plain TypeScript twin, ns | twin / core |");
console.log("| --- | --- | --- | --- | --- |");
print("established, 1,000 flows", await benchEstablished(1_000));
print("established, 50,000 flows", await benchEstablished(50_000));
print("new flows", await benchNewFlows());
console.log(
  "\n| first packets through kube-proxy's chains | indexed, ns a packet | packets/s | linear, ns | linear / indexed |",
);
console.log("| --- | --- | --- | --- | --- |");
for (const services of [10, 100, 1_000]) print(`${services} services`, await benchIndex(services));

function print(name: string, [ours, other]: Measurement[]): void {
  const rate = `${(1000 / ours!.median).toFixed(2)} M`;
  const ratio = (other!.median / ours!.median).toFixed(2);
  console.log(`| ${name} | ${ours!.median.toFixed(0)} | ${rate} | ${other!.median.toFixed(0)} | ${ratio} |`);
}
