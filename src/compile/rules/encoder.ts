import type { MatchKind, TargetKind } from "../../../assembly/abi/rule.ts";
import type { Field } from "../../core/record.ts";
import type { Match, PortTest } from "../../model/match.ts";
import type { Target } from "../../model/target.ts";
import type { RuleContext } from "./context.ts";
import type { RecordWriter } from "./image.ts";

/** How a match of the model becomes the core's record. */
export interface MatchEncoder<M extends Match = Match> {
  readonly kind: MatchKind;
  /** Size of the record, and what follows it for this match. */
  readonly size: (match: M) => number;
  readonly write: (to: RecordWriter, match: M, context: RuleContext) => void;
}

/** How a target of the model becomes the core's record; size 0 for those without. */
export interface TargetEncoder<T extends Target = Target> {
  readonly kind: TargetKind;
  readonly size: number;
  readonly write: (to: RecordWriter, target: T, context: RuleContext) => void;
}

export type MatchOf<K extends Match["kind"]> = Extract<Match, { readonly kind: K }>;
export type TargetOf<K extends Target["kind"]> = Extract<Target, { readonly kind: K }>;

/** An encoder whose record has a fixed size. */
export function matchEncoder<M extends Match>(
  kind: MatchKind,
  layout: { readonly byteLength: number },
  write: MatchEncoder<M>["write"],
): MatchEncoder<M> {
  return { kind, size: () => layout.byteLength, write };
}

export function targetEncoder<T extends Target>(
  kind: TargetKind,
  layout: { readonly byteLength: number },
  write: TargetEncoder<T>["write"],
): TargetEncoder<T> {
  return { kind, size: layout.byteLength, write };
}

/** Writes a port test into three fields; without a test every port is right. */
export function writePorts(to: RecordWriter, fields: { from: Field; to: Field; not: Field }, test?: PortTest): void {
  to.set(fields.from, test?.value.from ?? 0);
  to.set(fields.to, test?.value.to ?? 0xffff);
  to.set(fields.not, test?.invert ?? false);
}

/** Collects which tests a rule makes and which of them are inverted. */
export class TestBits {
  tests = 0;
  inverted = 0;

  /** @returns the value to test, undefined for no test. */
  add<T>(bit: number, test: { readonly value: T; readonly invert: boolean } | undefined): T | undefined {
    if (!test) return undefined;
    this.tests |= bit;
    if (test.invert) this.inverted |= bit;
    return test.value;
  }
}
