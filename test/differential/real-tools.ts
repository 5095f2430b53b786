import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { answerQuestion } from "../../src/tools/record.ts";
import type { RuleLine } from "../support/rule-lines.ts";

/** What became of a rule: the line that it is saved as, or the words of the refusal. */
export interface Verdict {
  readonly saved?: string;
  readonly refusal?: string;
}

/**
 * Loads every `N.rules` of a folder into the network namespace's own tables, one after another. Each table is emptied again: the
 * kernel tests a rule before the old ones are gone, and refuses a hashlimit whose name another rule has with other options.
 */
const LOAD_ALL = `
cd "$1"
for rules in *.rules; do
  n=\${rules%.rules}
  read -r tool table < $n.how
  if $tool-legacy-restore < $rules 2> $n.refusal; then $tool-legacy-save -t $table > $n.saved; fi
  echo "*$table
COMMIT" | $tool-legacy-restore
done`;

/** What the machine's iptables-restore and iptables-save (legacy) make of rules, each in a table of its own. */
export function realVerdicts(lines: readonly RuleLine[]): Verdict[] {
  const folder = mkdtempSync(join(tmpdir(), "rules-"));
  try {
    for (const [i, { family, table, chain, rule }] of lines.entries()) {
      writeFileSync(join(folder, `${i}.rules`), `*${table}\n-A ${chain} ${rule}\nCOMMIT\n`);
      writeFileSync(join(folder, `${i}.how`), `${family === 4 ? "iptables" : "ip6tables"} ${table}\n`);
    }
    execFileSync("unshare", ["--net", "sh", "-c", LOAD_ALL, "sh", folder], { stdio: "pipe" });
    return lines.map((_, i) => readVerdict(folder, i));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readVerdict(folder: string, i: number): Verdict {
  let saved: string;
  try {
    saved = readFileSync(join(folder, `${i}.saved`), "utf8");
  } catch {
    return { refusal: readFileSync(join(folder, `${i}.refusal`), "utf8") };
  }
  return {
    saved: saved
      .split("\n")
      .filter((line) => line.startsWith("-A "))
      .join("\n"),
  };
}

/** The same by hookwalk. */
export async function ourVerdict({ family, table, chain, rule }: RuleLine): Promise<Verdict> {
  const answer = await answerQuestion({ kind: "rule", family: family === 4 ? "ipv4" : "ipv6", table, chain, rule });
  if (!("ok" in answer)) throw new Error("a rule was asked about");
  return answer.ok ? { saved: answer.canonical } : { refusal: answer.error };
}

/** A refusal that says that this kernel lacks the extension tells nothing about the language. */
export function lacksModule({ refusal = "" }: Verdict): boolean {
  return /missing kernel module|not supported/.test(refusal);
}
