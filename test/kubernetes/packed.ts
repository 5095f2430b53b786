import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { ProxyCase } from "./case.ts";

/** The corpus as it stands in the repository: a case a line, without what the real tools printed of it. */
export function packedCases(): ProxyCase[] {
  const text = gunzipSync(readFileSync(new URL("cases.jsonl.gz", import.meta.url))).toString("utf8");
  return text.split("\n").map((line) => JSON.parse(line) as ProxyCase);
}
