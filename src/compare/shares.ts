import { printEndpoint } from "../config/ipvs/address.ts";
import type { IpvsService } from "../model/ipvs.ts";
import type { Chain, Rule, Table } from "../model/ruleset.ts";

/** How often each server of a service is to be chosen, of 1. */
export type Shares = ReadonlyMap<string, number>;

const WHOLE = 0x8000_0000;
/** Chains deeper than this do not say by themselves who is chosen. */
const MAX_DEPTH = 4;
/** Schedulers that give servers of any weight above 0 the same. */
const WEIGHTLESS: ReadonlySet<string> = new Set(["rr", "lc", "dh", "lblc", "lblcr"]);

/** What a virtual service's scheduler is after in the long run: equal parts, or parts by weight. */
export function sharesOfService({ scheduler, servers }: Pick<IpvsService, "scheduler" | "servers">): Shares {
  const weights = servers.map(({ weight }) => (WEIGHTLESS.has(scheduler) ? Math.min(weight, 1) : weight));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return new Map(
    servers.map(({ address, port }, i) => [printEndpoint(address, port), total === 0 ? 0 : weights[i]! / total]),
  );
}

/**
 * How often a chain chooses each destination: its rules in turn, each taking its part (`statistic`) of what the ones before
 * it left, through the chains that they jump to. Rules that a client's history decides (`recent`) take nothing.
 */
export function sharesOfChain(table: Table, chain: string): Shares {
  const shares = new Map<string, number>();
  addShares(new Map(table.chains.map((each) => [each.name, each])), chain, 1, 0, shares);
  return shares;
}

/** @returns the part of `whole` that was given away. */
function addShares(
  chains: ReadonlyMap<string, Chain>,
  name: string,
  whole: number,
  depth: number,
  shares: Map<string, number>,
): number {
  let left = whole;
  for (const rule of chains.get(name)?.rules ?? []) {
    const part = left * partOf(rule);
    const { target } = rule;
    if (target?.kind === "jump" && depth < MAX_DEPTH) left -= addShares(chains, target.chain, part, depth + 1, shares);
    const destination = destinationOf(rule);
    if (destination === undefined) continue;
    shares.set(destination, (shares.get(destination) ?? 0) + part);
    left -= part;
  }
  return whole - left;
}

function partOf({ matches }: Rule): number {
  // `--set` notes the client on the way to its server; all others ask who was noted.
  if (matches.some((match) => match.kind === "recent" && match.action !== "set")) return 0;
  for (const match of matches) {
    if (match.kind !== "statistic") continue;
    const part = match.mode === "nth" ? 1 / match.every : match.probability / WHOLE;
    return match.invert ? 1 - part : part;
  }
  return 1;
}

/** Where a rule sends a connection: one address and one port. */
export function destinationOf({ target }: Rule): string | undefined {
  if (target?.kind !== "DNAT" || !target.addresses) return undefined;
  return printEndpoint(target.addresses.from, target.ports?.from ?? 0);
}
