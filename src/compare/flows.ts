import type { FlowSide } from "./comparison.ts";
import { DIFFERENCES, type DifferenceKind, differenceOf, fateOf } from "./difference.ts";
import { type Asked, endText, type Outcome } from "./outcome.ts";
import type { Passed, Side } from "./side.ts";

/** The first packet that two nodes treat differently, with its path on each. */
export interface Parting {
  readonly kind: DifferenceKind;
  readonly asked: Asked;
  readonly isReply: boolean;
  readonly a: Outcome;
  readonly b: Outcome;
}

/** A conversation on both nodes. */
export interface Flow {
  readonly name: string;
  /** Whom the client asks: `tcp 10.96.0.1:443`. */
  readonly service: string;
  packets: number;
  readonly a: FlowSide;
  readonly b: FlowSide;
  /** Outcomes of the first packet. */
  readonly firstA: Outcome;
  readonly firstB: Outcome;
  /** Another endpoint is no difference in what becomes of packets: a graver one found later takes its place. */
  parting?: Parting;
}

const PROTOCOLS: Readonly<Record<number, string>> = {
  1: "icmp",
  6: "tcp",
  17: "udp",
  33: "dccp",
  58: "icmpv6",
  132: "sctp",
};

/** Puts the packets of both runs together, conversation by conversation. */
export class Flows {
  readonly #a: Side;
  readonly #b: Side;
  readonly #flows = new Map<string, Flow>();

  constructor(a: Side, b: Side) {
    this.#a = a;
    this.#b = b;
  }

  all(): Flow[] {
    return [...this.#flows.values()];
  }

  /** A packet of the capture, on both nodes. */
  add(onA: Passed, onB: Passed): void {
    const { asked, place } = onA;
    const key = place ? `conversation ${place.conversation.id}` : nameOf(asked);
    const flow = this.#flows.get(key);
    if (flow) flow.packets++;
    if (!onA.outcome || !onB.outcome) return;
    if (flow) note(flow, asked, place?.isReply ?? false, onA.outcome, onB.outcome);
    else this.#flows.set(key, this.#begin(onA, onA.outcome, onB.outcome));
  }

  #begin({ asked, place }: Passed, firstA: Outcome, firstB: Outcome): Flow {
    const protocol = PROTOCOLS[asked.protocol] ?? `protocol ${asked.protocol}`;
    const flow: Flow = {
      name: nameOf(asked),
      service: `${protocol} ${place ? endText(place.conversation.service) : asked.destination}`,
      packets: 1,
      a: sideOf(asked, firstA, this.#a),
      b: sideOf(asked, firstB, this.#b),
      firstA,
      firstB,
    };
    note(flow, asked, place?.isReply ?? false, firstA, firstB);
    return flow;
  }
}

function note(flow: Flow, asked: Asked, isReply: boolean, a: Outcome, b: Outcome): void {
  const { parting } = flow;
  if (parting && parting.kind !== "endpoint") return;
  const kind = differenceOf(asked, isReply, a, b);
  if (kind === undefined || parting?.kind === kind) return;
  flow.parting = { kind, asked, isReply, a, b };
}

function nameOf({ protocol, source, destination, isMessage }: Asked): string {
  const name = PROTOCOLS[protocol] ?? `protocol ${protocol}`;
  return `${name} ${source} > ${destination}${isMessage ? " (about another packet)" : ""}`;
}

function sideOf(asked: Asked, outcome: Outcome, side: Side): FlowSide {
  const { carried, lookups } = outcome;
  const isTranslated = carried !== undefined && carried.destination !== asked.destination;
  const isSeenAs = carried !== undefined && carried.sourceAddress !== asked.sourceAddress;
  return {
    fate: fateOf(outcome),
    endpoint: isTranslated ? carried.destination : undefined,
    seenAs: isSeenAs ? carried.sourceAddress : undefined,
    rules: side.rulesOf(outcome),
    ipvsLookups: lookups,
  };
}

/** The graver the earlier. */
export function gravity(kind: DifferenceKind): number {
  return DIFFERENCES.indexOf(kind);
}
