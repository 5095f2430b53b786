import type { Family } from "../model/address.ts";
import { chiSquareTest } from "./chi-square.ts";
import type { ServiceSpread, Spread } from "./comparison.ts";
import type { Flow } from "./flows.ts";
import { destinationOf, type Shares, sharesOfChain, sharesOfService } from "./shares.ts";
import type { Side } from "./side.ts";

interface Chosen {
  readonly shares: Shares;
  readonly chosenBy: string;
}

/** How the conversations of each service were spread over its servers; services that nobody translated are left out. */
export function spreadsOf(flows: readonly Flow[], a: Side, b: Side): ServiceSpread[] {
  const byService = new Map<string, Flow[]>();
  for (const flow of flows) {
    if (flow.a.endpoint === undefined && flow.b.endpoint === undefined) continue;
    byService.set(flow.service, [...(byService.get(flow.service) ?? []), flow]);
  }
  return [...byService].map(([service, ofService]) => ({
    service,
    a: spreadOf(
      ofService.map(({ a: { endpoint }, firstA }) => ({ endpoint, path: firstA.path })),
      a,
    ),
    b: spreadOf(
      ofService.map(({ b: { endpoint }, firstB }) => ({ endpoint, path: firstB.path })),
      b,
    ),
  }));
}

function spreadOf(flows: readonly { readonly endpoint?: string; readonly path: number }[], side: Side): Spread {
  const counts = new Map<string, number>();
  const reached = flows.filter(({ endpoint }) => endpoint !== undefined);
  for (const { endpoint } of reached) counts.set(endpoint!, (counts.get(endpoint!) ?? 0) + 1);
  const chosen = reached[0] && chosenOn(side, reached[0].path);
  const names = [...new Set([...(chosen?.shares.keys() ?? []), ...counts.keys()])].sort();
  const servers = names.map((server) => {
    const share = chosen?.shares.get(server);
    return {
      server,
      flows: counts.get(server) ?? 0,
      expected: share === undefined ? undefined : share * reached.length,
    };
  });
  const isKnown = chosen !== undefined && names.every((name) => chosen.shares.has(name));
  return {
    flows: reached.length,
    chosenBy: chosen?.chosenBy ?? "",
    servers,
    fit: isKnown
      ? chiSquareTest(
          servers.map((server) => server.flows),
          names.map((name) => chosen.shares.get(name)!),
        )
      : undefined,
  };
}

/** Who was to be chosen how often, where a packet took this path. */
function chosenOn({ ways, emulator }: Side, path: number): Chosen | undefined {
  const chooser = ways.chooser(path);
  if (chooser) {
    const { by, from } = chooser;
    const table = tableOf(emulator.node, by.family);
    const own = table && sharesOfChain(table, by.chain);
    const isOneOfMany = own && own.size > 1;
    const chain = isOneOfMany || !from ? by.chain : from.chain;
    const shares = table ? sharesOfChain(table, chain) : new Map<string, number>();
    const destination = destinationOf(by.rule);
    if (destination === undefined) return undefined;
    return { shares, chosenBy: `rules of ${chain}` };
  }
  const number = ways.service(path);
  const service = number === undefined ? undefined : emulator.loaded.services.service(number);
  if (!service) return undefined;
  const name = emulator.loaded.services.serviceText(number!);
  const all = emulator.loaded.services.all().find(({ key }) => key === service.key);
  const persistent = service.persistence === undefined ? "" : ", persistent";
  return { shares: sharesOfService(all ?? service), chosenBy: `IPVS ${service.scheduler}${persistent} of ${name}` };
}

function tableOf(
  {
    ruleset4,
    ruleset6,
  }: { ruleset4?: Side["emulator"]["node"]["ruleset4"]; ruleset6?: Side["emulator"]["node"]["ruleset6"] },
  family: Family,
) {
  return (family === 4 ? ruleset4 : ruleset6)?.tables.find(({ name }) => name === "nat");
}
