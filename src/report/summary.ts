import { Fate, Reason } from "../../assembly/abi/fate.ts";
import { Origin } from "../../assembly/abi/netfilter.ts";
import type { Emulator } from "../engine/emulator.ts";
import { type Ending, type OutputSink, type PathTally, pathTallies } from "../engine/outputs.ts";
import type { Warning } from "../model/node.ts";
import { PathReader, pathNames } from "../trace/path.ts";
import { type FateName, fateName, reasonWords } from "../trace/words.ts";
import { type Diagnosis, decidingDefaults, diagnose, fullTable } from "./diagnosis.ts";
import { type OpenFlows, openFlows, openFlowsText } from "./open-flows.ts";
import { type ServiceSummary, summarizeServices } from "./services.ts";

/** Packets that took the same path. */
export interface PathSummary {
  /** Its number, as verdicts and filters have it. */
  readonly path: number;
  readonly packets: number;
  /** Bytes of IP packets at the path's end. */
  readonly bytes: number;
  /** Number of the first packet that took it. */
  readonly example: number;
  /** Did the kernel make these packets itself (ICMP errors, resets, tunnels)? */
  readonly isKernelMade: boolean;
  readonly fate: FateName;
  /** The steps of the path. */
  readonly words: readonly string[];
}

/** Numbers of packets by fate; a fate that none had is left out. */
export type FateCounts = Readonly<Partial<Record<FateName, number>>>;

/** Packets that were dropped for the same reason, by the same rule. */
export interface DropSummary {
  readonly packets: number;
  /** Number of the first of them. */
  readonly example: number;
  readonly reason: string;
  /** The rule that dropped them: `filter FORWARD:3`. */
  readonly rule?: string;
  /** The chain whose policy dropped them: `filter FORWARD`. */
  readonly policy?: string;
}

/** Version of the JSON that a {@link Report} is; it changes when a field goes or means something else. */
export const REPORT_VERSION = 1;

/** What the report at the end of a replay says. Plain data; `JSON.stringify` of it is what `--json` prints. */
export interface Report {
  readonly version: typeof REPORT_VERSION;
  /** Records of the capture. */
  readonly records: number;
  /** Records that are no input, by what they are. */
  readonly passedOver: Readonly<Record<string, number>>;
  /** Packets of the capture by fate. */
  readonly fates: FateCounts;
  /** Packets that the kernel made, by fate. */
  readonly kernelMade: FateCounts;
  readonly diagnosis?: Diagnosis;
  /** Most frequent first. */
  readonly paths: readonly PathSummary[];
  readonly drops: readonly DropSummary[];
  /** Connections that were open when the capture began; undefined where none showed. */
  readonly openFlows?: OpenFlows;
  /** Entries of the connection table at the end. */
  readonly connections: number;
  /** Virtual services of IPVS. */
  readonly services: readonly ServiceSummary[];
  readonly warnings: readonly string[];
}

/** Makes the report of how packets ended. As a sink it has the core count all of them; `chosen` counts only some. */
export class Summary implements OutputSink {
  readonly countsPaths = true;
  readonly #emulator: Emulator;
  readonly #chosen = new Map<number, PathTally>();

  constructor(emulator: Emulator) {
    this.#emulator = emulator;
  }

  /** Counts an ending: for a report on chosen packets alone. The summary is no sink of the emulator's then. */
  chosen({ path, length, number, fate, reason, origin }: Ending): void {
    const { packets, bytes, example } = this.#chosen.get(path) ?? { packets: 0, bytes: 0, example: number };
    this.#chosen.set(path, { path, packets: packets + 1, bytes: bytes + length, example, fate, reason, origin });
  }

  /**
   * The report on what has been counted.
   *
   * @param passedOver records that were no input, by what they are; both of these, and `notes`, are what a replay answers.
   */
  report(records: number, passedOver: ReadonlyMap<string, number>, notes: readonly string[]): Report {
    const { node, ignored, core } = this.#emulator;
    const reader = new PathReader(core, pathNames(this.#emulator.loaded));
    const counted = this.#chosen.size > 0 ? [...this.#chosen.values()] : pathTallies(core);
    const tallies = counted.sort((a, b) => b.packets - a.packets || a.example - b.example);
    const ofCapture = tallies.filter(({ origin }) => origin !== Origin.Kernel);
    const ofKernel = tallies.filter(({ origin }) => origin === Origin.Kernel);
    const ended = countBy(
      ofCapture.filter(({ fate }) => fate === Fate.Dropped || fate === Fate.Ignored),
      ({ reason }) => reason,
    );
    const open = openFlows(core);
    const packets = ofCapture.reduce((sum, tally) => sum + tally.packets, 0);
    return {
      version: REPORT_VERSION,
      records,
      passedOver: Object.fromEntries(passedOver),
      fates: fateCounts(ofCapture),
      kernelMade: fateCounts(ofKernel),
      diagnosis: diagnose(node, packets, ended),
      paths: tallies.map((tally) => pathSummary(tally, reader)),
      drops: dropSummaries(tallies, reader),
      openFlows: open,
      connections: core.entryCount(),
      services: summarizeServices(this.#emulator.loaded.services),
      warnings: [
        ...node.warnings.map(warningText),
        ...ignored.map((warning) => `left out, results may differ: ${warningText(warning)}`),
        ...(open ? [openFlowsText(open, node)] : []),
        ...decidingDefaults(node, ended),
        ...fullTable(node, ended),
        ...notes,
      ],
    };
  }
}

function countBy<K>(tallies: readonly PathTally[], key: (tally: PathTally) => K): Map<K, number> {
  const counts = new Map<K, number>();
  for (const tally of tallies) counts.set(key(tally), (counts.get(key(tally)) ?? 0) + tally.packets);
  return counts;
}

/** Always in the same order: sent, delivered, dropped, waiting, ignored. */
function fateCounts(tallies: readonly PathTally[]): FateCounts {
  const counts = countBy(tallies, ({ fate }) => fate);
  return Object.fromEntries([...counts].sort(([a], [b]) => a - b).map(([fate, count]) => [fateName(fate), count]));
}

function pathSummary(tally: PathTally, reader: PathReader): PathSummary {
  const { path, packets, bytes, example, fate, origin } = tally;
  return {
    path,
    packets,
    bytes,
    example,
    isKernelMade: origin === Origin.Kernel,
    fate: fateName(fate),
    words: reader.words(path),
  };
}

function dropSummaries(tallies: readonly PathTally[], reader: PathReader): DropSummary[] {
  const drops = new Map<string, { -readonly [K in keyof DropSummary]: DropSummary[K] }>();
  for (const { path, packets, example, fate, reason } of tallies) {
    if (fate !== Fate.Dropped) continue;
    const decided = decidedBy(path, reason, reader);
    const key = `${reason} ${decided.rule ?? decided.policy ?? ""}`;
    const drop = drops.get(key);
    if (drop) {
      drop.packets += packets;
      drop.example = Math.min(drop.example, example);
    } else {
      drops.set(key, { packets, example, reason: reasonWords(reason), ...decided });
    }
  }
  return [...drops.values()].sort((a, b) => b.packets - a.packets);
}

function decidedBy(path: number, reason: number, reader: PathReader): Pick<DropSummary, "rule" | "policy"> {
  const rule = reason === Reason.Rule ? reader.lastRule(path) : undefined;
  const chain = reason === Reason.Policy ? reader.lastPolicy(path) : undefined;
  return {
    rule: rule && `${rule.table} ${rule.chain}:${rule.number}`,
    policy: chain && `${chain.table} ${chain.chain}`,
  };
}

function warningText({ message, at }: Warning): string {
  return at ? `${at.file}:${at.line}: ${message}` : message;
}
