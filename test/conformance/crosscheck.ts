/**
 * `npm run conformance:crosscheck [-- ORACLE]`: does this comparison agree with the recordings' own, compare.py, on which
 * scenarios pass? Asked of what the emulator makes of every scenario, and of recordings with one thing changed. ORACLE is
 * the folder of compare.py; default: ../shared/oracle. Exit code 1 when the two disagree anywhere.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { compareResults } from "./compare/index.ts";
import type { ResultFiles } from "./compare/results.ts";
import { type RecordedScenario, selectScenarios } from "./corpus.ts";
import { Dice, mutate } from "./mutate.ts";
import { runScenario } from "./outcome.ts";

const MUTATIONS = 6;

/** Compares the pairs of folders that standard input names and answers a line for each: "same" or the first difference. */
const ASK_COMPARE_PY = `
import sys, json
sys.path.insert(0, sys.argv[1])
from compare import compare_dirs
for line in sys.stdin:
    expected, actual = line.rstrip("\\n").split("\\t")
    result = compare_dirs(expected, actual)
    print("same" if result["same"] else json.dumps(result["diffs"][0]))
`;

interface Question {
  readonly name: string;
  readonly ours: boolean;
  readonly ourDifference: string;
  readonly folders: string;
}

const oracle = resolve(process.argv[2] ?? "../shared/oracle");
const work = mkdtempSync(join(tmpdir(), "crosscheck-"));
try {
  await main();
} finally {
  rmSync(work, { recursive: true });
}

async function main(): Promise<void> {
  const questions: Question[] = [];
  for (const [index, scenario] of selectScenarios([]).entries()) {
    const recorded = writeRecording(scenario);
    const ask = (name: string, results: ResultFiles) => questions.push(question(scenario, recorded, name, results));
    const { results } = await runScenario(scenario);
    if (results) ask("replay", results);
    const dice = new Dice(index);
    for (let i = 0; i < MUTATIONS; i++) ask(`mutation-${i}`, mutate(scenario.expected, dice));
  }
  const answers = askComparePy(questions);
  const disagreements = questions.filter(({ ours }, i) => ours !== (answers[i] === "same"));
  for (const { name, ours, ourDifference } of disagreements) {
    const theirs = answers[questions.findIndex((question) => question.name === name)];
    console.log(`${name}: here ${ours ? "same" : ourDifference}; compare.py ${theirs}`);
  }
  const replays = questions.filter(({ name }) => name.endsWith(" replay"));
  const agreeing = replays.filter(({ ours }) => ours).length;
  console.log(`${agreeing} of ${replays.length} replays agree with the kernel in both comparisons`);
  console.log(`${questions.length} pairs compared, ${disagreements.length} judged differently`);
  process.exitCode = disagreements.length === 0 ? 0 : 1;
}

function writeRecording(scenario: RecordedScenario): string {
  const folder = join(work, scenario.id.replace("/", "-"));
  writeFiles(join(folder, "expected"), scenario.expected);
  writeFileSync(join(folder, "scenario.json"), scenario.node.get("scenario.json")!);
  return folder;
}

function question(scenario: RecordedScenario, recorded: string, name: string, results: ResultFiles): Question {
  writeFiles(join(recorded, name), results);
  const differences = compareResults(scenario.expected, results, scenario.masks);
  return {
    name: `${scenario.id} ${name}`,
    ours: differences.length === 0,
    ourDifference: differences[0] ? `${differences[0].file}: ${differences[0].text}` : "",
    folders: `${join(recorded, "expected")}\t${join(recorded, name)}`,
  };
}

function writeFiles(folder: string, files: ResultFiles): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
}

function askComparePy(questions: readonly Question[]): string[] {
  const input = questions.map(({ folders }) => `${folders}\n`).join("");
  const { status, stdout, stderr } = spawnSync("python3", ["-c", ASK_COMPARE_PY, oracle], {
    input,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`compare.py: ${stderr}`);
  return stdout.trimEnd().split("\n");
}
