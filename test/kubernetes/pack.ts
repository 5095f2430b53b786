/** `npx tsx test/kubernetes/pack.ts`: renews corpus.jsonl.gz from the recorded files (../shared/conformance/kube-proxy). */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { ProxyCase } from "./case.ts";

const FOLDER = "../shared/conformance/kube-proxy";

const lines = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".json"))
  .sort()
  .map((name) => JSON.parse(readFileSync(join(FOLDER, name), "utf8")) as Partial<ProxyCase>)
  // What the real tools printed of a state is the restored text once more.
  .map((entry) => JSON.stringify({ ...entry, expect: entry.expect && { ...entry.expect, saved: undefined } }));
writeFileSync(new URL("corpus.jsonl.gz", import.meta.url), gzipSync(lines.join("\n"), { level: 9 }));
console.log(`${lines.length} files packed`);
