import type { CaptureSource } from "../capture/index.ts";
import { Replay, type Replayed, type ReplayOptions } from "../engine/replay.ts";
import type { Node } from "../model/node.ts";
import { Draws } from "./draws.ts";
import { LocalPackets } from "./local-packets.ts";
import { Lookahead } from "./lookahead.ts";
import { Lots } from "./lots.ts";
import { type Mismatch, type Mismatches, VERIFICATION_VERSION, type Verification } from "./verification.ts";
import { Witness } from "./witness.ts";

/** How a node is held against what it did. */
export interface VerifyOptions
  extends Omit<ReplayOptions, "feeder" | "replies" | "onInput" | "onPacket" | "filter" | "record" | "recordFrom"> {
  /**
   * A capture of what the node itself sends, as its sockets send it: NFLOG in OUTPUT, before all other rules. It is read whole.
   * With it, connections of the node to itself and to Services are known; without it, only what is seen leaving.
   */
  readonly local?: CaptureSource;
  /**
   * Told of every packet that left and came out: its number in the capture, and that of the packet that caused it, which is
   * in `local` where `isLocal` says so.
   */
  readonly onMatch?: (recorded: number, cause: number, isLocal: boolean) => void;
}

/**
 * Sends what came in through the node, and holds what comes out against what the capture shows leaving: a capture taken on
 * all interfaces of the node (pcapng, or `any` as SLL2) is its own witness.
 *
 * What the node's own stack sent is in `local`; without that, it is told by a fresh TTL, an address of the node, and nothing
 * that caused it: it goes in as the node's own. Servers that a rule drew (`statistic random`) are read off what left, and drawn
 * here too; ports that masquerading chose by chance as well, and the answers taken as if the kernel had chosen those chosen here.
 *
 * @returns the verification, and the run, whose state can be asked for.
 * @throws as `replay` does; RangeError for `local` with a node that has events at packet numbers.
 */
export async function verifyCapture(
  node: Node,
  capture: CaptureSource,
  options: VerifyOptions = {},
): Promise<{ readonly verification: Verification; readonly run: Replayed }> {
  const { onMatch, local, ...rest } = options;
  if (local && node.events.length > 0)
    throw new RangeError("the node has events at packet numbers: these are of one capture, leave `local` out");
  const own = local && (await LocalPackets.read(node, local));
  let draws: Draws | undefined;
  let witness: Witness | undefined;
  const run = new Replay(node, capture, {
    ...rest,
    feeder: (arrivals, emulator) => {
      const lots = new Lots(emulator);
      draws = new Draws(lots);
      witness = new Witness(arrivals, emulator, { local: own, draws, onMatch });
      return lots.isEmpty ? witness : new Lookahead(witness, draws, emulator);
    },
  });
  for await (const _ of run.batches());
  const { outcome } = run;
  if (outcome.damage) throw outcome.damage;
  return { verification: verificationOf(witness!, draws!, outcome), run: outcome };
}

function verificationOf(witness: Witness, draws: Draws, { records, notes }: Replayed): Verification {
  const unexplained = mismatches(witness.unexplained());
  const unexpected = mismatches(witness.unexpected());
  const { inputs, recorded, exact, chosenPort, own, isCut } = witness;
  return {
    version: VERIFICATION_VERSION,
    isExplained: unexplained.packets + unexpected.packets === 0,
    records,
    inputs,
    recorded,
    exact,
    byChance: { port: chosenPort },
    drawn: draws.connections,
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
    const key = mismatch.cause.replace(/^packet [0-9]+ (of the node's own )?/, "");
    const known = causes.get(key);
    if (known) known.packets++;
    else causes.set(key, { cause: mismatch.cause, packets: 1, first: mismatch });
  }
  const sorted = [...causes.values()].sort((a, b) => b.packets - a.packets);
  return { packets: all.length, causes: sorted, first: all[0] };
}
