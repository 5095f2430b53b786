import type { Family } from "../model/address.ts";
import type { IpSet, SetMember, SetTypeName } from "../model/ipset.ts";
import { bytesOf, hostNetwork, type Network } from "./addresses.ts";
import { setName } from "./names.ts";
import { protocolNumber } from "./rule.ts";
import type { Protocol } from "./service.ts";

/** kube-proxy's sets in the order in which it makes them, with the comment of the rules that use them (pkg/proxy/ipvs/proxier.go). */
const SETS = {
  "KUBE-LOOP-BACK": ["hash:ip,port,ip", "Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose"],
  "KUBE-CLUSTER-IP": ["hash:ip,port", "Kubernetes service cluster ip + port for masquerade purpose"],
  "KUBE-EXTERNAL-IP": ["hash:ip,port", "Kubernetes service external ip + port for masquerade and filter purpose"],
  "KUBE-EXTERNAL-IP-LOCAL": ["hash:ip,port", "Kubernetes service external ip + port with externalTrafficPolicy=local"],
  "KUBE-LOAD-BALANCER": ["hash:ip,port", "Kubernetes service lb portal"],
  "KUBE-LOAD-BALANCER-FW": [
    "hash:ip,port",
    "Kubernetes service load balancer ip + port for load balancer with sourceRange",
  ],
  "KUBE-LOAD-BALANCER-LOCAL": [
    "hash:ip,port",
    "Kubernetes service load balancer ip + port with externalTrafficPolicy=local",
  ],
  "KUBE-LOAD-BALANCER-SOURCE-IP": [
    "hash:ip,port,ip",
    "Kubernetes service load balancer ip + port + source IP for packet filter purpose",
  ],
  "KUBE-LOAD-BALANCER-SOURCE-CIDR": [
    "hash:ip,port,net",
    "Kubernetes service load balancer ip + port + source cidr for packet filter purpose",
  ],
  "KUBE-NODE-PORT-TCP": ["bitmap:port", "Kubernetes nodeport TCP port for masquerade purpose"],
  "KUBE-NODE-PORT-LOCAL-TCP": ["bitmap:port", "Kubernetes nodeport TCP port with externalTrafficPolicy=local"],
  "KUBE-NODE-PORT-UDP": ["bitmap:port", "Kubernetes nodeport UDP port for masquerade purpose"],
  "KUBE-NODE-PORT-LOCAL-UDP": ["bitmap:port", "Kubernetes nodeport UDP port with externalTrafficPolicy=local"],
  "KUBE-NODE-PORT-SCTP-HASH": [
    "hash:ip,port",
    "Kubernetes nodeport SCTP port for masquerade purpose with type 'hash ip:port'",
  ],
  "KUBE-NODE-PORT-LOCAL-SCTP-HASH": [
    "hash:ip,port",
    "Kubernetes nodeport SCTP port with externalTrafficPolicy=local with type 'hash ip:port'",
  ],
  "KUBE-HEALTH-CHECK-NODE-PORT": ["bitmap:port", "Kubernetes health check node port"],
  "KUBE-IPVS-IPS": ["hash:ip", ""],
} as const satisfies Readonly<Record<string, readonly [SetTypeName, string]>>;

export type KubeSet = keyof typeof SETS;

const HASHSIZE = 1024;
const MAXELEM = 65536;

/** The sets of one family while they fill. */
export class KubeSets {
  readonly #family: Family;
  readonly #members = new Map<KubeSet, Map<string, SetMember>>();
  /** Entries that ipset does not take: `KUBE-... ENTRY`. */
  readonly refused: string[] = [];

  constructor(family: Family) {
    this.#family = family;
  }

  isEmpty(set: KubeSet): boolean {
    return !this.#members.has(set);
  }

  nameOf(set: KubeSet): string {
    return setName(set, this.#family);
  }

  commentOf(set: KubeSet): string {
    return SETS[set][1];
  }

  addAddress(set: KubeSet, address: string): void {
    this.#add(set, address, { address: bytesOf(address) });
  }

  addNumber(set: KubeSet, port: number): void {
    this.#add(set, String(port), { port });
  }

  addPort(set: KubeSet, address: string, protocol: Protocol, port: number): void {
    this.#add(set, `${address} ${protocol} ${port}`, portMember(address, protocol, port));
  }

  addPortAddress(set: KubeSet, address: string, protocol: Protocol, port: number, second: string): void {
    const member = { ...portMember(address, protocol, port), address2: bytesOf(second) };
    this.#add(set, `${address} ${protocol} ${port} ${second}`, member);
  }

  /** A /0 network has no place in a hash of networks: the kernel refuses it. */
  addPortNetwork(set: KubeSet, address: string, protocol: Protocol, port: number, network: Network): void {
    const { prefix, prefixLength, text } = network;
    if (prefixLength === 0) {
      this.refused.push(`${this.nameOf(set)} ${address},${protocol.toLowerCase()}:${port},${text}`);
      // kube-proxy counts it as an entry all the same, so that the rules about the set are written.
      this.#touch(set);
      return;
    }
    const member = { ...portMember(address, protocol, port), address2: prefix.address, prefix2: prefixLength };
    this.#add(set, `${address} ${protocol} ${port} ${text}`, member);
  }

  build(): IpSet[] {
    return (Object.keys(SETS) as KubeSet[]).map((set) => {
      const type = SETS[set][0];
      const members = [...(this.#members.get(set)?.values() ?? [])];
      const common = { name: this.nameOf(set), type, createOptions: [], members, ...NO_EXTENSIONS };
      if (type === "bitmap:port") return { ...common, range: { from: 0, to: 65535 }, maxelem: 0 };
      return { ...common, family: this.#family, hashsize: HASHSIZE, maxelem: MAXELEM };
    });
  }

  #touch(set: KubeSet): Map<string, SetMember> {
    const members = this.#members.get(set) ?? new Map<string, SetMember>();
    this.#members.set(set, members);
    return members;
  }

  #add(set: KubeSet, key: string, member: SetMember): void {
    this.#touch(set).set(key, member);
  }
}

const NO_EXTENSIONS = { counters: false, comment: false, skbinfo: false, forceadd: false } as const;

function portMember(address: string, protocol: Protocol, port: number): SetMember {
  const { prefix, prefixLength } = hostNetwork(address);
  return { address: prefix.address, prefix: prefixLength, protocol: protocolNumber(protocol), port };
}
