import type { Masks } from "./mask-names.ts";
import { type Comparison, Findings, linesOf } from "./results.ts";

/** Compares log.txt or trace.txt, line by line; each line begins with the number of its input packet. */
export function compareLines(file: string, expected: Uint8Array, actual: Uint8Array, masks: Masks): Comparison {
  const findings = new Findings(file);
  const read = (bytes: Uint8Array) =>
    linesOf(bytes).map((line) => (masks.has("ip-id") ? line.replace(/ ID=\d+/g, "") : line));
  const want = read(expected);
  const got = read(actual);
  for (let i = 0; i < Math.max(want.length, got.length); i++) {
    if (want[i] === got[i]) {
      findings.equal++;
      continue;
    }
    const text = `line ${i + 1}\n    expected ${want[i] ?? "the end"}\n    got      ${got[i] ?? "the end"}`;
    findings.differs(text, earliestPacket(want[i], got[i]));
  }
  return findings;
}

function earliestPacket(...lines: (string | undefined)[]): number | undefined {
  const numbers = lines.map((line) => Number.parseInt(line ?? "", 10)).filter((number) => !Number.isNaN(number));
  return numbers.length > 0 ? Math.min(...numbers) : undefined;
}
