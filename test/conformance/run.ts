/**
 * `npm run conformance [-- GROUP... GROUP/SCENARIO...]`: replays the recorded scenarios and compares what comes out with
 * what a real kernel did. Exit code 0 when all agree.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CORPUS, selectScenarios } from "./corpus.ts";
import { type Outcome, runScenario } from "./outcome.ts";
import { agreementTable, describeDifference, firstDifferences } from "./print-outcome.ts";
import { VARIANTS, variantDifference } from "./variants.ts";

const HELP = `Usage: npm run conformance -- [OPTIONS] [GROUP | GROUP/SCENARIO]...
  --first-light    only the scenarios of the first version (corpus/first-light.txt)
  --verbose        every difference, not only the first of each scenario
  --names          only the names of the scenarios that do not agree
  --corpus DIR     recordings to use: a folder with GROUP.tar.gz or GROUP/SCENARIO/
  --write DIR      write what came out to DIR/GROUP/SCENARIO/, as hookwalk replay --results does
  --no-path-cache, --no-index, --batch N
                   run this variant
  --variants       run all variants too: they have to give the same bytes`;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    "first-light": { type: "boolean" },
    verbose: { type: "boolean" },
    names: { type: "boolean" },
    corpus: { type: "string", default: CORPUS },
    write: { type: "string" },
    "no-path-cache": { type: "boolean" },
    "no-index": { type: "boolean" },
    batch: { type: "string" },
    variants: { type: "boolean" },
    help: { type: "boolean" },
  },
});

if (options.help) {
  console.log(HELP);
} else {
  await main();
}

async function main(): Promise<void> {
  const firstLight = readFileSync(join(CORPUS, "first-light.txt"), "utf8").split("\n").filter(Boolean);
  const names = options["first-light"] ? firstLight : positionals;
  const variant = {
    pathCache: !options["no-path-cache"],
    index: !options["no-index"],
    batch: options.batch === undefined ? undefined : Number(options.batch),
  };
  const started = performance.now();
  const outcomes: Outcome[] = [];
  for (const scenario of selectScenarios(names, options.corpus)) {
    const outcome = await runScenario(scenario, variant);
    outcomes.push(options.variants ? await withVariants(outcome) : outcome);
    report(outcomes.at(-1)!);
    if (options.write) writeResults(join(options.write, scenario.id), outcome);
  }
  if (!options.names) {
    console.log(agreementTable(outcomes).join("\n"));
    console.log(`in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  }
  process.exitCode = outcomes.every(({ differences }) => differences.length === 0) ? 0 : 1;
}

async function withVariants(outcome: Outcome): Promise<Outcome> {
  for (const variant of VARIANTS) {
    const difference = await variantDifference(outcome, variant);
    if (difference) outcome = { ...outcome, differences: [...outcome.differences, difference] };
  }
  return outcome;
}

function report(outcome: Outcome): void {
  if (outcome.differences.length === 0) return;
  if (options.names) {
    console.log(outcome.scenario.id);
    return;
  }
  const shown = options.verbose ? outcome.differences : firstDifferences(outcome);
  const more = outcome.differences.length - shown.length;
  console.log(`${outcome.scenario.id}${more > 0 ? ` (and ${more} more differences)` : ""}`);
  for (const difference of shown) console.log(describeDifference(difference));
}

function writeResults(folder: string, { results }: Outcome): void {
  if (!results) return;
  mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of results) writeFileSync(join(folder, name), bytes);
}
