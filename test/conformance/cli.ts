/**
 * `npm run conformance:cli [-- FILE.jsonl...]`: asks `hookwalk lint` the questions that the real tools answered (../shared/conformance/cli).
 * Exit code 0: it answers all as they did, but for those that cli-exceptions.json names, each with its reason.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const FOLDER = resolve("../shared/conformance/cli");
const TOOL = ["node", "dist/src/cli/main.js", "lint", "--jsonl"];
const EXCEPTIONS = fileURLToPath(new URL("cli-exceptions.json", import.meta.url));

if (existsSync(FOLDER)) main();
else console.log(`not run: no ${FOLDER}`);

function main(): void {
  const exceptions = JSON.parse(readFileSync(EXCEPTIONS, "utf8")) as Readonly<Record<string, string>>;
  const files = process.argv.slice(2);
  const asked = files.length > 0 ? files : all();
  const failed = score(asked);
  const unexpected = failed.filter((id) => exceptions[id] === undefined);
  for (const id of failed) console.log(`${id}: ${exceptions[id] ?? "answered otherwise than the real tool does"}`);
  const passing = files.length > 0 ? [] : Object.keys(exceptions).filter((id) => !failed.includes(id));
  for (const id of passing) console.log(`${id}: agrees now, and has to leave cli-exceptions.json`);
  process.exitCode = unexpected.length + passing.length === 0 ? 0 : 1;
}

function all(): string[] {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith(".jsonl"));
  return names.sort().map((name) => join(FOLDER, name));
}

/** Prints the scores. @returns questions that were not answered as by the real tools. */
function score(files: readonly string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), "cli-"));
  const fails = join(folder, "fails.jsonl");
  const program = [join(FOLDER, "score.py"), "--fails", fails, ...files, "--", ...TOOL];
  spawnSync("python3", program, { stdio: "inherit" });
  const lines = readFileSync(fails, "utf8").split("\n").filter(Boolean);
  rmSync(folder, { recursive: true });
  return lines.map((line) => (JSON.parse(line) as { readonly id: string }).id);
}
