/**
 * `npm run conformance:cluster [-- CASE...]`: replays captures of whole nodes (../shared/conformance/cluster, or the folder in
 * --cases) and compares every packet that left and the state afterwards with what the kernel did. Exit code 1 when a case
 * that can be predicted whole differs.
 */
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Mask } from "../compare/mask-names.ts";
import type { Difference } from "../compare/results.ts";
import { readClusterCase } from "./case.ts";
import { runClusterCase } from "./outcome.ts";

interface Limits {
  /** Why the case cannot agree whole. */
  readonly reason: string;
}

/** Cases whose capture does not say all that decided; all others have to agree whole. */
const LIMITS: Readonly<Record<string, Limits>> = {
  "iptables-random": {
    reason: "endpoints (statistic random) and source ports (--random-fully) are the kernel's own choice",
  },
  "iptables-node-local": { reason: "TCP of the node itself passes the hooks in larger pieces than are on the wire" },
};
/** With offloads on, a card would have finished the checksums that are in the capture. */
const MASKS: Readonly<Record<string, readonly Mask[]>> = { "iptables-offload": ["l4-csum"] };
const LONGEST_TEXT = 600;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { cases: { type: "string", default: "../shared/conformance/cluster" }, verbose: { type: "boolean" } },
});

const folder = resolve(options.cases);
let whole = 0;
let failed = false;
const names = positionals.length > 0 ? positionals : caseNames();
for (const name of names) {
  const recorded = await readClusterCase(join(folder, name));
  const limits = LIMITS[name];
  const outcome = await runClusterCase(recorded, new Set(MASKS[name]));
  const { ownPackets, chosenPorts, samePackets, differences } = outcome;
  const { length } = recorded.departures;
  const own = ownPackets > 0 ? `, ${ownPackets} of the node's own stack` : "";
  const ports = chosenPorts > 0 ? `, ${chosenPorts} source ports chosen otherwise` : "";
  console.log(
    `${name}: ${recorded.arrivals.length} in${own}; ${samePackets} of ${length} that left are the same${ports}`,
  );
  if (differences.length === 0) {
    whole++;
    console.log("  all counters, connections and statistics are the same");
    continue;
  }
  failed ||= limits === undefined;
  console.log(`  differs: ${countsOf(differences)}${limits ? ` (${limits.reason})` : ""}`);
  for (const { file, text } of options.verbose ? differences : differences.slice(0, 1))
    console.log(`  ${file}: ${text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)} ...` : text}`);
}
console.log(`${whole} of ${names.length} cases agree whole`);
process.exitCode = failed ? 1 : 0;

function caseNames(): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

function countsOf(differences: readonly Difference[]): string {
  const counts = new Map<string, number>();
  for (const { file } of differences) counts.set(file, (counts.get(file) ?? 0) + 1);
  return [...counts].map(([file, count]) => `${file} ${count}`).join(", ");
}
