import type { CaptureSource } from "../capture/index.ts";
import { formatAddress } from "../config/address.ts";
import { arrivalInterface, describedFrame } from "../engine/described-frame.ts";
import { type DescribedPacket, parseDescription } from "../engine/described-packet.ts";
import { Emulator, type EmulatorOptions } from "../engine/emulator.ts";
import type { OutputSink, TraceEvent } from "../engine/outputs.ts";
import { type ReplayOptions, replay } from "../engine/replay.ts";
import type { Address } from "../model/address.ts";
import type { Node } from "../model/node.ts";
import type { RulePlace } from "../model/ruleset.ts";
import { explainEvents, type Walk } from "./explain.ts";
import type { Headers } from "./headers.ts";
import { pathNames } from "./path.ts";
import { explainWhyNot, type WhyNot } from "./why-not.ts";

/** Version of the JSON that an {@link Explanation} is; it changes when a field goes or means something else. */
export const EXPLANATION_VERSION = 1;

/** What happened to a packet, step by step; the first walk is its own, others are of packets that it caused. */
export interface Explanation {
  readonly version: typeof EXPLANATION_VERSION;
  /** Its number in the capture, from 1. */
  readonly packet: number;
  readonly walks: readonly Walk[];
  /** What became of the rule that `watch` named. */
  readonly whyNot?: WhyNot;
}

/** What `explain --json` prints: an explanation for each packet that was asked for. */
export type Explanations = readonly Explanation[];

/** Collects the events of packets and explains each when the next one begins. */
class EventCollector implements OutputSink {
  readonly #emulator: Emulator;
  readonly #watched: RulePlace | undefined;
  readonly #isWanted: (explanation: Explanation) => boolean;
  readonly explanations: Explanation[] = [];
  #events: TraceEvent[] = [];

  constructor(emulator: Emulator, watched: RulePlace | undefined, isWanted: (explanation: Explanation) => boolean) {
    this.#emulator = emulator;
    this.#watched = watched;
    this.#isWanted = isWanted;
  }

  event(event: TraceEvent): void {
    if (this.#events[0] && this.#events[0].number !== event.number) this.end();
    this.#events.push(event);
  }

  end(): void {
    const packet = this.#events[0]?.number;
    if (packet === undefined) return;
    const names = pathNames(this.#emulator.loaded);
    const whyNot = this.#watched && explainWhyNot(this.#events, this.#watched, names);
    const walks = explainEvents(this.#events, names);
    const explanation = { version: EXPLANATION_VERSION, packet, walks, whyNot } as const;
    if (this.#isWanted(explanation)) this.explanations.push(explanation);
    this.#events = [];
  }
}

/**
 * Explains one packet of a capture: everything before it is replayed, then it runs with recording on.
 *
 * @returns undefined when the capture has no such packet, or it is no input of the node.
 */
export async function explainPacket(
  node: Node,
  capture: CaptureSource,
  packet: number,
  options: ReplayOptions = {},
): Promise<Explanation | undefined> {
  const range = { ...options, recordFrom: packet, until: packet };
  const explanations = await explainReplay(node, capture, range, (explanation) => explanation.packet === packet);
  return explanations[0];
}

/**
 * Explains the packets of a flow, as they arrive: both directions of what is described (`tcp A:P > B:P`).
 *
 * @throws DescriptionError
 */
export async function explainFlow(
  node: Node,
  capture: CaptureSource,
  description: string,
  options: ReplayOptions = {},
): Promise<Explanation[]> {
  const flow = parseDescription(description);
  return explainReplay(node, capture, options, ({ walks }) => {
    const headers = walks[0]?.headers;
    return headers !== undefined && isOfFlow(headers, flow);
  });
}

/** Explains all packets of a capture that are wanted. */
export async function explainReplay(
  node: Node,
  capture: CaptureSource,
  options: ReplayOptions,
  isWanted: (explanation: Explanation) => boolean,
): Promise<Explanation[]> {
  let collector: EventCollector | undefined;
  const { damage } = await replay(node, capture, {
    ...options,
    record: "all",
    observe: (emulator) => {
      collector = new EventCollector(emulator, options.watch, isWanted);
      return [collector, ...(options.observe?.(emulator) ?? [])];
    },
  });
  collector?.end();
  const explanations = collector?.explanations ?? [];
  if (damage && explanations.length === 0) throw damage;
  return explanations;
}

function isOfFlow(headers: Headers, { protocol, ...flow }: DescribedPacket): boolean {
  if (!headers.protocol.toLowerCase().startsWith(protocol)) return false;
  const [from, to] = [flowEnd(flow.source, flow.sourcePort), flowEnd(flow.destination, flow.destinationPort)];
  const [source, destination] = [
    `${headers.source} ${headers.sourcePort ?? 0}`,
    `${headers.destination} ${headers.destinationPort ?? 0}`,
  ];
  return (source === from && destination === to) || (source === to && destination === from);
}

function flowEnd(address: Address, port: number): string {
  return `${formatAddress(address)} ${port}`;
}

/**
 * Explains a packet that is described in words, as the first one that the node sees.
 *
 * @param on interface where it arrives, or `local`; by default the one that the source's route leads to.
 * @throws DescriptionError, InterfaceError
 */
export async function explainDescription(
  node: Node,
  description: string,
  on: string | undefined,
  options: EmulatorOptions = {},
): Promise<Explanation> {
  const described = parseDescription(description);
  const name = on ?? arrivalInterface(node, described.source);
  const emulator = await Emulator.create(node, { ...options, record: "all" });
  const collector = new EventCollector(emulator, options.watch, () => true);
  emulator.observe(collector);
  emulator.send(describedFrame(node, described, name), name);
  collector.end();
  return collector.explanations[0]!;
}
