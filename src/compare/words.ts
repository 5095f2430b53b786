import type { Both, Comparison, Distribution, NodeTotals, Spread } from "./comparison.ts";
import type { DifferenceKind } from "./difference.ts";

const KINDS: Readonly<Record<DifferenceKind, string>> = {
  fate: "another fate",
  answer: "another answer",
  translation: "translated by one only",
  "client address": "client's address",
  reply: "another reply",
  route: "another interface",
  endpoint: "another server",
};

const REPLIES: Readonly<Record<Comparison["replies"], string>> = {
  capture: "replies as captured",
  retarget: "replies from the servers that each run chose",
  none: "without replies",
};

const FATES: Readonly<Record<string, string>> = {
  refused: "refused (the client is told)",
  dropped: "dropped (the client times out)",
};

/** What differs, in a few words: `another fate`, `another server`. */
export function kindWords(kind: DifferenceKind): string {
  return KINDS[kind];
}

/** `18 conversations of 54 packets, replies as captured` and `4 alike, 12 alike but for the server chosen, 2 different`. */
export function summaryWords({
  totals,
  records,
  replies,
  unpaired,
}: Pick<Comparison, "totals" | "records" | "replies" | "unpaired">): readonly [what: string, result: string] {
  const { flows, same, otherEndpoint, different } = totals;
  const odd = unpaired > 0 ? `, ${unpaired} packets are input of one node only` : "";
  return [
    `${flows} conversations of ${records} packets, ${REPLIES[replies]}`,
    `${same} alike, ${otherEndpoint} alike but for the server chosen, ${different} different${odd}`,
  ];
}

/** Rows of the table of both nodes. */
export function totalRows({
  nodes: { a, b },
}: Pick<Comparison, "nodes">): (readonly [what: string, a: string, b: string])[] {
  const row = (what: string, text: (totals: NodeTotals) => string) => [what, text(a), text(b)] as const;
  const fates = (["forwarded", "delivered", "refused", "dropped", "waiting", "ignored"] as const)
    .filter((fate) => a.fates[fate] || b.fates[fate])
    .map((fate) => row(FATES[fate] ?? fate, ({ fates: counts }) => String(counts[fate] ?? 0)));
  return [
    ...fates,
    row("client's address kept", ({ clientAddress }) => String(clientAddress.kept)),
    row("client's address replaced", ({ clientAddress }) => String(clientAddress.replaced)),
    row("rules evaluated, first packet", ({ rulesPerFlow }) => distributionWords(rulesPerFlow)),
    row("IPVS look-ups, first packet", ({ ipvsLookupsPerFlow }) => distributionWords(ipvsLookupsPerFlow)),
  ];
}

function distributionWords({ least, mean, most }: Distribution): string {
  if (least === most) return String(least);
  return `${least} to ${most}, mean ${rounded(mean)}`;
}

/** Rows of a service's table: its servers, and how well the counts fit. */
export function spreadRows({ a, b }: Both<Spread>): (readonly [what: string, a: string, b: string])[] {
  const names = [...new Set([...a.servers, ...b.servers].map(({ server }) => server))].sort();
  const rows = names.map((name) => [name, serverWords(a, name), serverWords(b, name)] as const);
  const fits = a.fit || b.fit ? [["chi-square", fitWords(a), fitWords(b)] as const] : [];
  return [...rows, ...fits, ["chosen by", a.chosenBy || "-", b.chosenBy || "-"]];
}

function serverWords({ servers }: Spread, name: string): string {
  const found = servers.find(({ server }) => server === name);
  if (!found) return "-";
  return found.expected === undefined ? String(found.flows) : `${found.flows} (expected ${rounded(found.expected)})`;
}

function fitWords({ fit }: Spread): string {
  if (!fit) return "-";
  const { statistic, degreesOfFreedom, p, isReliable } = fit;
  const hint = isReliable ? "" : ", few";
  return `${statistic.toFixed(2)} (${degreesOfFreedom} df), p ${p.toFixed(3)}${hint}`;
}

function rounded(number: number): string {
  return String(Math.round(number * 10) / 10);
}
