import { printEndpoint } from "../config/ipvs/address.ts";
import type { Address, Family } from "../model/address.ts";
import type { Node } from "../model/node.ts";
import type { Rule, Ruleset } from "../model/ruleset.ts";

/** Whom clients ask: an address and port that the node gives to others. */
export interface ServiceAddress {
  readonly family: Family;
  readonly protocol: "tcp" | "udp";
  readonly address: Address;
  readonly port: number;
}

const PROTOCOLS: Readonly<Record<number, ServiceAddress["protocol"]>> = { 6: "tcp", 17: "udp" };
/** Rules that lead to a translation. */
const LEADING: ReadonlySet<string> = new Set(["jump", "goto", "DNAT", "REDIRECT"]);

/**
 * The services that a node knows, in the order in which a packet meets them: those of nat's rules, as chains are walked from
 * PREROUTING and OUTPUT, then those of IPVS. Services of marks, and rules that name sets, ranges or several ports, say no
 * single address and are left out.
 */
export function servicesOf({ ruleset4, ruleset6, services = [] }: Node): ServiceAddress[] {
  const found = new Map<string, ServiceAddress>();
  const add = (service: ServiceAddress) => {
    const { address, port } = service;
    const key = `${service.protocol} ${printEndpoint(address, port)}`;
    if (!found.has(key)) found.set(key, service);
  };
  for (const ruleset of [ruleset4, ruleset6]) {
    for (const rule of ruleset ? walkedRules(ruleset) : []) {
      const service = serviceOfRule(rule, ruleset!.family);
      if (service) add(service);
    }
  }
  for (const { key } of services) {
    if (key.fwmark !== undefined) continue;
    const protocol = PROTOCOLS[key.protocol];
    if (protocol) add({ family: key.family, protocol, address: key.address, port: key.port });
  }
  return [...found.values()];
}

/** The rules of nat in the order of a walk that no rule ends; each chain once. */
function walkedRules({ tables }: Ruleset): Rule[] {
  const table = tables.find(({ name }) => name === "nat");
  const chains = new Map(table?.chains.map((chain) => [chain.name, chain]));
  const walk = (name: string): Rule[] => {
    const chain = chains.get(name);
    chains.delete(name);
    return (chain?.rules ?? []).flatMap((rule) => {
      const { target } = rule;
      return target?.kind === "jump" || target?.kind === "goto" ? [rule, ...walk(target.chain)] : [rule];
    });
  };
  return ["PREROUTING", "OUTPUT"].flatMap(walk);
}

function serviceOfRule({ destination, protocol, matches, target }: Rule, family: Family): ServiceAddress | undefined {
  if (!destination || destination.invert || !protocol || protocol.invert) return undefined;
  const name = PROTOCOLS[protocol.value];
  const { address, mask } = destination.value;
  if (!name || mask.some((byte) => byte !== 0xff) || !LEADING.has(target?.kind ?? "")) return undefined;
  const ports = matches.flatMap((match) => (match.kind === name && match.destinationPort) || []);
  const [port] = ports;
  if (ports.length !== 1 || port!.invert || port!.value.from !== port!.value.to) return undefined;
  return { family, protocol: name, address, port: port!.value.from };
}
