import { isLoopback } from "./addresses.ts";
import { markBits } from "./common-rules.ts";
import { NftServices } from "./nftables-service.ts";
import { NodePortAddresses, ownAddresses, type Proxier } from "./proxier.ts";

/** How nft calls things of a family. */
export interface NftFamily {
  readonly table: "ip" | "ip6";
  readonly addressType: "ipv4_addr" | "ipv6_addr";
}

const FAMILIES: Readonly<Record<4 | 6, NftFamily>> = {
  4: { table: "ip", addressType: "ipv4_addr" },
  6: { table: "ip6", addressType: "ipv6_addr" },
};

/** Commands of one nft transaction, all about the table kube-proxy of one family. */
export class NftTransaction {
  readonly family: NftFamily;
  readonly commands: string[] = [];

  constructor(family: 4 | 6) {
    this.family = FAMILIES[family];
  }

  add(kind: "table" | "set" | "map" | "chain" | "rule" | "element", text: string): void {
    const what = kind === "table" ? "kube-proxy" : "kube-proxy ";
    this.commands.push(`add ${kind} ${this.family.table} ${what}${text}`);
  }
}

const BASE_CHAINS = [
  ["filter-prerouting-pre-dnat", "filter hook prerouting priority -110"],
  ["filter-output-pre-dnat", "filter hook output priority -110"],
  ["filter-forward", "filter hook forward priority 0"],
  ["filter-input", "filter hook input priority 0"],
  ["filter-output", "filter hook output priority 0"],
] as const;

/**
 * The transaction with which kube-proxy's nftables mode fills an empty node in one family (pkg/proxy/nftables/proxier.go, the
 * layout of 1.34): one command an entry, as `nft -f` takes them.
 */
export function generateNftables(proxier: Proxier): string[] {
  const tx = new NftTransaction(proxier.family);
  const nodePorts = new NodePortAddresses(withPrimaryDefault(proxier));
  addContainers(tx, nodePorts);
  addChains(tx);
  addFixedRules(tx, proxier, nodePorts);
  if (!nodePorts.matchesAll) {
    const addresses = nodePorts.among(ownAddresses(proxier)).filter((address) => !isLoopback(address));
    for (const address of addresses) tx.add("element", `nodeport-ips { ${address} }`);
  }
  const services = new NftServices(proxier, tx);
  for (const port of proxier.ports) services.add(port);
  return tx.commands;
}

/** Unlike the other modes, nftables mode opens node ports at the node's primary address only, unless told otherwise. */
function withPrimaryDefault(proxier: Proxier): Proxier {
  const { configuration } = proxier;
  if (configuration.nodePortAddresses.length > 0) return proxier;
  return { ...proxier, configuration: { ...configuration, nodePortAddresses: ["primary"] } };
}

function addContainers(tx: NftTransaction, nodePorts: NodePortAddresses): void {
  const { addressType } = tx.family;
  const toAddress = `type ${addressType} . inet_proto . inet_service : verdict`;
  const toPort = "type inet_proto . inet_service : verdict";
  tx.add("table", ' { comment "rules for kube-proxy" ; }');
  tx.add("set", `cluster-ips { type ${addressType} ; comment "Active ClusterIPs" ; }`);
  if (!nodePorts.matchesAll) {
    tx.add("set", `nodeport-ips { type ${addressType} ; comment "IPs that accept NodePort traffic" ; }`);
  }
  const map = (name: string, type: string, words: string) =>
    tx.add("map", `${name} { ${type} ; comment "${words}" ; }`);
  map("firewall-ips", toAddress, "destinations that are subject to LoadBalancerSourceRanges");
  map("no-endpoint-nodeports", toPort, "vmap to drop or reject packets to service nodeports with no endpoints");
  map("no-endpoint-services", toAddress, "vmap to drop or reject packets to services with no endpoints");
  map("service-ips", toAddress, "ClusterIP, ExternalIP and LoadBalancer IP traffic");
  map("service-nodeports", toPort, "NodePort traffic");
}

function addChains(tx: NftTransaction): void {
  const chain = (name: string, more = "") => tx.add("chain", `${name}${more && ` { ${more} ; }`}`);
  chain("cluster-ips-check");
  for (const [name, hook] of BASE_CHAINS) chain(name, `type ${hook}`);
  for (const name of ["firewall-check", "mark-for-masquerade", "masquerading"]) chain(name);
  chain("nat-output", "type nat hook output priority -100");
  chain("nat-postrouting", "type nat hook postrouting priority 100");
  chain("nat-prerouting", "type nat hook prerouting priority -100");
  chain("nodeport-endpoints-check");
  chain("reject-chain", 'comment "helper for @no-endpoint-services / @no-endpoint-nodeports"');
  chain("services");
  chain("service-endpoints-check");
}

function addFixedRules(tx: NftTransaction, proxier: Proxier, nodePorts: NodePortAddresses): void {
  const { table } = tx.family;
  const rule = (chain: string, text: string) => tx.add("rule", `${chain} ${text}`);
  const networks = proxier.facts.serviceCIDRs.filter(({ family }) => family === proxier.family);
  const toService = `${table} daddr . meta l4proto . th dport vmap`;
  const notLoopback = proxier.family === 4 ? "ip daddr != 127.0.0.0/8" : "ip6 daddr != ::1";
  const toNode = nodePorts.matchesAll ? `fib daddr type local ${notLoopback}` : `${table} daddr @nodeport-ips`;
  const toNodePort = `${toNode} meta l4proto . th dport vmap`;
  const mark = `0x${markBits(proxier).toString(16)}`;
  rule(
    "cluster-ips-check",
    `${table} daddr @cluster-ips reject comment "Reject traffic to invalid ports of ClusterIPs"`,
  );
  if (networks.length > 0) {
    const list = networks.map(({ text }) => text).join(", ");
    rule("cluster-ips-check", `${table} daddr { ${list} } drop comment "Drop traffic to unallocated ClusterIPs"`);
  }
  rule("filter-prerouting-pre-dnat", "ct state new jump firewall-check");
  rule("filter-forward", "ct state new jump service-endpoints-check");
  rule("filter-forward", "ct state new jump cluster-ips-check");
  rule("filter-input", "ct state new jump nodeport-endpoints-check");
  rule("filter-input", "ct state new jump service-endpoints-check");
  rule("filter-output", "ct state new jump service-endpoints-check");
  rule("filter-output-pre-dnat", "ct state new jump firewall-check");
  rule("filter-output", "ct state new jump cluster-ips-check");
  rule("firewall-check", `${toService} @firewall-ips`);
  rule("mark-for-masquerade", `mark set mark or ${mark}`);
  rule("masquerading", `mark and ${mark} == 0 return`);
  rule("masquerading", `mark set mark xor ${mark}`);
  rule("masquerading", "masquerade fully-random");
  rule("nat-output", "jump services");
  rule("nat-postrouting", "jump masquerading");
  rule("nat-prerouting", "jump services");
  rule("nodeport-endpoints-check", `${toNodePort} @no-endpoint-nodeports`);
  rule("reject-chain", "reject");
  rule("services", `${toService} @service-ips`);
  rule("services", `${toNodePort} @service-nodeports`);
  rule("service-endpoints-check", `${toService} @no-endpoint-services`);
}
