import {
  type EmulatorOptions,
  type NodeOptions,
  parseTimeline,
  type ReplayOptions,
  type RepliesMode,
} from "../index.ts";
import { readText } from "../node/index.ts";
import type { InterfaceChoice } from "./option-values.ts";

/** What commander makes of the options that all commands share. */
export interface RunOptionValues {
  readonly seed: number;
  readonly strict?: boolean;
  readonly ignoreUnsupported?: boolean;
  readonly keepCounters?: boolean;
  readonly interface: readonly InterfaceChoice[];
  readonly checksums?: "verify" | "trust";
  readonly kernel?: string;
  readonly hz?: number;
  readonly advance?: number;
  readonly timeline?: string;
  readonly reorder?: number;
  readonly replies?: RepliesMode;
  readonly pathCache: boolean;
  readonly index: boolean;
  readonly batch?: number;
}

/** How a node is read. */
export function nodeOptions({ strict, ignoreUnsupported, kernel, hz }: RunOptionValues): NodeOptions {
  return { strict, ignoreUnsupported, kernel, hz };
}

/** How packets run through it. */
export async function runOptions(
  values: RunOptionValues,
): Promise<EmulatorOptions & Pick<ReplayOptions, "interfaces" | "reorder" | "replies">> {
  const { seed, ignoreUnsupported, keepCounters, checksums, advance, timeline, pathCache, index, batch } = values;
  return {
    seed,
    ignoreUnsupported,
    keepCounters,
    verifyChecksums: checksums !== "trust",
    reorder: values.reorder,
    replies: values.replies,
    advance,
    timeline: timeline === undefined ? undefined : parseTimeline(await readText(timeline), timeline),
    pathCache,
    index,
    batch,
    interfaces: values.interface,
  };
}
