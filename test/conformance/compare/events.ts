import { type Comparison, Findings, linesOf } from "./results.ts";

/**
 * Compares what `conntrack -E` printed, of connections or of what is expected, line by line. Times, ids, and the number and name of
 * the process are the recording's own. Entries whose time has come go in the order of the kernel's hash: ends without a time
 * left that follow one another are sorted.
 */
export function compareEvents(file: string, expected: Uint8Array, actual: Uint8Array): Comparison {
  const findings = new Findings(file);
  const want = comparable(expected);
  const got = comparable(actual);
  for (let i = 0; i < Math.max(want.length, got.length); i++) {
    if (isSame(want[i], got[i])) findings.equal++;
    else findings.differs(`line ${i + 1}\n    expected ${want[i] ?? "the end"}\n    got      ${got[i] ?? "the end"}`);
  }
  return findings;
}

function comparable(file: Uint8Array): string[] {
  const lines = linesOf(file).map((line) =>
    line
      .replace(/^\[\d{8,}\.\d{6}\]\t/, "[time] ")
      .replace(/ id=\d+$/, " id")
      .replace(/ id=\d+ \[/, " id [")
      .replace(/ portid=\d+(?: progname=\S+)?/, " portid"),
  );
  const sorted: string[] = [];
  let ends: string[] = [];
  for (const line of lines) {
    if (/\[DESTROY\]/.test(line)) {
      ends.push(line);
      continue;
    }
    sorted.push(...ends.sort(), line);
    ends = [];
  }
  return [...sorted, ...ends.sort()];
}

/** Remaining times may be a second off. */
function isSame(a: string | undefined, b: string | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  const time = /^((?:\[time\] )? *\[[A-Z]+\] (?:(?:ipv[46] +\d+ )?\S+ +\d+ )?)(\d+) /;
  const [, , left] = time.exec(a) ?? [];
  const [, , other] = time.exec(b) ?? [];
  if (left === undefined || other === undefined || Math.abs(Number(left) - Number(other)) > 1) return false;
  return a.replace(time, "$1") === b.replace(time, "$1");
}
