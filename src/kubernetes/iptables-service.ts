import { contains, parseNetwork } from "./addresses.ts";
import { MARK_MASQ, PROXY_FIREWALL, SERVICES } from "./common-rules.ts";
import { endpointChain, serviceHash } from "./names.ts";
import { hasExternal, hasInternal, type ProxiedPort, type Proxier } from "./proxier.ts";
import {
  comment,
  destination,
  destinationNetwork,
  detected,
  hostPrefix,
  local,
  match,
  nfacct,
  type Part,
  protocol,
  reject,
  source,
  sourceNetwork,
  type TableBuilder,
} from "./rule.ts";
import type { Endpoint } from "./service-port.ts";

const EXTERNAL_SERVICES = "KUBE-EXTERNAL-SERVICES";
const NODE_PORTS = "KUBE-NODEPORTS";
const LOCALNET = parseNetwork("127.0.0.0/8")!;

export interface ChainOptions {
  /** Comments of the rules that stand once for every endpoint. */
  readonly hasComments: boolean;
  /** Are node ports open on 127.0.0.1? */
  readonly hasLocalhost: boolean;
}

/** What became of a service port's endpoints, and the chains that lead to them. */
interface Plan {
  readonly port: ProxiedPort;
  readonly svc: string;
  readonly svl: string;
  readonly ext: string;
  readonly fw: string;
  readonly internalChain: string;
  readonly externalPolicyChain: string;
  readonly hasInternal: boolean;
  readonly hasExternal: boolean;
  readonly usesFirewall: boolean;
  /** What to do where endpoints are missing, and the words for it. */
  readonly missing: { readonly target: string; readonly words: Part };
}

/** Writes the rules of service ports into filter and nat. */
export class ServiceChains {
  readonly #proxier: Proxier;
  readonly #filter: TableBuilder;
  readonly #nat: TableBuilder;
  readonly #options: ChainOptions;
  readonly withoutLocalEndpoints = { internal: 0, external: 0 };
  /** nat chains of each Service. */
  readonly byService = new Map<string, readonly string[]>();

  constructor(proxier: Proxier, filter: TableBuilder, nat: TableBuilder, options: ChainOptions) {
    this.#proxier = proxier;
    this.#filter = filter;
    this.#nat = nat;
    this.#options = options;
  }

  add(port: ProxiedPort): void {
    const plan = this.#plan(port);
    if (port.usable.any && !plan.hasInternal) this.withoutLocalEndpoints.internal++;
    if (port.usable.any && !plan.hasExternal) this.withoutLocalEndpoints.external++;
    this.#addClusterIP(plan);
    this.#addExternalIPs(plan);
    this.#addLoadBalancer(plan);
    this.#addNodePort(plan);
    this.#addHealthCheck(plan);
    this.#addInternalMasquerade(plan);
    if (port.usable.any && port.isExternallyAccessible) this.#addExternalChain(plan);
    if (plan.usesFirewall) this.#addFirewallChain(plan);
    const destinations = new Map(port.usable.reachable.map((endpoint) => [endpoint, destinationOf(port, endpoint)]));
    const among = (endpoints: readonly Endpoint[]) => endpoints.map((endpoint) => destinations.get(endpoint)!);
    if (port.usesCluster) this.#addPolicyChain(port, plan.svc, among(port.usable.cluster));
    if (port.usesLocal) this.#addPolicyChain(port, plan.svl, among(port.usable.local));
    this.#addEndpointChains(port, [...destinations.values()]);
    const service = `${port.namespace}/${port.name}`;
    this.byService.set(service, [...(this.byService.get(service) ?? []), ...this.#nat.close()]);
  }

  #plan(port: ProxiedPort): Plan {
    const hash = serviceHash(port.id, port.protocol);
    const { any } = port.usable;
    const [svc, svl] = [`KUBE-SVC-${hash}`, `KUBE-SVL-${hash}`];
    const reason = any ? "local endpoints" : "endpoints";
    return {
      port,
      svc,
      svl,
      ext: `KUBE-EXT-${hash}`,
      fw: `KUBE-FW-${hash}`,
      internalChain: port.isInternalLocal ? svl : svc,
      externalPolicyChain: port.isExternalLocal ? svl : svc,
      hasInternal: hasInternal(port),
      hasExternal: hasExternal(port),
      usesFirewall: any && port.loadBalancerIPs.length > 0 && port.sourceRanges.length > 0,
      missing: { target: any ? "DROP" : reject(this.#proxier.family), words: comment(`${port.id} has no ${reason}`) },
    };
  }

  #addClusterIP({ port, hasInternal, internalChain, missing }: Plan): void {
    const to = [protocol(port.protocol, port.port), destination(port.clusterIP)];
    if (hasInternal) this.#nat.add(SERVICES, internalChain, comment(`${port.id} cluster IP`), ...to);
    else this.#filter.add(SERVICES, missing.target, missing.words, ...to);
  }

  #addExternalIPs({ port, ext, hasExternal, missing }: Plan): void {
    for (const address of port.externalIPs) {
      const to = [protocol(port.protocol, port.port), destination(address)];
      if (port.usable.any) this.#nat.add(SERVICES, ext, comment(`${port.id} external IP`), ...to);
      if (!hasExternal) this.#filter.add(EXTERNAL_SERVICES, missing.target, missing.words, ...to);
    }
  }

  #addLoadBalancer({ port, ext, fw, usesFirewall, hasExternal, missing }: Plan): void {
    const to = (address: string) => [protocol(port.protocol, port.port), destination(address)];
    for (const address of port.loadBalancerIPs) {
      if (port.usable.any) {
        const words = comment(`${port.id} loadbalancer IP`);
        this.#nat.add(SERVICES, usesFirewall ? fw : ext, words, ...to(address));
      }
      if (usesFirewall) {
        const words = comment(`${port.id} traffic not accepted by ${fw}`);
        this.#filter.add(PROXY_FIREWALL, "DROP", words, ...to(address));
      }
    }
    if (hasExternal) return;
    for (const address of port.loadBalancerIPs) {
      this.#filter.add(EXTERNAL_SERVICES, missing.target, missing.words, ...to(address));
    }
  }

  #addNodePort({ port, ext, hasExternal, missing }: Plan): void {
    if (port.nodePort === 0) return;
    const to = protocol(port.protocol, port.nodePort);
    if (port.usable.any) {
      if (this.#proxier.facts.countsLocalhost && this.#options.hasLocalhost) {
        const counted = nfacct("localhost_nps_accepted_pkts");
        this.#nat.add(NODE_PORTS, ext, comment(port.id), to, destinationNetwork(LOCALNET), counted);
      }
      this.#nat.add(NODE_PORTS, ext, comment(port.id), to);
    }
    if (!hasExternal) {
      this.#filter.add(EXTERNAL_SERVICES, missing.target, missing.words, local("destination"), to);
    }
  }

  #addHealthCheck({ port }: Plan): void {
    if (port.healthCheckNodePort === 0) return;
    const words = comment(`${port.id} health check node port`);
    this.#filter.add(NODE_PORTS, "ACCEPT", words, protocol("TCP", port.healthCheckNodePort));
  }

  /** What comes from outside to a cluster IP must come back this way. */
  #addInternalMasquerade({ port, hasInternal, internalChain }: Plan): void {
    const { configuration, detector } = this.#proxier;
    if (!hasInternal || !(configuration.masqueradeAll || detector)) return;
    const from = configuration.masqueradeAll ? [] : [detected(detector!, true)];
    const to = [protocol(port.protocol, port.port), destination(port.clusterIP)];
    this.#nat.add(internalChain, MARK_MASQ, comment(`${port.id} cluster IP`), ...to, ...from);
  }

  #addExternalChain({ port, svc, ext, externalPolicyChain, hasExternal }: Plan): void {
    const { detector } = this.#proxier;
    const about = (what: string) => comment(`${what} ${port.id} external destinations`);
    if (!port.isExternalLocal) {
      this.#nat.add(ext, MARK_MASQ, about("masquerade traffic for"));
    } else {
      if (detector) this.#nat.add(ext, svc, about("pod traffic for"), detected(detector, false));
      this.#nat.add(ext, MARK_MASQ, about("masquerade LOCAL traffic for"), local("source"));
      this.#nat.add(ext, svc, about("route LOCAL traffic for"), local("source"));
    }
    if (hasExternal) this.#nat.add(ext, externalPolicyChain);
  }

  /** nat may not drop: what no range admits falls out of this chain and meets KUBE-PROXY-FIREWALL. */
  #addFirewallChain({ port, ext, fw }: Plan): void {
    const words = comment(`${port.id} loadbalancer IP`);
    for (const range of port.sourceRanges) this.#nat.add(fw, ext, words, sourceNetwork(range));
    if (port.sourceRanges.some((range) => contains(range, this.#proxier.nodeIP))) {
      for (const address of port.loadBalancerIPs) this.#nat.add(fw, ext, words, source(address));
    }
    this.#nat.add(fw, undefined, comment(`other traffic to ${port.id} will be dropped by KUBE-PROXY-FIREWALL`));
  }

  #addPolicyChain(port: ProxiedPort, chain: string, endpoints: readonly Destination[]): void {
    const words = ({ text }: Endpoint) => (this.#options.hasComments ? comment(`${port.id} -> ${text}`) : {});
    const { affinitySeconds } = port;
    if (affinitySeconds !== undefined) {
      for (const { endpoint, chain: target } of endpoints) {
        this.#nat.add(chain, target, words(endpoint), this.#recent(target, "rcheck", affinitySeconds));
      }
    }
    endpoints.forEach(({ endpoint, chain: target }, i) => {
      this.#nat.add(chain, target, words(endpoint), oneOf(endpoints.length - i));
    });
  }

  #addEndpointChains(port: ProxiedPort, endpoints: readonly Destination[]): void {
    const words = this.#options.hasComments ? comment(port.id) : {};
    const isProtocol = protocol(port.protocol);
    for (const { endpoint, chain } of endpoints) {
      this.#nat.add(chain, MARK_MASQ, words, source(endpoint.address));
      const remember = port.affinitySeconds === undefined ? {} : this.#recent(chain, "set", 0);
      this.#nat.add(chain, `DNAT --to-destination ${endpoint.text}`, words, remember, isProtocol);
    }
  }

  #recent(name: string, action: "rcheck" | "set", seconds: number): Part {
    const mask = hostPrefix(this.#proxier.nodeIP).mask;
    const reap = action === "rcheck";
    return match({
      kind: "recent",
      invert: false,
      action,
      seconds,
      hitcount: 0,
      reap,
      ttl: false,
      name,
      mask,
      side: "source",
    });
  }
}

/** An endpoint and the chain that leads to it. */
interface Destination {
  readonly endpoint: Endpoint;
  readonly chain: string;
}

function destinationOf(port: ProxiedPort, endpoint: Endpoint): Destination {
  return { endpoint, chain: endpointChain(port.id, port.protocol, endpoint.text) };
}

const draws: Part[] = [{}, {}];

/** A draw that one of `count` wins, as `--probability` with ten decimals tells the kernel; the last one needs none. */
export function oneOf(count: number): Part {
  draws[count] ??= match({
    kind: "statistic",
    mode: "random",
    invert: false,
    probability: Math.round(Number((1 / count).toFixed(10)) * 2 ** 31),
    every: 0,
    packet: 0,
  });
  return draws[count];
}
