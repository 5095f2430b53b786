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
  readonly localUid?: number;
  readonly localGid?: number;
  readonly localGroups?: readonly number[];
  readonly localClassid?: number;
  readonly localCgroup?: string;
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
export function nodeOptions(values: RunOptionValues): NodeOptions {
  const { strict, ignoreUnsupported, kernel, hz } = values;
  return { strict, ignoreUnsupported, kernel, hz, local: localProcess(values) };
}

/** Whose the node's own packets are; undefined where no option says anything of it. */
function localProcess(values: RunOptionValues): NodeOptions["local"] {
  const { localUid: uid, localGid: gid, localGroups: groups, localClassid: classid, localCgroup: cgroup } = values;
  const given = Object.entries({ uid, gid, groups, classid, cgroup }).filter(([, value]) => value !== undefined);
  return given.length === 0 ? undefined : Object.fromEntries(given);
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
