import type { Masks } from "./mask-names.ts";
import { type Comparison, Findings } from "./results.ts";

/** One packet that came out, as verdicts.json has it. */
interface Out {
  readonly if: string;
  /** Length of the frame, link header included. */
  readonly len: number;
}

/** Compares two verdicts.json: a row for every input packet. */
export function compareVerdicts(expected: Uint8Array, actual: Uint8Array, masks: Masks): Comparison {
  const findings = new Findings("verdicts.json");
  const want = rowsOf(expected);
  const got = rowsOf(actual);
  if (want.length !== got.length) findings.differs(`${want.length} packets expected, ${got.length} found`);
  for (let i = 0; i < Math.min(want.length, got.length); i++) {
    const wanted = rowText(want[i]!, masks);
    const found = rowText(got[i]!, masks);
    if (wanted === found) findings.equal++;
    else findings.differs(`packet ${i + 1} expected ${wanted || "nothing"}, got ${found || "nothing"}`, i + 1);
  }
  return findings;
}

function rowsOf(file: Uint8Array): Out[][] {
  return JSON.parse(new TextDecoder().decode(file)) as Out[][];
}

function rowText(row: readonly Out[], masks: Masks): string {
  const lengthMatters = !masks.has("icmp-quote");
  return row
    .map((out) => `${out.if}:${lengthMatters ? out.len : "?"}`)
    .sort()
    .join(" ");
}
