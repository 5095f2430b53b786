import { parseNetwork } from "./addresses.ts";
import {
  addForwarding,
  addMasquerading,
  FORWARD,
  type HookJump,
  jumpTo,
  MARK_MASQ,
  POSTROUTING,
  PROXY_FIREWALL,
  SERVICES,
} from "./common-rules.ts";
import type { KubeSet, KubeSets } from "./ipvs-sets.ts";
import type { Proxier } from "./proxier.ts";
import {
  comment,
  detected,
  inSet,
  local,
  match,
  type Part,
  protocolOnly,
  reject,
  sourceNetwork,
  states,
  TableBuilder,
  type TextTable,
} from "./rule.ts";

const LOAD_BALANCER = "KUBE-LOAD-BALANCER";
const NODE_PORT = "KUBE-NODE-PORT";
const SOURCE_RANGES = "KUBE-SOURCE-RANGES-FIREWALL";
const IPVS_FILTER = "KUBE-IPVS-FILTER";
const IPVS_OUT_FILTER = "KUBE-IPVS-OUT-FILTER";

export const IPVS_JUMPS: readonly HookJump[] = [
  jumpTo("nat", "OUTPUT", SERVICES, "kubernetes service portals"),
  jumpTo("nat", "PREROUTING", SERVICES, "kubernetes service portals"),
  jumpTo("nat", "POSTROUTING", POSTROUTING, "kubernetes postrouting rules"),
  jumpTo("filter", "FORWARD", FORWARD, "kubernetes forwarding rules"),
  jumpTo("filter", "INPUT", NODE_PORT, "kubernetes health check rules"),
  jumpTo("filter", "INPUT", PROXY_FIREWALL, "kube-proxy firewall rules"),
  jumpTo("filter", "FORWARD", PROXY_FIREWALL, "kube-proxy firewall rules"),
  jumpTo("filter", "INPUT", IPVS_FILTER, "kubernetes ipvs access filter"),
  jumpTo("filter", "OUTPUT", IPVS_OUT_FILTER, "kubernetes ipvs access filter"),
];

const FILTER_CHAINS = [FORWARD, IPVS_FILTER, IPVS_OUT_FILTER, NODE_PORT, PROXY_FIREWALL, SOURCE_RANGES];
const NAT_CHAINS = [SERVICES, LOAD_BALANCER, MARK_MASQ, NODE_PORT, POSTROUTING];

const ACCEPT = "ACCEPT";
const DROP = "DROP";
const RETURN = "RETURN";

/** The constant number of rules that go with the sets; a set without entries has none. */
export function ipvsTables(proxier: Proxier, sets: KubeSets, outFilter: readonly (readonly Part[])[]): TextTable[] {
  return new IpvsRules(proxier, sets).build(outFilter);
}

class IpvsRules {
  readonly #proxier: Proxier;
  readonly #sets: KubeSets;
  readonly #filter = new TableBuilder("filter", FILTER_CHAINS);
  readonly #nat = new TableBuilder("nat", NAT_CHAINS);

  constructor(proxier: Proxier, sets: KubeSets) {
    this.#proxier = proxier;
    this.#sets = sets;
  }

  build(outFilter: readonly (readonly Part[])[]): TextTable[] {
    this.#addServices();
    this.#addLoadBalancer();
    this.#addNodePorts();
    if (!this.#sets.isEmpty("KUBE-LOOP-BACK")) {
      this.#nat.add(POSTROUTING, "MASQUERADE", ...this.#named("KUBE-LOOP-BACK", "dst,dst,src"));
    }
    addMasquerading(this.#nat, this.#proxier);
    addForwarding(this.#filter, this.#proxier);
    this.#addFirewall();
    this.#addIpvsFilter();
    for (const parts of outFilter) this.#filter.add(IPVS_OUT_FILTER, DROP, ...parts);
    return [this.#filter.build(), this.#nat.build()];
  }

  /** A set with the comment that tells what it is for. */
  #named(set: KubeSet, directions: string): Part[] {
    return [comment(this.#sets.commentOf(set)), this.#plain(set, directions)];
  }

  #plain(set: KubeSet, directions: string): Part {
    return inSet(this.#sets.nameOf(set), directions);
  }

  #addServices(): void {
    const { family, configuration, detector } = this.#proxier;
    const add = (target: string, ...parts: readonly Part[]) => this.#nat.add(SERVICES, target, ...parts);
    add(RETURN, sourceNetwork(parseNetwork(family === 4 ? "127.0.0.0/8" : "::1/128")!));
    if (!this.#sets.isEmpty("KUBE-LOAD-BALANCER")) add(LOAD_BALANCER, ...this.#named("KUBE-LOAD-BALANCER", "dst,dst"));
    if (!this.#sets.isEmpty("KUBE-CLUSTER-IP")) {
      // Without a detector: what the node sends from a cluster IP, because kube-ipvs0 made it the source.
      const directions = configuration.masqueradeAll || detector ? "dst,dst" : "src,dst";
      const from = detector && !configuration.masqueradeAll ? [detected(detector, true)] : [];
      add(MARK_MASQ, ...this.#named("KUBE-CLUSTER-IP", directions), ...from);
    }
    if (!this.#sets.isEmpty("KUBE-EXTERNAL-IP")) {
      add(MARK_MASQ, ...this.#named("KUBE-EXTERNAL-IP", "dst,dst"));
      this.#addExternalAccepts("KUBE-EXTERNAL-IP");
    }
    if (!this.#sets.isEmpty("KUBE-EXTERNAL-IP-LOCAL")) this.#addExternalAccepts("KUBE-EXTERNAL-IP-LOCAL");
    add(NODE_PORT, local("destination"));
    for (const set of ["KUBE-CLUSTER-IP", "KUBE-LOAD-BALANCER"] as const) {
      if (!this.#sets.isEmpty(set)) add(ACCEPT, this.#plain(set, "dst,dst"));
    }
  }

  /** External addresses: from outside (no bridge port, not the node itself), and at addresses of the node. */
  #addExternalAccepts(set: KubeSet): void {
    const isNoBridgePort = match({ kind: "physdev", isIn: { value: true, invert: true } });
    const named = this.#named(set, "dst,dst");
    this.#nat.add(SERVICES, ACCEPT, ...named, isNoBridgePort, local("source", true));
    this.#nat.add(SERVICES, ACCEPT, ...named, local("destination"));
  }

  #addLoadBalancer(): void {
    const set = "KUBE-LOAD-BALANCER-LOCAL";
    if (!this.#sets.isEmpty(set)) this.#nat.add(LOAD_BALANCER, RETURN, ...this.#named(set, "dst,dst"));
    this.#nat.add(LOAD_BALANCER, MARK_MASQ);
  }

  #addNodePorts(): void {
    const kinds = [
      ["TCP", "KUBE-NODE-PORT-LOCAL-TCP", "KUBE-NODE-PORT-TCP", "dst"],
      ["UDP", "KUBE-NODE-PORT-LOCAL-UDP", "KUBE-NODE-PORT-UDP", "dst"],
      ["SCTP", "KUBE-NODE-PORT-LOCAL-SCTP-HASH", "KUBE-NODE-PORT-SCTP-HASH", "dst,dst"],
    ] as const;
    for (const [protocol, localSet, set, directions] of kinds) {
      const isProtocol = protocolOnly(protocol);
      if (!this.#sets.isEmpty(localSet)) {
        this.#nat.add(NODE_PORT, RETURN, isProtocol, ...this.#named(localSet, directions));
      }
      if (!this.#sets.isEmpty(set)) this.#nat.add(NODE_PORT, MARK_MASQ, isProtocol, ...this.#named(set, directions));
    }
  }

  #addFirewall(): void {
    this.#filter.add(NODE_PORT, ACCEPT, ...this.#named("KUBE-HEALTH-CHECK-NODE-PORT", "dst"));
    if (!this.#sets.isEmpty("KUBE-LOAD-BALANCER-FW")) {
      this.#filter.add(PROXY_FIREWALL, SOURCE_RANGES, ...this.#named("KUBE-LOAD-BALANCER-FW", "dst,dst"));
    }
    for (const set of ["KUBE-LOAD-BALANCER-SOURCE-CIDR", "KUBE-LOAD-BALANCER-SOURCE-IP"] as const) {
      if (!this.#sets.isEmpty(set)) this.#filter.add(SOURCE_RANGES, RETURN, ...this.#named(set, "dst,dst,src"));
    }
    this.#filter.add(SOURCE_RANGES, DROP);
  }

  /** Only what is served at a VIP may pass to it: not the node's own daemons. */
  #addIpvsFilter(): void {
    const served = ["KUBE-LOAD-BALANCER", "KUBE-CLUSTER-IP", "KUBE-EXTERNAL-IP", "KUBE-EXTERNAL-IP-LOCAL"] as const;
    for (const set of served) this.#filter.add(IPVS_FILTER, RETURN, this.#plain(set, "dst,dst"));
    this.#filter.add(IPVS_FILTER, RETURN, this.#plain("KUBE-HEALTH-CHECK-NODE-PORT", "dst"));
    this.#filter.add(IPVS_FILTER, reject(this.#proxier.family), states("NEW"), this.#plain("KUBE-IPVS-IPS", "dst"));
  }
}
