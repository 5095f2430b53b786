import { TCP, UDP, uint16, uint32, viewOf } from "../compare/ip-view.ts";
import type { ClusterCase } from "./case.ts";
import { type Arrival, ETHERNET_HEADER, headerLength } from "./traffic.ts";

/** `-m statistic --mode random` in a Service's chain; the last endpoint needs none. */
const RANDOM_RULE = /^(-A KUBE-SVC-(\S+) .*)-m statistic --mode random --probability \S+ -j (KUBE-SEP-\S+)$/;
const ENDPOINT_RULE = /^-A (KUBE-SEP-\S+) .*-j DNAT --to-destination (\S+)/;
const SERVICE_RULE =
  /^-A KUBE-(?:SERVICES(?: -d (\S+)\/32)?|NODEPORTS) -p (\S+) .*--dport (\d+) .*-j KUBE-(?:SVC|EXT)-(\S+)$/;
const SET = "chosen-endpoint-";
const SOON_NS = 100_000_000n;

/** A flow whose endpoint the kernel drew. */
interface Choice {
  /** Number of the packet, from 1, that first left for the endpoint. */
  readonly number: number;
  /** "client,protocol:port,service" */
  readonly flow: string;
  readonly service: string;
  readonly endpoint: string;
}

interface NodeWithChoices {
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Flows whose endpoint was drawn. */
  readonly endpoints: number;
}

/**
 * The node's files with the endpoints that the kernel drew: each random rule asks instead whether the flow is in a set, which
 * it joins right before the packet that left for the rule's endpoint. Counters stay those of the random rule.
 */
export function withChosenEndpoints(recorded: ClusterCase): NodeWithChoices {
  const rules = textOf(recorded, "iptables.save").split("\n");
  if (!rules.some((rule) => RANDOM_RULE.test(rule))) return { files: recorded.files, endpoints: 0 };
  const addresses = new Map<string, string>();
  for (const rule of rules) {
    const [, chain, address] = ENDPOINT_RULE.exec(rule) ?? [];
    if (chain !== undefined) addresses.set(chain, address!);
  }
  const sets = new Map<string, string>();
  const changed = rules.map((rule) => {
    const [, before, service, chain] = RANDOM_RULE.exec(rule) ?? [];
    if (before === undefined) return rule;
    const name = `${SET}${sets.size}`;
    sets.set(`${service} ${addresses.get(chain!)}`, name);
    return `${before}-m set --match-set ${name} src,src,dst -j ${chain}`;
  });
  const choices = chosenEndpoints(recorded, servicesOf(rules));
  const events = choices.flatMap(({ number, flow, service, endpoint }) => {
    const set = sets.get(`${service} ${endpoint}`);
    return set === undefined ? [] : [{ before: number, cmd: `ipset -exist add ${set} ${flow}` }];
  });
  const created = [...sets.values()].map((set) => `create ${set} hash:ip,port,ip family inet\n`);
  const scenario = JSON.parse(textOf(recorded, "scenario.json")) as object;
  const encoder = new TextEncoder();
  const files = new Map(recorded.files)
    .set("iptables.save", encoder.encode(changed.join("\n")))
    .set("ipset.save", encoder.encode(textOf(recorded, "ipset.save") + created.join("")))
    .set("scenario.json", encoder.encode(JSON.stringify({ ...scenario, events })));
  return { files, endpoints: choices.length };
}

/** What `ipset save` says without the sets above. */
export function withoutChoices(ipset: Uint8Array): Uint8Array {
  const lines = new TextDecoder().decode(ipset).split("\n");
  return new TextEncoder().encode(lines.filter((line) => !line.split(" ")[1]?.startsWith(SET)).join("\n"));
}

function textOf({ files }: ClusterCase, name: string): string {
  return new TextDecoder().decode(files.get(name));
}

/** The hash in the names of a Service port's chains, by "protocol address:port" and, for node ports, "protocol port". */
function servicesOf(rules: readonly string[]): Map<string, string> {
  const services = new Map<string, string>();
  for (const rule of rules) {
    const [, address, protocol, port, service] = SERVICE_RULE.exec(rule) ?? [];
    if (service === undefined) continue;
    services.set(address === undefined ? `${protocol} ${port}` : `${protocol} ${address}:${port}`, service);
  }
  return services;
}

/** The endpoints, as the packets show that left soon after they came in. */
function chosenEndpoints(
  { arrivals, departures }: ClusterCase,
  services: ReadonlyMap<string, string>,
): readonly Choice[] {
  const sent = new Map<string, { readonly timeNs: bigint; readonly to: string }[]>();
  for (const { timeNs, bytes } of departures) {
    const packet = bytes.subarray(ETHERNET_HEADER);
    const key = keyOf(packet);
    if (key !== undefined) sent.set(key, [...(sent.get(key) ?? []), { timeNs, to: destinationOf(packet) }]);
  }
  const choices = new Map<string, Choice>();
  for (const [i, arrival] of arrivals.entries()) {
    const packet = ipOf(arrival);
    const key = keyOf(packet);
    if (key === undefined) continue;
    const to = destinationOf(packet);
    const protocol = packet[9] === TCP ? "tcp" : "udp";
    const service = services.get(`${protocol} ${to}`) ?? services.get(`${protocol} ${to.split(":")[1]}`);
    const left = sent.get(key)?.find(({ timeNs }) => timeNs >= arrival.timeNs && timeNs < arrival.timeNs + SOON_NS);
    if (service === undefined || left === undefined) continue;
    const flow = flowOf(packet);
    const id = `${flow} ${service}`;
    if (!choices.has(id)) choices.set(id, { number: i + 1, flow, service, endpoint: left.to });
  }
  return [...choices.values()];
}

function ipOf(arrival: Arrival): Uint8Array {
  return arrival.bytes.subarray(headerLength(arrival));
}

/** What translation leaves of a TCP or UDP packet's beginning. */
function keyOf(packet: Uint8Array): string | undefined {
  const view = viewOf(packet);
  if (view?.version !== 4 || view.fragmentOffset > 0) return undefined;
  if (view.protocol === UDP) return `udp ${uint16(packet, 4)} ${uint16(packet, view.transport + 4)}`;
  if (view.protocol !== TCP) return undefined;
  return `tcp ${uint16(packet, 4)} ${uint32(packet, view.transport + 4)} ${uint32(packet, view.transport + 8)}`;
}

function destinationOf(packet: Uint8Array): string {
  return `${packet.subarray(16, 20).join(".")}:${uint16(packet, viewOf(packet)!.transport + 2)}`;
}

function flowOf(packet: Uint8Array): string {
  const { protocol, transport } = viewOf(packet)!;
  const client = packet.subarray(12, 16).join(".");
  return `${client},${protocol === TCP ? "tcp" : "udp"}:${uint16(packet, transport)},${packet.subarray(16, 20).join(".")}`;
}
