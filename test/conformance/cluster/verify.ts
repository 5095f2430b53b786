import { readState, type Verification, verifyCapture } from "../../../src/index.ts";
import { compareResults } from "../compare/index.ts";
import type { Masks } from "../compare/mask-names.ts";
import type { Difference } from "../compare/results.ts";
import { type Causes, type ClusterCase, LOCAL_CAPTURE } from "./case.ts";

export interface VerifiedCase {
  readonly verification: Verification;
  /** Packets that left and were put down to another cause than the recording says; undefined where it says none. */
  readonly otherCauses?: number;
  /** Counters, connections and statistics at the end. */
  readonly differences: readonly Difference[];
}

/** The product's own verification of a case: one run over the capture as it is, and the state that it ends in. */
export async function verifyClusterCase(recorded: ClusterCase, masks: Masks): Promise<VerifiedCase> {
  const causeOf = new Map<number, number>();
  const { verification, run } = await verifyCapture(recorded.node, recorded.capture, {
    local: recorded.files.get(LOCAL_CAPTURE),
    onMatch: (left, cause) => causeOf.set(left, cause),
  });
  const encoder = new TextEncoder();
  const state = new Map([...readState(run.emulator)].map(([file, text]) => [file, encoder.encode(text)]));
  const stated = new Map([...recorded.expected].filter(([file]) => state.has(file)));
  const causes = recorded.isExplained ? readCauses(recorded) : undefined;
  const otherCauses = causes && [...causes].filter(([left, cause]) => causeOf.get(left) !== cause).length;
  return { verification, otherCauses, differences: compareResults(stated, state, masks) };
}

/** What caused each packet that left; the node's own are their own. */
function readCauses({ expected }: ClusterCase): Map<number, number> {
  const { causes, local } = JSON.parse(new TextDecoder().decode(expected.get("causes.json"))) as Causes;
  const pairs = Object.entries(causes).flatMap(([cause, numbers]) =>
    numbers.map((left) => [left, Number(cause)] as const),
  );
  return new Map([...pairs, ...local.map((number) => [number, number] as const)]);
}
