import { printEndpoint } from "../config/ipvs/address.ts";
import { LOCAL_INTERFACE } from "../engine/arrivals.ts";
import { describedFrame } from "../engine/described-frame.ts";
import { Emulator, type EmulatorOptions } from "../engine/emulator.ts";
import type { Ending } from "../engine/outputs.ts";
import type { Address, Family } from "../model/address.ts";
import type { Node } from "../model/node.ts";
import { isKernelMade } from "../report/verdicts.ts";
import { LinearCost } from "../trace/linear-cost.ts";
import { PathReader, pathNames } from "../trace/path.ts";
import { type ServiceAddress, servicesOf } from "./services-of.ts";

/** What the first packet of a connection to a service costs the kernel. */
export interface ServiceCost {
  /** `tcp 10.96.0.1:443`. */
  readonly service: string;
  /** Where it stands among the node's services, from 1. */
  readonly position: number;
  /** Rules that are evaluated, in all tables together. */
  readonly rules: number;
  /** Look-ups in IPVS' hash tables. */
  readonly ipvsLookups: number;
}

/** What new connections cost on a node, service by service. */
export interface ServiceCosts {
  /** Services of the node. */
  readonly total: number;
  /** Those that were asked, in the order in which a packet meets them; of many, some evenly spaced ones. */
  readonly services: readonly ServiceCost[];
}

/** How many services are asked, and how the node runs. */
export interface ServiceCostOptions extends EmulatorOptions {
  /** Ask no more services than this. Default 1000. */
  readonly most?: number;
}

const MOST_SERVICES = 1000;
const FIRST_PORT = 20_000;
const PORTS = 40_000;
const SYN = 0x02;

/**
 * Opens a connection to each service that a node knows (a rule of nat that translates its address and port, or a virtual
 * service of IPVS) and counts the rules that the kernel evaluates for its first packet. In kube-proxy's iptables mode they
 * grow with the service's position; in its IPVS mode they do not.
 *
 * @throws ConfigError when the node has something that is not emulated.
 * @example
 * const { services } = await serviceCosts(node);
 * console.log(services.at(-1)?.rules);
 */
export async function serviceCosts(node: Node, options: ServiceCostOptions = {}): Promise<ServiceCosts> {
  const { most = MOST_SERVICES, ...rest } = options;
  const all = servicesOf(node);
  const emulator = await Emulator.create(node, rest);
  const cost = new LinearCost(new PathReader(emulator.core, pathNames(emulator.loaded)));
  const endings = new Map<number, Ending>();
  emulator.observe({ ending: (ending) => isKernelMade(ending) || endings.set(ending.number, ending) });
  const services = spaced(all.length, most).flatMap((position) => {
    const service = all[position - 1]!;
    const ending = endings.get(connect(emulator, service, FIRST_PORT + (position % PORTS)) ?? 0);
    if (!ending) return [];
    const { path, lookups } = ending;
    return [{ service: serviceName(service), position, rules: cost.rulesOf(path), ipvsLookups: lookups }];
  });
  return { total: all.length, services };
}

/** @returns the number of the packet that asks; undefined where nobody could. */
function connect(
  emulator: Emulator,
  { family, protocol, address, port }: ServiceAddress,
  sourcePort: number,
): number | undefined {
  const source = clientOf(emulator.node, family);
  if (!source) return undefined;
  const described = {
    family,
    protocol,
    source: source.address,
    destination: address,
    sourcePort,
    destinationPort: port,
    flags: SYN,
  };
  return emulator.send(describedFrame(emulator.node, described, source.on), source.on);
}

/** Somebody who asks: a neighbour of the node, else the node itself. */
function clientOf(node: Node, family: Family): { readonly address: Address; readonly on: string } | undefined {
  const isOfFamily = ({ address }: { readonly address: Address }) => address.length === (family === 4 ? 4 : 16);
  const neighbour = node.neighbours.find(isOfFamily);
  if (neighbour) return { address: neighbour.address, on: neighbour.device };
  const own = node.interfaces
    .flatMap(({ addresses }) => addresses)
    .find((each) => isOfFamily(each) && each.scope === 0);
  return own && { address: own.address, on: LOCAL_INTERFACE };
}

/** Positions from 1 to `count`, `most` of them at most, the first and the last among them. */
function spaced(count: number, most: number): number[] {
  if (count <= most) return Array.from({ length: count }, (_, i) => i + 1);
  return Array.from({ length: most }, (_, i) => 1 + Math.round((i * (count - 1)) / Math.max(1, most - 1)));
}

function serviceName({ protocol, address, port }: ServiceAddress): string {
  return `${protocol} ${printEndpoint(address, port)}`;
}
