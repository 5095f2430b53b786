import { type Comparison, Findings } from "./results.ts";

/** A line of a listing: what it says, and the seconds that it has left, where it has such a number. */
export interface Row {
  readonly text: string;
  readonly seconds?: number;
}

/**
 * Compares two listings whose order means nothing.
 *
 * @param tolerance how many seconds remaining times may differ; Infinity: they are not compared.
 */
export function compareRows(
  file: string,
  expected: readonly Row[],
  actual: readonly Row[],
  tolerance: number,
): Comparison {
  const findings = new Findings(file);
  const want = secondsByText(expected);
  const got = secondsByText(actual);
  const unexpected = [...got.keys()].filter((text) => !want.has(text)).sort();
  for (const text of [...want.keys()].sort()) {
    const wanted = want.get(text)!;
    const found = got.get(text) ?? [];
    if (wanted.length !== found.length) {
      const instead = found.length === 0 ? closest(text, unexpected) : undefined;
      const hint = instead === undefined ? "" : `\n    got      ${instead}`;
      findings.differs(`expected ${wanted.length}, got ${found.length} of:\n    expected ${text}${hint}`);
      continue;
    }
    for (const [i, seconds] of wanted.entries()) {
      if (withinTolerance(seconds, found[i], tolerance)) findings.equal++;
      else findings.differs(`timeout expected ${seconds ?? "none"}, got ${found[i] ?? "none"}: ${text}`);
    }
  }
  for (const text of unexpected) findings.differs(`expected 0, got ${got.get(text)!.length} of: ${text}`);
  return findings;
}

function secondsByText(rows: readonly Row[]): Map<string, (number | undefined)[]> {
  const map = new Map<string, (number | undefined)[]>();
  for (const { text, seconds } of rows) {
    const list = map.get(text);
    if (list) list.push(seconds);
    else map.set(text, [seconds]);
  }
  for (const list of map.values()) list.sort((a, b) => (a ?? 0) - (b ?? 0));
  return map;
}

function withinTolerance(expected: number | undefined, actual: number | undefined, tolerance: number): boolean {
  if (tolerance === Number.POSITIVE_INFINITY) return true;
  if (expected === undefined || actual === undefined) return expected === actual;
  return Math.abs(expected - actual) <= tolerance;
}

/** The text that has most words of another in common: probably the same thing, wrong in one point. */
function closest(text: string, candidates: readonly string[]): string | undefined {
  const words = new Set(text.split(" "));
  let best: string | undefined;
  let bestScore = 0;
  for (const candidate of candidates) {
    const score = candidate.split(" ").filter((word) => words.has(word)).length;
    if (score > bestScore) [best, bestScore] = [candidate, score];
  }
  return best;
}
