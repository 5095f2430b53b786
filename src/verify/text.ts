import type { Mismatches, Verification } from "./verification.ts";

/** Causes that the text lists. */
const MOST_CAUSES = 8;

/** The verification as people read it. */
export function verificationText(verification: Verification): string {
  const { records, inputs, recorded, exact, byChance, drawn, own, isCut, unexplained, unexpected, notes } =
    verification;
  const counted: readonly (readonly [count: number, what: string])[] = [
    [exact, `came out the same, on the same interface${isCut ? " (headers: the frames are cut)" : ""}`],
    [byChance.port, "came out the same but for a source port that masquerading chose"],
    [own, "were sent by the node's own stack: nothing that came in causes them"],
    [drawn, "connections had their server drawn (statistic random): here the same was drawn, as what left shows"],
  ];
  const lines = [
    `${records} records: ${inputs} packets came in, ${recorded} left`,
    ...counted.filter(([count]) => count > 0).map(([count, what]) => `  ${count} ${what}`),
    ...mismatchLines(unexplained, "did not come out"),
    ...mismatchLines(unexpected, "more came out that the capture does not have"),
    verification.isExplained ? "Every packet that left is explained, and nothing else came out." : "Not explained.",
    ...notes.map((note) => `note: ${note}`),
  ];
  return `${lines.join("\n")}\n`;
}

function mismatchLines({ packets, causes, first }: Mismatches, what: string): string[] {
  if (packets === 0) return [];
  const shown = causes.slice(0, MOST_CAUSES).map(({ cause, packets: count, first: example }) => {
    const at = `packet ${example.packet} at ${example.interface}, ${example.headers}`;
    return `    ${count} x ${cause}\n      as ${at}`;
  });
  const rest = causes.length - shown.length;
  return [
    `  ${packets} ${what}; the first is packet ${first!.packet} at ${first!.interface}: ${first!.cause}`,
    ...shown,
    ...(rest > 0 ? [`    and ${rest} more causes (--json lists all)`] : []),
  ];
}
