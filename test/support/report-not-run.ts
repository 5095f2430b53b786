import { readFileSync } from "node:fs";
import { unmetRequirements } from "./requirements.ts";

/** Runs around all tests: says at the end, a line for each file, which tests this machine could not run. */
export default function setup(): () => void {
  return () => {
    for (const { file, needs } of unmetRequirements()) {
      const tests = readFileSync(file, "utf8").match(/^\s*it\(/gm)?.length ?? 0;
      console.log(`not run: ${tests} tests of ${file} (needs ${needs})`);
    }
  };
}
