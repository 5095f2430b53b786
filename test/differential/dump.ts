import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { splitWords } from "../../src/config/words.ts";
import { answerQuestion } from "../../src/tools/record.ts";
import { type RuleLine, ruleLine } from "../support/rule-lines.ts";

/** Adds each rule to a table of its own, and one behind it with `-vv`, which prints the table as it was before. */
const DUMP_ALL = `
cd "$1"
for rules in *.rules; do
  n=\${rules%.rules}
  read -r tool table chain < $n.how
  $tool-legacy-restore < $rules 2> /dev/null && $tool-legacy -t $table -vv -A $chain > $n.dump
  echo "*$table
COMMIT" | $tool-legacy-restore
done`;

/** What `iptables -vv` of the machine prints of random rules, beside what hookwalk does. @returns the rules, and where they differ. */
export async function compareDumps(count: number, seed: number): Promise<{ compared: number; differences: string[] }> {
  const lines = fc.sample(fc.oneof(ruleLine(4), ruleLine(6)), { numRuns: count, seed }).filter(isComparable);
  const dumps = realDumps(lines);
  const differences: string[] = [];
  let compared = 0;
  for (const [i, line] of lines.entries()) {
    const real = dumps[i];
    if (real === undefined) continue;
    compared++;
    const ours = await ourDump(line);
    if (ours !== real) differences.push(`${line.table} ${line.chain} ${line.rule}\n${real}\nours:\n${ours}`);
  }
  return { compared, differences };
}

/** SYNPROXY is refused. That somebody wrote `-p all` is a flag of IPv6 entries, which no saved file tells and hookwalk does not keep. */
function isComparable({ family, rule }: RuleLine): boolean {
  return !/SYNPROXY/.test(rule) && !(family === 6 && /-p (?:all|0)\b/.test(rule));
}

function realDumps(lines: readonly RuleLine[]): (string | undefined)[] {
  const folder = mkdtempSync(join(tmpdir(), "dumps-"));
  try {
    for (const [i, { family, table, chain, rule }] of lines.entries()) {
      writeFileSync(join(folder, `${i}.rules`), `*${table}\n-A ${chain} ${rule}\nCOMMIT\n`);
      writeFileSync(join(folder, `${i}.how`), `${toolOf(family)} ${table} ${chain}\n`);
    }
    execFileSync("unshare", ["--net", "sh", "-c", DUMP_ALL, "sh", folder], { stdio: "pipe" });
    return lines.map((_, i) => readDump(join(folder, `${i}.dump`)));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @returns undefined where the kernel did not take the rule. */
function readDump(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8") || undefined;
  } catch {
    return undefined;
  }
}

async function ourDump({ family, table, chain, rule }: RuleLine): Promise<string | undefined> {
  const tool = toolOf(family);
  const words = splitWords(rule).map(({ text }) => text);
  const answer = await answerQuestion({
    kind: "session",
    steps: [{ argv: [tool, "-t", table, "-A", chain, ...words] }, { argv: [tool, "-t", table, "-vv", "-A", chain] }],
  });
  if (!("steps" in answer)) throw new Error("a session was asked about");
  return answer.steps[1]?.stdout;
}

function toolOf(family: 4 | 6): string {
  return family === 4 ? "iptables" : "ip6tables";
}
