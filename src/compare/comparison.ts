import type { ChiSquare } from "./chi-square.ts";
import type { DifferenceKind, FateWord } from "./difference.ts";

/** Version of the JSON that a {@link Comparison} is; it changes when a field goes or means something else. */
export const COMPARISON_VERSION = 1;

/** One value for each of the two nodes. */
export interface Both<T> {
  readonly a: T;
  readonly b: T;
}

/** What two nodes did with the same capture. Plain data; `JSON.stringify` of it is the documented schema. */
export interface Comparison {
  readonly version: typeof COMPARISON_VERSION;
  readonly names: Both<string>;
  /** Does any conversation differ? Another server of the same service counts only with `sameEndpoints`. */
  readonly differ: boolean;
  /** Records of the capture. */
  readonly records: number;
  /** Records that are input of one node only: the nodes' interfaces are not the same. */
  readonly unpaired: number;
  /** How replies were treated. */
  readonly replies: "capture" | "retarget" | "none";
  readonly totals: Totals;
  readonly nodes: Both<NodeTotals>;
  /** What differs, conversations that differ alike in one entry; the gravest first, then the most frequent. */
  readonly differences: readonly DifferenceGroup[];
  /** Services whose conversations were sent to servers, by the texts of their addresses. */
  readonly services: readonly ServiceSpread[];
  /** All conversations, in the order in which they began. */
  readonly flows: readonly FlowComparison[];
}

/** How many conversations two nodes treat alike. */
export interface Totals {
  readonly flows: number;
  /** Alike in every packet. */
  readonly same: number;
  /** Alike but for the server that was chosen. */
  readonly otherEndpoint: number;
  readonly different: number;
}

/** What one of the nodes did with the conversations. */
export interface NodeTotals {
  /** Conversations by the fate of their first packet. */
  readonly fates: Readonly<Partial<Record<FateWord, number>>>;
  /** Conversations whose servers see the client's address, and another one. */
  readonly clientAddress: { readonly kept: number; readonly replaced: number };
  /** Rules that the kernel evaluates for the first packet of a conversation, in all tables together. */
  readonly rulesPerFlow: Distribution;
  /** Look-ups in IPVS' hash tables for it. */
  readonly ipvsLookupsPerFlow: Distribution;
  /** What to know about the run: not emulated, assumed, odd. */
  readonly notes: readonly string[];
}

/** How a number spreads over conversations. */
export interface Distribution {
  readonly least: number;
  readonly median: number;
  readonly mean: number;
  readonly most: number;
}

/** A conversation, and what both nodes did with it. */
export interface FlowComparison {
  /** `tcp 10.0.0.9:40000 > 10.96.0.1:443`: the client, and whom it asks. */
  readonly flow: string;
  /** Packets of the capture. */
  readonly packets: number;
  readonly verdict: "same" | DifferenceKind;
  readonly a: FlowSide;
  readonly b: FlowSide;
  /** The first packet that is treated differently. */
  readonly difference?: PacketDifference;
}

/** What one node did with the first packet of a conversation. */
export interface FlowSide {
  readonly fate: FateWord;
  /** Whom it reached: `10.244.1.5:8443`; only where the destination was translated. */
  readonly endpoint?: string;
  /** The address that the server sees in place of the client's. */
  readonly seenAs?: string;
  readonly rules: number;
  readonly ipvsLookups: number;
}

/** A packet that two nodes treat differently, and where its ways part. */
export interface PacketDifference {
  readonly kind: DifferenceKind;
  /** Number of the packet in the capture. */
  readonly packet: number;
  readonly isReply: boolean;
  /** What became of it: `forwarded to 10.244.1.5:8443 out eth1`. */
  readonly outcome: Both<string>;
  /** What decided that: a rule, a virtual service, routing. */
  readonly cause: Both<string>;
  /** The steps that it took. */
  readonly steps: Both<readonly string[]>;
  /** Position in both lists of steps, from 0, of the first one that is not the same. */
  readonly partsAt: number;
}

/** Conversations that differ alike. */
export interface DifferenceGroup {
  readonly kind: DifferenceKind;
  readonly flows: number;
  /** The first conversation of the group. */
  readonly example: string;
  readonly difference: PacketDifference;
}

/** How the conversations with a service were spread over its servers. */
export interface ServiceSpread {
  /** `tcp 10.96.0.1:443`. */
  readonly service: string;
  readonly a: Spread;
  readonly b: Spread;
}

/** How one of the nodes spread the conversations with a service over its servers. */
export interface Spread {
  readonly flows: number;
  /** `statistic`, or the name of the IPVS scheduler. */
  readonly chosenBy: string;
  readonly servers: readonly { readonly server: string; readonly flows: number; readonly expected?: number }[];
  /** Whether the counts fit what was expected; undefined with one server, or where nothing is known to expect. */
  readonly fit?: ChiSquare;
}
