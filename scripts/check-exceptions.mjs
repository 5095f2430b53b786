// The scenarios that do not agree with the kernel yet (test/conformance/exceptions.json) may only become fewer: compares
// with the version before this branch, or before this commit. Prints what was added and fails.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const FILE = "test/conformance/exceptions.json";

const base = baseCommit();
const before = base === undefined ? undefined : fileAt(base);
if (before === undefined) {
  console.log(`${FILE}: no earlier version to compare with`);
} else {
  const known = new Set(before.map(({ scenario }) => scenario));
  const added = JSON.parse(readFileSync(FILE, "utf8")).filter(({ scenario }) => !known.has(scenario));
  for (const { scenario, reason } of added) console.error(`${FILE}: ${scenario} is new: ${reason}`);
  console.log(`${FILE}: ${known.size} before, ${added.length} new`);
  process.exitCode = added.length > 0 ? 1 : 0;
}

/** Where this branch left the main line; the commit before this one when it is on the main line. */
function baseCommit() {
  const head = git("rev-parse", "HEAD");
  for (const main of ["origin/HEAD", "origin/main", "main", "origin/master", "master"]) {
    const base = git("merge-base", "HEAD", main);
    if (base !== undefined && base !== head) return base;
  }
  return git("rev-parse", "HEAD^");
}

function fileAt(commit) {
  const text = git("show", `${commit}:${FILE}`);
  return text === undefined ? undefined : JSON.parse(text);
}

function git(...args) {
  try {
    return execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return undefined;
  }
}
