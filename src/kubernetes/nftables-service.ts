import { contains } from "./addresses.ts";
import { nftablesBase } from "./names.ts";
import type { NftTransaction } from "./nftables.ts";
import { hasExternal, hasInternal, type ProxiedPort, type Proxier } from "./proxier.ts";
import type { Endpoint } from "./service-port.ts";

/** Adds the chains, rules and elements of service ports to a transaction. */
export class NftServices {
  readonly #proxier: Proxier;
  readonly #tx: NftTransaction;

  constructor(proxier: Proxier, tx: NftTransaction) {
    this.#proxier = proxier;
    this.#tx = tx;
  }

  add(port: ProxiedPort): void {
    new NftPort(this.#proxier, this.#tx, port).add();
  }
}

/** One service port under way. */
class NftPort {
  readonly #proxier: Proxier;
  readonly #tx: NftTransaction;
  readonly #port: ProxiedPort;
  /** What its chains' names end with. */
  readonly #base: string;
  readonly #protocol: string;
  readonly #endpointBases: ReadonlyMap<Endpoint, string>;
  /** What to do where endpoints are missing. */
  readonly #missing: string;
  readonly #hasFirewall: boolean;

  constructor(proxier: Proxier, tx: NftTransaction, port: ProxiedPort) {
    this.#proxier = proxier;
    this.#tx = tx;
    this.#port = port;
    this.#base = nftablesBase(port);
    this.#protocol = port.protocol.toLowerCase();
    this.#endpointBases = new Map(
      port.usable.reachable.map((endpoint) => [endpoint, nftablesBase({ ...port, endpoint })]),
    );
    this.#missing = port.usable.any ? "drop" : "goto reject-chain";
    this.#hasFirewall = port.sourceRanges.length > 0 && port.loadBalancerIPs.length > 0;
  }

  add(): void {
    this.#addChains();
    this.#addClusterIP();
    for (const address of this.#port.externalIPs) this.#addExternal(address);
    this.#addLoadBalancer();
    this.#addNodePort();
    this.#addInternalMasquerade();
    if (this.#hasExternalChain) this.#addExternalRules();
    this.#addAffinitySets();
    this.#addPolicyRules("service", this.#clusterEndpoints);
    this.#addPolicyRules("local", this.#localEndpoints);
    for (const [endpoint, base] of this.#endpointBases) this.#addEndpoint(endpoint, `endpoint-${base}`);
  }

  get #clusterEndpoints(): readonly Endpoint[] {
    return this.#port.usesCluster ? this.#port.usable.cluster : [];
  }

  get #localEndpoints(): readonly Endpoint[] {
    return this.#port.usesLocal ? this.#port.usable.local : [];
  }

  get #hasExternalChain(): boolean {
    return this.#port.usable.any && this.#port.isExternallyAccessible;
  }

  get #internalChain(): string {
    return `${this.#port.isInternalLocal ? "local" : "service"}-${this.#base}`;
  }

  #addChains(): void {
    if (this.#clusterEndpoints.length > 0) this.#tx.add("chain", `service-${this.#base}`);
    if (this.#localEndpoints.length > 0) this.#tx.add("chain", `local-${this.#base}`);
    if (this.#hasExternalChain) this.#tx.add("chain", `external-${this.#base}`);
    if (this.#hasFirewall) this.#tx.add("chain", `firewall-${this.#base}`);
    for (const base of this.#endpointBases.values()) this.#tx.add("chain", `endpoint-${base}`);
  }

  #addClusterIP(): void {
    const { clusterIP } = this.#port;
    this.#tx.add("element", `cluster-ips { ${clusterIP} }`);
    if (hasInternal(this.#port))
      this.#tx.add("element", `service-ips { ${this.#at(clusterIP)} : goto ${this.#internalChain} }`);
    else this.#addMissing("no-endpoint-services", this.#at(clusterIP));
  }

  #addExternal(address: string): void {
    if (this.#port.usable.any)
      this.#tx.add("element", `service-ips { ${this.#at(address)} : goto external-${this.#base} }`);
    if (!hasExternal(this.#port)) this.#addMissing("no-endpoint-services", this.#at(address));
  }

  #addLoadBalancer(): void {
    const { loadBalancerIPs, sourceRanges, usable } = this.#port;
    if (this.#hasFirewall) {
      const isNodeAllowed = sourceRanges.some((range) => contains(range, this.#proxier.nodeIP));
      // What the node sends to such an address may bear it as its source.
      const allowed = [...sourceRanges.map(({ text }) => text), ...(isNodeAllowed ? loadBalancerIPs : [])];
      this.#rule(`firewall-${this.#base}`, `${this.#table} saddr != { ${allowed.join(", ")} } drop`);
    }
    for (const address of loadBalancerIPs) {
      if (usable.any) this.#tx.add("element", `service-ips { ${this.#at(address)} : goto external-${this.#base} }`);
      if (this.#hasFirewall) {
        this.#tx.add("element", `firewall-ips { ${this.#at(address)} : goto firewall-${this.#base} }`);
      }
      if (!hasExternal(this.#port)) this.#addMissing("no-endpoint-services", this.#at(address));
    }
  }

  #addNodePort(): void {
    const { nodePort, usable } = this.#port;
    if (nodePort === 0) return;
    const at = `${this.#protocol} . ${nodePort}`;
    if (usable.any) this.#tx.add("element", `service-nodeports { ${at} : goto external-${this.#base} }`);
    if (!hasExternal(this.#port)) this.#addMissing("no-endpoint-nodeports", at);
  }

  #addMissing(map: string, at: string): void {
    this.#tx.add("element", `${map} { ${at} comment "${this.#port.id}" : ${this.#missing} }`);
  }

  /** What comes from outside to a cluster IP must come back this way. */
  #addInternalMasquerade(): void {
    const { configuration, detector } = this.#proxier;
    if (!hasInternal(this.#port) || !(configuration.masqueradeAll || detector)) return;
    const from = configuration.masqueradeAll ? "" : ` ${this.#detected("!= ")}`;
    this.#rule(this.#internalChain, `${this.#table} daddr ${this.#port.clusterIP}${from} jump mark-for-masquerade`);
  }

  #addExternalRules(): void {
    const chain = `external-${this.#base}`;
    const service = `service-${this.#base}`;
    if (!this.#port.isExternalLocal) {
      this.#rule(chain, "jump mark-for-masquerade");
      if (hasExternal(this.#port)) this.#rule(chain, `goto ${service}`);
      return;
    }
    if (this.#proxier.detector) {
      this.#rule(chain, `${this.#detected("")} goto ${service} comment "short-circuit pod traffic"`);
    }
    this.#rule(chain, 'fib saddr type local jump mark-for-masquerade comment "masquerade local traffic"');
    this.#rule(chain, `fib saddr type local goto ${service} comment "short-circuit local traffic"`);
    if (hasExternal(this.#port)) this.#rule(chain, `goto local-${this.#base}`);
  }

  #addAffinitySets(): void {
    const { affinitySeconds } = this.#port;
    if (affinitySeconds === undefined) return;
    for (const base of this.#endpointBases.values()) {
      const type = `type ${this.#tx.family.addressType} ; flags dynamic,timeout ; timeout ${affinitySeconds}s ;`;
      this.#tx.add("set", `affinity-${base} { ${type} }`);
    }
  }

  #addPolicyRules(kind: "service" | "local", endpoints: readonly Endpoint[]): void {
    if (endpoints.length === 0) return;
    const chain = `${kind}-${this.#base}`;
    const bases = endpoints.map((endpoint) => this.#endpointBases.get(endpoint)!);
    if (this.#port.affinitySeconds !== undefined) {
      for (const base of bases) this.#rule(chain, `${this.#table} saddr @affinity-${base} goto endpoint-${base}`);
    }
    const targets = bases.map((base, i) => `${i} : goto endpoint-${base}`);
    this.#rule(chain, `numgen random mod ${bases.length} vmap { ${targets.join(" , ")} }`);
  }

  #addEndpoint({ address, text }: Endpoint, chain: string): void {
    this.#rule(chain, `${this.#table} saddr ${address} jump mark-for-masquerade`);
    if (this.#port.affinitySeconds !== undefined) {
      this.#rule(chain, `update @${chain.replace("endpoint-", "affinity-")} { ${this.#table} saddr }`);
    }
    this.#rule(chain, `meta l4proto ${this.#protocol} dnat to ${text}`);
  }

  get #table(): string {
    return this.#tx.family.table;
  }

  #rule(chain: string, text: string): void {
    this.#tx.add("rule", `${chain} ${text}`);
  }

  /** Key of an address in a map. */
  #at(address: string): string {
    return `${address} . ${this.#protocol} . ${this.#port.port}`;
  }

  /** The test for traffic of pods; `operator` is empty or turns it round. */
  #detected(operator: "" | "!= "): string {
    const detector = this.#proxier.detector!;
    if (detector.kind === "source") return `${this.#table} saddr ${operator}${detector.network.text}`;
    const { name } = detector;
    return `iifname ${operator}${name.endsWith("+") ? `"${name.slice(0, -1)}*"` : name}`;
  }
}
