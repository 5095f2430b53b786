import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ProxyCase } from "./case.ts";
import { checkState } from "./check.ts";
import { checkFlows } from "./flows.ts";

/** Checks all cases of the kube-proxy corpus and prints how many agree. */

const FOLDER = process.argv[2] ?? "../shared/conformance/kube-proxy";

interface Score {
  total: number;
  agree: number;
}

const scores = new Map<string, Score>();

function score(name: string, total: number, problems: readonly string[]): void {
  const entry = scores.get(name) ?? { total: 0, agree: 0 };
  scores.set(name, entry);
  entry.total += total;
  entry.agree += total - Math.min(total, problems.length);
}

function report(of: ProxyCase, problems: readonly string[]): void {
  if (problems.length > 0) console.log(`${of.name}\n  ${problems.slice(0, 5).join("\n  ")}`);
}

for (const file of readdirSync(FOLDER).sort()) {
  if (!file.endsWith(".json")) continue;
  const of = JSON.parse(readFileSync(join(FOLDER, file), "utf8")) as ProxyCase & { format: string };
  if (of.format !== "kube-proxy-case/1") continue;
  const problems = checkState(of);
  score(`${of.config.mode} state`, 1, problems);
  report(of, problems);
  if (of.config.mode === "nftables") continue;
  const flows = await checkFlows(of);
  score(`${of.config.mode} flows`, flows.total, flows.problems);
  report(of, flows.problems);
}
for (const [name, { agree, total }] of scores) console.log(`${name}: ${agree} of ${total} agree`);
