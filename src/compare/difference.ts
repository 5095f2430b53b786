import { Fate } from "../../assembly/abi/fate.ts";
import { reasonWords } from "../trace/words.ts";
import type { Asked, Outcome } from "./outcome.ts";

/** The gravest first. */
export const DIFFERENCES = ["fate", "answer", "translation", "client address", "reply", "route", "endpoint"] as const;

/**
 * How a packet's treatment differs, the gravest first. `fate`: it is carried on by one node only, or delivered by one and
 * forwarded by the other. `answer`: the sender is told something else, or nothing. `translation`: one node translates its
 * destination. `client address`: one node keeps its source, the other puts its own in place. `reply`: the client sees other
 * addresses. `route`: it leaves elsewhere. `endpoint`: another server of the service was chosen.
 */
export type DifferenceKind = (typeof DIFFERENCES)[number];

const FATES: Readonly<Record<number, string>> = {
  [Fate.Sent]: "forwarded",
  [Fate.Delivered]: "delivered",
  [Fate.Dropped]: "dropped",
  [Fate.Queued]: "waiting",
  [Fate.Ignored]: "ignored",
};

/** What becomes of a packet, as its sender meets it. */
export type FateWord = "forwarded" | "delivered" | "refused" | "dropped" | "waiting" | "ignored";

/** What its sender meets: a packet that was dropped with an answer is refused, one without leaves it to its timeout. */
export function fateOf({ fate, answer }: Outcome): FateWord {
  if (fate === Fate.Dropped && answer !== undefined) return "refused";
  return (FATES[fate] ?? "dropped") as FateWord;
}

/** The same with the particulars: `refused (ICMP port unreachable)`, `dropped without an answer (by a rule)`. */
export function fateWords(asked: Asked, outcome: Outcome): string {
  const fate = fateOf(outcome);
  const { carried, answer, reason } = outcome;
  if (fate === "refused") return `refused (${answer})`;
  if (fate === "dropped") return `dropped without an answer (${reasonWords(reason)})`;
  if (fate === "ignored") return `ignored (${reasonWords(reason)})`;
  if (!carried) return fate;
  const to = carried.destination === asked.destination ? "" : ` to ${carried.destination}`;
  const from = carried.sourceAddress === asked.sourceAddress ? "" : ` as ${carried.sourceAddress}`;
  return fate === "delivered" ? `delivered${to}${from}` : `forwarded${to}${from} out ${carried.interface}`;
}

/** @returns undefined when both nodes do the same. */
export function differenceOf(asked: Asked, isReply: boolean, a: Outcome, b: Outcome): DifferenceKind | undefined {
  if (fateOf(a) !== fateOf(b)) return a.fate === Fate.Dropped && b.fate === Fate.Dropped ? "answer" : "fate";
  if (a.answer !== b.answer) return "answer";
  if (!a.carried || !b.carried) return undefined;
  const [ofA, ofB] = [a.carried, b.carried];
  if (isReply) return ofA.source !== ofB.source || ofA.destination !== ofB.destination ? "reply" : undefined;
  const isTranslated = ({ destination }: typeof ofA) => destination !== asked.destination;
  if (isTranslated(ofA) !== isTranslated(ofB)) return "translation";
  const isKept = ({ sourceAddress }: typeof ofA) => sourceAddress === asked.sourceAddress;
  // Of the node's own addresses, the endpoint decides which one its packets have.
  if (!asked.isLocal && isKept(ofA) !== isKept(ofB)) return "client address";
  if (ofA.destination !== ofB.destination) return "endpoint";
  // Masquerading takes the address of where the packet leaves, which the endpoint decides.
  if (ofA.sourceAddress !== ofB.sourceAddress) return "client address";
  return ofA.interface !== ofB.interface ? "route" : undefined;
}
