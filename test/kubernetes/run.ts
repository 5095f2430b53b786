import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { checkState } from "./check.ts";
import { checkFlows } from "./flows.ts";
import { corpusOf } from "./packed.ts";
import { checkPartialSync } from "./partial-sync.ts";
import { checkSequence } from "./sequences.ts";
import { checkVectors } from "./vectors.ts";

/** Checks all files of the kube-proxy corpus and prints how many assertions agree. */

const FOLDER = process.argv[2] ?? "../shared/conformance/kube-proxy";
const SHOWN = 5;

const scores = new Map<string, { total: number; agree: number }>();

function score(what: string, name: string, total: number, problems: readonly string[]): void {
  const entry = scores.get(what) ?? { total: 0, agree: 0 };
  scores.set(what, entry);
  entry.total += total;
  entry.agree += total - Math.min(total, problems.length);
  if (problems.length > 0) console.log(`${name}\n  ${problems.slice(0, SHOWN).join("\n  ")}`);
}

const files = readdirSync(FOLDER).filter((name) => name.endsWith(".json"));
const corpus = corpusOf(files.sort().map((name) => readFileSync(join(FOLDER, name), "utf8")));
for (const of of corpus["kube-proxy-case/1"]) {
  const { mode } = of.config;
  score(`${mode} state`, of.name, 1, checkState(of));
  if (mode === "nftables") continue;
  const { total, problems } = await checkFlows(of);
  score(`${mode} flows`, of.name, total, problems);
}
for (const sequence of corpus["kube-proxy-sequence/1"]) {
  score("sequences", sequence.name, 1, await checkSequence(sequence));
}
for (const of of corpus["kube-proxy-partial-sync/1"]) {
  score("partial syncs", "partial-sync", of.steps.length, checkPartialSync(of));
}
for (const vectors of corpus["kube-proxy-vectors/1"]) {
  const { total, problems } = checkVectors(vectors);
  score("vectors", "vectors", total, problems);
}
for (const [what, { agree, total }] of scores) console.log(`${what}: ${agree} of ${total} agree`);
if ([...scores.values()].some(({ agree, total }) => agree < total)) process.exitCode = 1;
