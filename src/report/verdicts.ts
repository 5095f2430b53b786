import { Fate } from "../../assembly/abi/fate.ts";
import { Origin } from "../../assembly/abi/netfilter.ts";
import type { CaptureSource } from "../capture/index.ts";
import { LOCAL_INTERFACE } from "../engine/arrivals.ts";
import type { Emulator } from "../engine/emulator.ts";
import type { Ending, OutputSink } from "../engine/outputs.ts";
import { Replay, type ReplayOptions } from "../engine/replay.ts";
import type { Node } from "../model/node.ts";
import { type FateName, fateName, reasonWords } from "../trace/words.ts";

/** What became of a packet of the capture, or of one that it made the kernel send. */
export interface Verdict {
  /** Number of the packet in the capture, from 1. */
  readonly packet: number;
  readonly fate: FateName;
  /** Interface through which it left; `local` when it was delivered to the node. */
  readonly interface?: string;
  /** Why it was dropped. */
  readonly reason?: string;
  /** Did the kernel make this packet itself (an ICMP error, a reset, the outside of a tunnel)? */
  readonly kernelMade?: boolean;
  /** Length of the IP packet at its end. */
  readonly length: number;
  /** Packets with the same number took the same path. */
  readonly path: number;
}

/** Version of a {@link VerdictLine}; it changes when a field goes or means something else. */
export const VERDICT_VERSION = 1;

/** A verdict as `replay --ndjson` prints it, a line each. */
export type VerdictLine = { readonly version: typeof VERDICT_VERSION } & Verdict;

/**
 * Replays a capture and gives a verdict for every packet, in order.
 *
 * @example
 * for await (const { packet, fate, reason } of verdicts(node, capture)) console.log(packet, fate, reason);
 */
export async function* verdicts(
  node: Node,
  capture: CaptureSource,
  options: Omit<ReplayOptions, "observe"> = {},
): AsyncGenerator<Verdict> {
  let waiting: Verdict[] = [];
  const observe = (emulator: Emulator) => [new Verdicts(emulator, (verdict) => waiting.push(verdict))];
  const run = new Replay(node, capture, { ...options, observe });
  for await (const _ of run.batches()) {
    yield* waiting;
    waiting = [];
  }
  const { damage } = run.outcome;
  if (damage) throw damage;
}

/** Hands on a verdict for every packet, as it ends. */
export class Verdicts implements OutputSink {
  readonly #devices: readonly string[];
  readonly #each: (verdict: Verdict) => void;

  constructor(emulator: Emulator, each: (verdict: Verdict) => void) {
    this.#devices = emulator.loaded.devices.names;
    this.#each = each;
  }

  /** Hands on the verdict of a packet that ended. */
  ending(ending: Ending): void {
    this.#each(verdictOf(ending, this.#devices));
  }
}

/** Did the kernel make the packet itself? */
export function isKernelMade({ origin }: Ending): boolean {
  return origin === Origin.Kernel;
}

/**
 * An ending in words.
 *
 * @param devices names by device number.
 */
export function verdictOf(ending: Ending, devices: readonly string[]): Verdict {
  const { number, fate, reason, device, length, path } = ending;
  return {
    packet: number,
    fate: fateName(fate),
    interface: fate === Fate.Sent ? devices[device] : fate === Fate.Delivered ? LOCAL_INTERFACE : undefined,
    reason: reason ? reasonWords(reason) : undefined,
    kernelMade: isKernelMade(ending) || undefined,
    length,
    path,
  };
}
