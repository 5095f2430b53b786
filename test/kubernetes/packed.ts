import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { ProxyCase } from "./case.ts";
import type { PartialSync } from "./partial-sync.ts";
import type { Sequence } from "./sequences.ts";
import type { Vectors } from "./vectors.ts";

/** What a file of the corpus holds, by its `format`. */
export interface Corpus {
  readonly "kube-proxy-case/1": readonly ProxyCase[];
  readonly "kube-proxy-sequence/1": readonly Sequence[];
  readonly "kube-proxy-partial-sync/1": readonly PartialSync[];
  readonly "kube-proxy-vectors/1": readonly Vectors[];
}

/** The corpus's files, sorted by what they hold. */
export function corpusOf(files: readonly string[]): Corpus {
  const entries = files.map((text) => JSON.parse(text) as { format: string });
  const of = (format: keyof Corpus) => entries.filter((entry) => entry.format === format) as never;
  return {
    "kube-proxy-case/1": of("kube-proxy-case/1"),
    "kube-proxy-sequence/1": of("kube-proxy-sequence/1"),
    "kube-proxy-partial-sync/1": of("kube-proxy-partial-sync/1"),
    "kube-proxy-vectors/1": of("kube-proxy-vectors/1"),
  };
}

/** The corpus as it stands in the repository: a file a line, without what the real tools printed of a state. */
export function packedCorpus(): Corpus {
  const packed = readFileSync(new URL("corpus.jsonl.gz", import.meta.url));
  return corpusOf(gunzipSync(packed).toString("utf8").split("\n"));
}
