import type { IpvsServer, IpvsService } from "../model/ipvs.ts";
import { bytesOf, contains, isLoopback } from "./addresses.ts";
import type { Generated } from "./generated.ts";
import { IPVS_JUMPS, ipvsTables } from "./ipvs-rules.ts";
import { KubeSets } from "./ipvs-sets.ts";
import { NodePortAddresses, ownAddresses, type ProxiedPort, type Proxier } from "./proxier.ts";
import { hostPrefix, match, type Part, protocolNumber, source } from "./rule.ts";
import type { Endpoint } from "./service-port.ts";

/** What kube-proxy's IPVS mode writes in one family (pkg/proxy/ipvs/proxier.go). */
export function generateIpvs(proxier: Proxier): Generated {
  const state = new IpvsState(proxier);
  for (const port of proxier.ports) state.add(port);
  return {
    tables: ipvsTables(proxier, state.sets, state.outFilter),
    jumps: IPVS_JUMPS,
    sets: state.sets.build(),
    services: [...state.services.values()],
    boundAddresses: [...state.bound],
    sysctls: ipvsSysctls(proxier),
    withoutLocalEndpoints: state.withoutLocalEndpoints,
    serviceChains: new Map(),
    notes: state.sets.refused.map((entry) => `ipset refuses the entry ${entry}`),
  };
}

class IpvsState {
  readonly #proxier: Proxier;
  /** Addresses at which node ports are open. */
  readonly #nodeAddresses: readonly string[];
  readonly #own: ReadonlySet<string>;
  readonly sets: KubeSets;
  readonly services = new Map<string, IpvsService>();
  readonly bound = new Set<string>();
  /** Rules of KUBE-IPVS-OUT-FILTER. */
  readonly outFilter: (readonly Part[])[] = [];
  readonly #withoutInternal = new Set<string>();
  readonly #withoutExternal = new Set<string>();

  constructor(proxier: Proxier) {
    this.#proxier = proxier;
    this.sets = new KubeSets(proxier.family);
    const own = ownAddresses(proxier);
    this.#own = new Set(own);
    this.#nodeAddresses = new NodePortAddresses(proxier).among(own).filter(isReachable);
  }

  get withoutLocalEndpoints(): Generated["withoutLocalEndpoints"] {
    return { internal: this.#withoutInternal.size, external: this.#withoutExternal.size };
  }

  add(port: ProxiedPort): void {
    for (const { address, port: number } of port.endpoints.filter(({ isLocal }) => isLocal)) {
      this.sets.addPortAddress("KUBE-LOOP-BACK", address, port.protocol, number, address);
    }
    this.#addClusterIP(port);
    this.#addExternalIPs(port);
    this.#addLoadBalancer(port);
    // kube-proxy goes on to the next service port here, and so forgets the health check port.
    if (port.nodePort !== 0 && this.#nodeAddresses.length === 0) return;
    if (port.nodePort !== 0) this.#addNodePort(port);
    if (port.healthCheckNodePort !== 0) this.sets.addNumber("KUBE-HEALTH-CHECK-NODE-PORT", port.healthCheckNodePort);
  }

  #addClusterIP(port: ProxiedPort): void {
    this.sets.addPort("KUBE-CLUSTER-IP", port.clusterIP, port.protocol, port.port);
    this.#addService(port, port.clusterIP, port.port, port.isInternalLocal, true);
  }

  #addExternalIPs(port: ProxiedPort): void {
    const set = port.isExternalLocal ? "KUBE-EXTERNAL-IP-LOCAL" : "KUBE-EXTERNAL-IP";
    for (const address of port.externalIPs) {
      this.sets.addPort(set, address, port.protocol, port.port);
      this.#addService(port, address, port.port, port.isExternalLocal, true);
    }
  }

  #addLoadBalancer(port: ProxiedPort): void {
    for (const address of port.loadBalancerIPs) {
      this.sets.addPort("KUBE-LOAD-BALANCER", address, port.protocol, port.port);
      if (port.isExternalLocal) this.sets.addPort("KUBE-LOAD-BALANCER-LOCAL", address, port.protocol, port.port);
      if (port.sourceRanges.length > 0) this.#addSourceRanges(port, address);
      this.#addService(port, address, port.port, port.isExternalLocal, true);
    }
  }

  #addSourceRanges({ protocol, port, sourceRanges }: ProxiedPort, address: string): void {
    this.sets.addPort("KUBE-LOAD-BALANCER-FW", address, protocol, port);
    for (const range of sourceRanges) {
      this.sets.addPortNetwork("KUBE-LOAD-BALANCER-SOURCE-CIDR", address, protocol, port, range);
    }
    if (sourceRanges.some((range) => contains(range, this.#proxier.nodeIP))) {
      this.sets.addPortAddress("KUBE-LOAD-BALANCER-SOURCE-IP", address, protocol, port, address);
      return;
    }
    const to = match({
      kind: "ipvs",
      protocol: { value: protocolNumber(protocol), invert: false },
      address: { value: hostPrefix(address), invert: false },
      port: { value: port, invert: false },
    });
    this.outFilter.push([source(address), to]);
  }

  #addNodePort(port: ProxiedPort): void {
    const { protocol, nodePort, isExternalLocal } = port;
    if (protocol === "SCTP") {
      for (const address of this.#nodeAddresses) {
        this.sets.addPort("KUBE-NODE-PORT-SCTP-HASH", address, protocol, nodePort);
        if (isExternalLocal) this.sets.addPort("KUBE-NODE-PORT-LOCAL-SCTP-HASH", address, protocol, nodePort);
      }
    } else {
      this.sets.addNumber(`KUBE-NODE-PORT-${protocol}`, nodePort);
      if (isExternalLocal) this.sets.addNumber(`KUBE-NODE-PORT-LOCAL-${protocol}`, nodePort);
    }
    for (const address of this.#nodeAddresses) this.#addService(port, address, nodePort, isExternalLocal, false);
  }

  #addService(port: ProxiedPort, address: string, number: number, isLocal: boolean, isBound: boolean): void {
    const { family, configuration } = this.#proxier;
    // An address that the node has already is not bound again.
    if (isBound && !this.#own.has(address)) {
      this.sets.addAddress("KUBE-IPVS-IPS", address);
      this.bound.add(address);
    }
    const { scheduler } = configuration;
    this.services.set(`${port.protocol} ${address} ${number}`, {
      key: { family, protocol: protocolNumber(port.protocol), address: bytesOf(address), port: number },
      scheduler,
      flags: scheduler === "mh" ? ["mh-port"] : [],
      persistence: port.affinitySeconds,
      onePacket: false,
      servers: this.#endpointsFor(port, isLocal).map((endpoint) => serverOf(endpoint, family)),
    });
  }

  /** Policy Local without a local endpoint falls back to all of them: replies to outside go astray, pods get through. */
  #endpointsFor({ id, usable, isInternalLocal, isExternalLocal }: ProxiedPort, isLocal: boolean): readonly Endpoint[] {
    if (!isLocal) return usable.cluster;
    if (usable.local.length > 0) return usable.local;
    if (usable.any && isInternalLocal) this.#withoutInternal.add(id);
    if (usable.any && isExternalLocal) this.#withoutExternal.add(id);
    return usable.cluster;
  }
}

/** Node ports are never open on loopback or IPv6 link-local addresses. */
function isReachable(address: string): boolean {
  return !isLoopback(address) && !/^fe[89ab]/.test(address);
}

function serverOf({ address, port }: Endpoint, family: 4 | 6): IpvsServer {
  return {
    family,
    address: bytesOf(address),
    port,
    method: "masq",
    weight: 1,
    upperThreshold: 0,
    lowerThreshold: 0,
    tunnel: { type: "ipip", port: 0, checksum: "none" },
  };
}

function ipvsSysctls({ configuration, facts }: Proxier): Map<string, string> {
  const sysctls = new Map([
    ["net.ipv4.vs.conntrack", "1"],
    ["net.ipv4.vs.expire_nodest_conn", "1"],
    ["net.ipv4.vs.expire_quiescent_template", "1"],
    ["net.ipv4.ip_forward", "1"],
  ]);
  if (needsConnReuseOff(facts.kernel)) sysctls.set("net.ipv4.vs.conn_reuse_mode", "0");
  if (configuration.strictARP) {
    sysctls.set("net.ipv4.conf.all.arp_ignore", "1");
    sysctls.set("net.ipv4.conf.all.arp_announce", "2");
  }
  return sysctls;
}

/** From 4.1 a reused port could be rescheduled, but until 5.9 only by dropping the first SYN. */
function needsConnReuseOff(kernel: string): boolean {
  const [major, minor] = kernel.split(".").map(Number) as [number, number];
  const version = major * 1000 + (minor || 0);
  return version >= 4001 && version < 5009;
}
