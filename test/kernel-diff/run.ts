/**
 * `npm run kernel:diff`: random traffic over small nodes, played through a real kernel and through the emulator, and
 * compared as the recorded scenarios are. Exit code 0: no difference.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type RecordedScenario, readGroup } from "../conformance/corpus.ts";
import { runScenario } from "../conformance/outcome.ts";
import { describeDifference, firstDifferences } from "../conformance/print-outcome.ts";
import { addCompared, currentCommit, describeCompared } from "./compared.ts";
import { KINDS, planOf } from "./kinds.ts";
import { missingForOracle, record } from "./oracle.ts";
import { runInSomePhase } from "./phase.ts";
import { Random } from "./random.ts";
import { afterSetup } from "./setup.ts";

const HELP = `Usage: npm run kernel:diff -- [OPTIONS]
  --seed N       first seed; every kind makes a scenario of it, and of the ones after it (default 1)
  --packets N    packets to compare, at least (default 2000)
  --kind KIND    ${[...KINDS.keys()].join(", ")} or all (default all)
  --oracle FILE  the recorder
  --record       write what was compared into compared.jsonl, which README counts
  --keep DIR     leave the recordings there`;
/** Scenarios that are recorded by one start of the guest, at most about, and packets of a scenario, about. */
const BATCH = 16;
const PACKETS = 250;
/** Kinds whose timers end with slots of the kernel's timer wheel. */
const WHEELED: ReadonlySet<string> = new Set(["fragments", "ipvs"]);

const { values: options } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    packets: { type: "string", default: "2000" },
    kind: { type: "string", default: "all" },
    oracle: { type: "string" },
    record: { type: "boolean", default: false },
    keep: { type: "string" },
    help: { type: "boolean" },
  },
});

/** What was compared so far of a kind. */
interface Count {
  scenarios: number;
  packets: number;
  differing: number;
  leftOut: number;
}
const counts = new Map<string, Count>();
let kernel = "";

if (options.help) console.log(HELP);
else await main();

async function main(): Promise<void> {
  const kinds = options.kind === "all" ? [...KINDS.keys()] : [options.kind];
  const unknown = kinds.find((kind) => !KINDS.has(kind));
  if (unknown !== undefined) throw new Error(`no such kind: ${unknown} (${[...KINDS.keys()].join(", ")})`);
  const missing = missingForOracle(options.oracle);
  if (missing !== undefined) {
    console.log(`not run: ${missing}`);
    return;
  }
  for (const kind of kinds) counts.set(kind, { scenarios: 0, packets: 0, differing: 0, leftOut: 0 });
  const first = Number(options.seed);
  const scenarios = Math.min(BATCH, Number(options.packets) / PACKETS);
  const seedsAtOnce = Math.ceil(scenarios / kinds.length);
  const commit = currentCommit();
  const started = performance.now();
  let seed = first;
  while (total("packets") < Number(options.packets) && total("leftOut") <= 10 + total("scenarios")) {
    const folder = options.keep ? join(options.keep, String(seed)) : mkdtempSync(join(tmpdir(), "kernel-diff-"));
    writeBatch(folder, kinds, seed, seed + seedsAtOnce);
    await compareBatch(folder);
    if (!options.keep) rmSync(folder, { recursive: true });
    seed += seedsAtOnce;
  }
  if (total("packets") === 0) {
    console.log("not run: the guest fails, or falls behind, in every scenario");
    return;
  }
  const runs = kinds.map((kind) => ({ kind, seeds: [first, seed - 1], ...counts.get(kind)!, commit, kernel }) as const);
  console.log(describeCompared(runs));
  console.log(`${Math.round(total("packets") / ((performance.now() - started) / 1000))} packets a second`);
  if (total("leftOut") > 0)
    console.log(`${total("leftOut")} scenarios left out: the guest failed or fell behind their clock`);
  if (options.record) addCompared(runs.filter((run) => run.packets > 0));
  process.exitCode = total("differing") === 0 ? 0 : 1;
}

function total(of: keyof Count): number {
  return [...counts.values()].reduce((sum, count) => sum + count[of], 0);
}

function writeBatch(folder: string, kinds: readonly string[], from: number, to: number): void {
  for (let seed = from; seed < to; seed++) {
    for (const kind of kinds) {
      const random = new Random(seed);
      const plan = planOf(kind, random, random.chance(1 / 3));
      const name = `${kind}-${seed}`;
      plan.write(join(folder, "diff", name), name);
    }
  }
}

async function compareBatch(folder: string): Promise<void> {
  const { unusable } = await record(folder, options.oracle);
  for (const scenario of readGroup("diff", folder).map(afterSetup)) {
    const name = scenario.id.slice("diff/".length);
    const reason = unusable.get(name);
    if (reason === undefined) {
      await compareScenario(scenario, name, folder);
      continue;
    }
    countOf(name).leftOut += 1;
    if (reason.startsWith("ERROR")) console.log(`${name}: ${reason}`);
  }
}

function countOf(name: string): Count {
  return counts.get(kindOf(name))!;
}

function kindOf(name: string): string {
  return name.slice(0, name.lastIndexOf("-"));
}

async function compareScenario(scenario: RecordedScenario, name: string, folder: string): Promise<void> {
  const run = WHEELED.has(kindOf(name)) ? runInSomePhase : runScenario;
  let outcome = await run(scenario);
  if (outcome.differences.length > 0) {
    // A busy machine puts a packet down to the next one, or lets a timer run out: believed when it happens twice.
    const { unusable } = await record(join(folder, "diff", name), options.oracle);
    if (unusable.size > 0) {
      countOf(name).leftOut += 1;
      return;
    }
    outcome = await run(afterSetup(readGroup("diff", folder).find(({ id }) => id === scenario.id)!));
  }
  const node = JSON.parse(new TextDecoder().decode(scenario.node.get("scenario.json"))) as Recorded;
  kernel = node.kernel;
  const count = countOf(name);
  count.packets += node.packets;
  count.scenarios += 1;
  if (outcome.differences.length === 0) return;
  count.differing += 1;
  console.log(`${name} differs (shown again by --kind ${kindOf(name)} --seed ${name.slice(kindOf(name).length + 1)})`);
  for (const difference of firstDifferences(outcome)) console.log(describeDifference(difference));
}

/** What the recorder adds to a scenario's description. */
interface Recorded {
  readonly packets: number;
  readonly kernel: string;
}
