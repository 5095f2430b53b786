/**
 * `npm run bench [-- --quick] [--json FILE] [--write-readme] [W2 W3 ...]`: the suite of workloads, each beside those that do
 * the same job, against its target.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { printRow, type Result, tableHead, writeReadme } from "./report.ts";
import { FULL, QUICK } from "./row.ts";
import { ROWS } from "./rows/index.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: "boolean" }, json: { type: "string" }, "write-readme": { type: "boolean" } },
});
const scale = values.quick ? QUICK : FULL;
const results: Result[] = [];
console.log("CPU time, median (and spread) of interleaved rounds; the ratios, of one run, are what to trust.\n");
console.log(tableHead());
for (const row of ROWS) {
  if (positionals.length > 0 ? !positionals.includes(row.id) : scale.quick && row.fullOnly) continue;
  const { id, name } = row;
  const result = { id, name, ...(await row.run(scale)) };
  results.push(result);
  console.log(printRow(result));
}
if (values.json) writeFileSync(values.json, `${JSON.stringify(results, undefined, 2)}\n`);
if (values["write-readme"]) writeReadme(results);
