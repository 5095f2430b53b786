import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Measurement } from "./measure.ts";
import { type Comparison, type Outcome, passes } from "./row.ts";

export interface Result extends Outcome {
  readonly id: string;
  readonly name: string;
}

const README = fileURLToPath(new URL("../README.md", import.meta.url));
const BEGIN = "<!-- speed: written by npm run bench -- --write-readme -->";
const END = "<!-- /speed -->";
const HEAD = ["row", "workload", "core", "beside it", "compared", "target", ""];

export function tableHead(): string {
  return `${line(HEAD)}\n${line(HEAD.map(() => "---"))}`;
}

export function printRow(result: Result): string {
  return line(cells(result));
}

/** Puts the table into README.md. */
export function writeReadme(results: readonly Result[]): void {
  const readme = readFileSync(README, "utf8");
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`README.md has no ${BEGIN} ... ${END}`);
  const rows = results.map((result) => cells(result));
  const widths = HEAD.map((head, column) => Math.max(3, head.length, ...rows.map((row) => row[column]!.length)));
  const padded = (row: readonly string[]) => line(row.map((cell, column) => cell.padEnd(widths[column]!)));
  const table = [padded(HEAD), line(widths.map((width) => "-".repeat(width))), ...rows.map(padded)].join("\n");
  writeFileSync(README, `${readme.slice(0, begin)}${BEGIN}\n\n${table}\n\n${readme.slice(end)}`);
}

function cells({ id, name, unit, measurements, comparisons, note }: Result): string[] {
  const [ours, ...others] = measurements;
  return [
    id,
    name,
    ours ? figure(ours, unit) : "",
    others.map((other) => `${other.name} ${rounded(other.median)}`).join(", "),
    [...comparisons.map(({ what, value }) => `${what} ${value.toFixed(2)}`), ...(note ? [note] : [])].join("; "),
    comparisons.map(({ limit, atLeast }) => `${atLeast ? "≥" : "≤"} ${Number(limit.toFixed(2))}`).join("; "),
    comparisons.map(verdict).join("; "),
  ];
}

function figure({ median, least, most }: Measurement, unit: Outcome["unit"]): string {
  const rate = unit === "ns" ? `, ${(1000 / median).toFixed(median < 100 ? 1 : 2)} M/s` : "";
  return `${rounded(median)} ${unit} (${rounded(least)}–${rounded(most)})${rate}`;
}

function verdict(comparison: Comparison): string {
  return passes(comparison) ? "passes" : "falls short";
}

function rounded(value: number): string {
  return value.toFixed(value < 100 ? 1 : 0);
}

function line(row: readonly string[]): string {
  return `| ${row.join(" | ")} |`;
}
