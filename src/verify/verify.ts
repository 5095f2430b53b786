import type { CaptureSource } from "../capture/index.ts";
import { Replay, type Replayed, type ReplayOptions } from "../engine/replay.ts";
import type { Node } from "../model/node.ts";
import { type Mismatch, type Mismatches, VERIFICATION_VERSION, type Verification } from "./verification.ts";
import { Witness } from "./witness.ts";

export interface VerifyOptions
  extends Omit<ReplayOptions, "feeder" | "replies" | "onInput" | "filter" | "record" | "recordFrom"> {
  /** Told of every packet that left and came out: its number in the capture, and that of the packet that caused it. */
  readonly onMatch?: (recorded: number, cause: number) => void;
}

/**
 * Sends what came in through the node, and holds what comes out against what the capture shows leaving: a capture taken on
 * all interfaces of the node (pcapng, or `any` as SLL2) is its own witness.
 *
 * What the node's own stack sent is told by a fresh TTL, an address of the node, and nothing that caused it: it goes in as the
 * node's own. Ports that masquerading chose by chance, and servers that a rule drew (`statistic random`), are read off what
 * left, and the answers taken as if the kernel had chosen what was chosen here.
 *
 * @returns the verification, and the run, whose state can be asked for.
 * @throws as `replay` does.
 */
export async function verifyCapture(
  node: Node,
  capture: CaptureSource,
  options: VerifyOptions = {},
): Promise<{ readonly verification: Verification; readonly run: Replayed }> {
  const { onMatch, ...rest } = options;
  let witness: Witness | undefined;
  const run = new Replay(node, capture, {
    ...rest,
    feeder: (arrivals, emulator) => {
      witness = new Witness(arrivals, emulator, onMatch);
      return witness;
    },
  });
  for await (const _ of run.batches());
  const { outcome } = run;
  if (outcome.damage) throw outcome.damage;
  return { verification: verificationOf(witness!, outcome), run: outcome };
}

function verificationOf(witness: Witness, { records, notes }: Replayed): Verification {
  const unexplained = mismatches(witness.unexplained());
  const unexpected = mismatches(witness.unexpected());
  const { inputs, recorded, exact, chosenPort, chosenServer, own, isCut } = witness;
  return {
    version: VERIFICATION_VERSION,
    isExplained: unexplained.packets + unexpected.packets === 0,
    records,
    inputs,
    recorded,
    exact,
    byChance: { port: chosenPort, server: chosenServer },
    own,
    unexplained,
    unexpected,
    isCut,
    notes,
  };
}

function mismatches(all: readonly Mismatch[]): Mismatches {
  const causes = new Map<string, { cause: string; packets: number; readonly first: Mismatch }>();
  for (const mismatch of all) {
    // Packet numbers apart, so that packets that fail alike stand together.
    const key = mismatch.cause.replace(/^packet [0-9]+ /, "");
    const known = causes.get(key);
    if (known) known.packets++;
    else causes.set(key, { cause: mismatch.cause, packets: 1, first: mismatch });
  }
  const sorted = [...causes.values()].sort((a, b) => b.packets - a.packets);
  return { packets: all.length, causes: sorted, first: all[0] };
}
