import { type CaptureSource, piecesOf } from "../capture/index.ts";
import type { ReplayOptions } from "../engine/replay.ts";
import type { Node } from "../model/node.ts";
import {
  type Both,
  COMPARISON_VERSION,
  type Comparison,
  type FlowComparison,
  type PacketDifference,
} from "./comparison.ts";
import { fateWords } from "./difference.ts";
import { type Flow, Flows, type Parting } from "./flows.ts";
import { groupDifferences } from "./groups.ts";
import { type Passed, Side } from "./side.ts";
import { spreadsOf } from "./spread.ts";
import { nodeTotals } from "./totals.ts";

/** How two nodes are compared. */
export interface CompareOptions extends Omit<ReplayOptions, "observe" | "onInput" | "record" | "recordFrom" | "watch"> {
  /** What to call the nodes. Default: A and B. */
  readonly names?: Both<string>;
  /** A conversation that reaches another server of its service counts as different. Default false. */
  readonly sameEndpoints?: boolean;
  /** Default, other than in a replay: retarget, so that whole conversations play through both nodes. */
  readonly replies?: ReplayOptions["replies"];
}

/**
 * Sends the same capture through two nodes (two rulesets, or two modes of kube-proxy for the same objects) and says, for
 * every conversation, whether both do the same with it, and if not, from which packet on, where the ways part and why.
 *
 * @param capture a function where the capture can be opened twice; a source that can be read once only is kept in memory.
 * @throws as `replay` does; CaptureError also for a capture that is damaged.
 *
 * @example
 * const { differ, totals, differences } = await compareNodes(iptablesNode, ipvsNode, captureBytes);
 */
export async function compareNodes(
  a: Node,
  b: Node,
  capture: CaptureSource | (() => CaptureSource),
  options: CompareOptions = {},
): Promise<Comparison> {
  const { names = { a: "A", b: "B" }, sameEndpoints = false, replies = "retarget", ...rest } = options;
  const open = typeof capture === "function" ? capture : await rereadable(capture);
  const sides = { a: new Side(a, open(), { ...rest, replies }), b: new Side(b, open(), { ...rest, replies }) };
  const { flows, unpaired } = await run(sides);
  const { records, damage } = sides.a.outcome;
  if (damage) throw damage;
  const compared = flows.map((flow) => flowComparison(flow, sides));
  const other = compared.filter(({ verdict }) => verdict === "endpoint").length;
  const same = compared.filter(({ verdict }) => verdict === "same").length;
  const different = compared.length - same - other;
  return {
    version: COMPARISON_VERSION,
    names,
    differ: different + unpaired > 0 || (sameEndpoints && other > 0),
    records,
    unpaired,
    replies,
    totals: { flows: compared.length, same, otherEndpoint: other, different },
    nodes: {
      a: nodeTotals(
        compared.map((flow) => flow.a),
        sides.a,
      ),
      b: nodeTotals(
        compared.map((flow) => flow.b),
        sides.b,
      ),
    },
    differences: groupDifferences(flows, compared),
    services: spreadsOf(flows, sides.a, sides.b),
    flows: compared,
  };
}

async function rereadable(source: CaptureSource): Promise<() => CaptureSource> {
  if (source instanceof Uint8Array) return () => source;
  const pieces: Uint8Array[] = [];
  for await (const piece of piecesOf(source)) pieces.push(piece.slice());
  return () => again(pieces);
}

async function* again(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

/** Both runs go on together, so that only the packets of a batch wait for their counterparts. */
async function run({ a, b }: Both<Side>): Promise<{ readonly flows: Flow[]; readonly unpaired: number }> {
  const flows = new Flows(a, b);
  const onlyA = new Map<number, Passed>();
  const onlyB = new Map<number, Passed>();
  for (let isOver = false; !isOver; ) {
    const ended = [await a.advance(), await b.advance()];
    isOver = ended.every(Boolean);
    for (const passed of b.take()) onlyB.set(passed.asked.number, passed);
    for (const passed of a.take()) onlyA.set(passed.asked.number, passed);
    for (const [number, onA] of onlyA) {
      const onB = onlyB.get(number);
      if (!onB) continue;
      flows.add(onA, onB);
      onlyA.delete(number);
      onlyB.delete(number);
    }
  }
  return { flows: flows.all(), unpaired: onlyA.size + onlyB.size };
}

function flowComparison(flow: Flow, sides: Both<Side>): FlowComparison {
  const { name, packets, a, b, parting } = flow;
  return {
    flow: name,
    packets,
    verdict: parting?.kind ?? "same",
    a,
    b,
    difference: parting && packetDifference(parting, sides),
  };
}

function packetDifference({ kind, asked, isReply, a, b }: Parting, sides: Both<Side>): PacketDifference {
  const [stepsA, stepsB] = [sides.a.ways.steps(a.path), sides.b.ways.steps(b.path)];
  const parts = stepsA.findIndex(({ key }, i) => key !== stepsB[i]?.key);
  const cause = (side: Side, outcome: typeof a) =>
    kind === "client address" ? side.ways.sourceDecision(outcome.path) : side.ways.decision(outcome);
  return {
    kind,
    packet: asked.number,
    isReply,
    outcome: { a: fateWords(asked, a), b: fateWords(asked, b) },
    cause: { a: cause(sides.a, a), b: cause(sides.b, b) },
    steps: { a: stepsA.map(({ text }) => text), b: stepsB.map(({ text }) => text) },
    partsAt: parts < 0 ? stepsA.length : parts,
  };
}
