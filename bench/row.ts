import type { Measurement } from "./measure.ts";

/** How much is run: all of it, or a suite that ends within a minute. */
export interface Scale {
  readonly quick: boolean;
  /** Packets of a round, and rounds that count. */
  readonly packets: number;
  readonly rounds: number;
}

export const FULL: Scale = { quick: false, packets: 2_000_000, rounds: 5 };
export const QUICK: Scale = { quick: true, packets: 200_000, rounds: 5 };

/** A workload of the suite: its id is that of the family, W1 to W17, or of what goes beyond it. */
export interface Row {
  readonly id: string;
  readonly name: string;
  /** Too large for the quick suite. */
  readonly fullOnly?: boolean;
  run(scale: Scale): Promise<Outcome>;
}

export interface Outcome {
  /** Unit of the measurements: `ns` a packet, `ms`, `bytes`. */
  readonly unit: "ns" | "ms" | "bytes";
  /** Ours first, then those that did the same job beside it. */
  readonly measurements: readonly Measurement[];
  readonly comparisons: readonly Comparison[];
  /** What was left out, and why. */
  readonly note?: string;
}

/** A figure beside its target. */
export interface Comparison {
  readonly what: string;
  readonly value: number;
  readonly limit: number;
  /** Default: the value should not be above the limit. */
  readonly atLeast?: boolean;
}

export function passes({ value, limit, atLeast = false }: Comparison): boolean {
  return atLeast ? value >= limit : value <= limit;
}

/** The ratio of ours to another contender of the same run; nothing where that one did not run. */
export function ratioTo(outcome: readonly Measurement[], name: string, limit: number): Comparison[] {
  const other = outcome.find((measurement) => measurement.name === name);
  return other ? [{ what: `core / ${name}`, value: outcome[0]!.median / other.median, limit }] : [];
}
