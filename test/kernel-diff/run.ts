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
import { KINDS } from "./kinds.ts";
import { missingForOracle, record } from "./oracle.ts";
import { Plan } from "./plan.ts";
import { Random } from "./random.ts";

const HELP = `Usage: npm run kernel:diff -- [OPTIONS]
  --seed N       first seed; every scenario has its own, one after the other (default 1)
  --packets N    packets to compare, at least (default 2000)
  --kind KIND    ${[...KINDS.keys()].join(", ")} or all (default all)
  --oracle FILE  the recorder
  --keep DIR     leave the recordings there`;
/** Scenarios that are recorded by one start of the guest. */
const BATCH = 24;

const { values: options } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    packets: { type: "string", default: "2000" },
    kind: { type: "string", default: "all" },
    oracle: { type: "string" },
    keep: { type: "string" },
    help: { type: "boolean" },
  },
});

/** What was compared so far. */
const compared = { packets: 0, scenarios: 0, unusable: 0, differing: 0, kinds: new Map<string, number>() };

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
  let seed = Number(options.seed);
  for (; compared.packets < Number(options.packets) && compared.unusable <= 10 + compared.scenarios; seed += BATCH) {
    const folder = options.keep ? join(options.keep, String(seed)) : mkdtempSync(join(tmpdir(), "kernel-diff-"));
    writeBatch(folder, kinds, seed);
    await compareBatch(folder);
    if (!options.keep) rmSync(folder, { recursive: true });
  }
  const parts = [...compared.kinds].map(([kind, packets]) => `${kind} ${packets}`).join(", ");
  console.log(
    `${compared.packets} packets compared (${parts}) in ${compared.scenarios} scenarios; ${compared.differing} differ`,
  );
  if (compared.unusable > 0) console.log(`${compared.unusable} scenarios left out: the guest fell behind their clock`);
  process.exitCode = compared.differing === 0 ? 0 : 1;
}

function writeBatch(folder: string, kinds: readonly string[], firstSeed: number): void {
  for (let seed = firstSeed; seed < firstSeed + BATCH; seed++) {
    const random = new Random(seed);
    const kind = kinds[seed % kinds.length]!;
    const plan = new Plan(random, random.chance(1 / 3));
    KINDS.get(kind)!(plan);
    const name = `${kind}-${seed}`;
    plan.write(join(folder, "diff", name), name);
  }
}

async function compareBatch(folder: string): Promise<void> {
  const { unusable } = await record(folder, options.oracle);
  for (const scenario of readGroup("diff", folder)) {
    const name = scenario.id.slice("diff/".length);
    if (unusable.has(name)) compared.unusable += 1;
    else await compareScenario(scenario, name, folder);
  }
}

async function compareScenario(scenario: RecordedScenario, name: string, folder: string): Promise<void> {
  let outcome = await runScenario(scenario);
  if (outcome.differences.length > 0) {
    // A busy machine puts a packet down to the next one, or lets a timer run out: believed when it happens twice.
    const { unusable } = await record(join(folder, "diff", name), options.oracle);
    if (unusable.size > 0) {
      compared.unusable += 1;
      return;
    }
    outcome = await runScenario(readGroup("diff", folder).find(({ id }) => id === scenario.id)!);
  }
  const { packets } = JSON.parse(new TextDecoder().decode(scenario.node.get("scenario.json"))) as { packets: number };
  const kind = name.slice(0, name.indexOf("-"));
  compared.packets += packets;
  compared.scenarios += 1;
  compared.kinds.set(kind, (compared.kinds.get(kind) ?? 0) + packets);
  if (outcome.differences.length === 0) return;
  compared.differing += 1;
  console.log(`${name} differs (shown again by --kind ${options.kind} --seed ${name.slice(kind.length + 1)})`);
  for (const difference of firstDifferences(outcome)) console.log(describeDifference(difference));
}
