import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** What was compared, for README: written by `npm run kernel:diff -- --record`. */
export const COMPARED = fileURLToPath(new URL("compared.jsonl", import.meta.url));

/** Scenarios of one kind, of neighbouring seeds. */
export interface Compared {
  readonly kind: string;
  /** First and last. */
  readonly seeds: readonly [number, number];
  readonly scenarios: number;
  readonly packets: number;
  /** Scenarios with a difference. */
  readonly differing: number;
  /** Scenarios that the guest could not keep up with, and that say nothing. */
  readonly leftOut: number;
  /** What was compared, and with which kernel. */
  readonly commit: string;
  readonly kernel: string;
}

export function readCompared(file = COMPARED): readonly Compared[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as Compared);
}

/** Adds runs to the record. A run takes the place of earlier ones whose seeds it meets: the last word counts. */
export function addCompared(runs: readonly Compared[], file = COMPARED): void {
  const kept = readCompared(file).filter((old) => !runs.some((run) => meets(run, old)));
  const all = [...kept, ...runs].sort((a, b) => a.kind.localeCompare(b.kind) || a.seeds[0] - b.seeds[0]);
  writeFileSync(file, all.map((run) => `${JSON.stringify(run)}\n`).join(""));
}

function meets(a: Compared, b: Compared): boolean {
  return a.kind === b.kind && a.seeds[0] <= b.seeds[1] && b.seeds[0] <= a.seeds[1];
}

export function currentCommit(): string {
  return execFileSync("git", ["rev-parse", "--short=10", "HEAD"], { encoding: "utf8" }).trim();
}

/** The record in a sentence: README's. */
export function describeCompared(runs: readonly Compared[]): string {
  const sum = (of: (run: Compared) => number) => runs.reduce((total, run) => total + of(run), 0);
  const packets = new Map<string, number>();
  for (const run of runs) packets.set(run.kind, (packets.get(run.kind) ?? 0) + run.packets);
  const kinds = [...packets].map(([kind, count]) => `${kind} ${count.toLocaleString("en")}`).join(", ");
  const differing = sum((run) => run.differing);
  return [
    `${sum((run) => run.packets).toLocaleString("en")} packets (${kinds}) in ${sum((run) => run.scenarios).toLocaleString("en")} scenarios:`,
    differing === 0 ? "no difference." : `${differing} scenarios differ.`,
  ].join(" ");
}
