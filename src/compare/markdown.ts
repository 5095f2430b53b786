import type { Comparison, DifferenceGroup, PacketDifference } from "./comparison.ts";
import { kindWords, spreadRows, summaryWords, totalRows } from "./words.ts";

/** The comparison as Markdown, to be pasted into a pull request; the ways are folded in. */
export function comparisonMarkdown(comparison: Comparison): string {
  const { names, differ, differences, services, nodes } = comparison;
  const lines = [
    `### ${differ ? "The nodes differ" : "The nodes do the same"}`,
    "",
    `A: \`${names.a}\`, B: \`${names.b}\`. ${summaryWords(comparison).join(": ")}.`,
    "",
    ...table(["", "A", "B"], totalRows(comparison)),
    ...differences.flatMap(groupLines),
    ...services.flatMap((service) => [
      "",
      `Servers of \`${service.service}\``,
      "",
      ...table(["", "A", "B"], spreadRows(service)),
    ]),
    ...noteLines("A", nodes.a.notes),
    ...noteLines("B", nodes.b.notes),
  ];
  return `${lines.join("\n")}\n`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [head, head.map((_, i) => (i === 0 ? "---" : "---:")), ...rows].map(
    (cells) => `| ${cells.map(cell).join(" | ")} |`,
  );
}

/** A bar would end the cell. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function groupLines({ kind, flows, example, difference }: DifferenceGroup): string[] {
  const { packet, outcome, cause } = difference;
  return [
    "",
    `**${flows} × ${kindWords(kind)}**, as \`${example}\` (packet ${packet})`,
    "",
    `- A ${outcome.a}: ${code(cause.a)}`,
    `- B ${outcome.b}: ${code(cause.b)}`,
    "",
    "<details><summary>Both ways</summary>",
    "",
    ...stepTable(difference),
    "",
    "</details>",
  ];
}

/** The step where they part is marked. */
function stepTable({ steps, partsAt }: PacketDifference): string[] {
  const count = Math.max(steps.a.length, steps.b.length);
  const rows = Array.from({ length: count }, (_, i) => [
    i === partsAt ? "**parts**" : String(i + 1),
    code(steps.a[i] ?? ""),
    code(steps.b[i] ?? ""),
  ]);
  return table(["step", "A", "B"], rows);
}

function code(text: string): string {
  return text === "" ? "" : `\`${text}\``;
}

function noteLines(name: string, notes: readonly string[]): string[] {
  return notes.length === 0 ? [] : ["", ...notes.map((note) => `- ${name}: ${note}`)];
}
