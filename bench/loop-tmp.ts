import { readFileSync } from "node:fs";
import { WORKLOADS } from "./workloads.ts";
const core = await WebAssembly.compile(readFileSync(process.argv[2]!));
const w = WORKLOADS.find((x) => x.name === process.argv[3])!;
const r = await w.start({ core });
for (let i = 0; i < Number(process.argv[4]); i++) r.run();
