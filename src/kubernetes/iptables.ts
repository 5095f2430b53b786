import { isLoopback, parseNetwork } from "./addresses.ts";
import {
  addForwarding,
  addMasquerading,
  FORWARD,
  type HookJump,
  jumpIfNew,
  jumpTo,
  MARK_MASQ,
  POSTROUTING,
  PROXY_FIREWALL,
  SERVICES,
} from "./common-rules.ts";
import type { Generated } from "./generated.ts";
import { ServiceChains } from "./iptables-service.ts";
import { NodePortAddresses, ownAddresses, type Proxier } from "./proxier.ts";
import {
  comment,
  destination,
  destinationNetwork,
  local,
  nfacct,
  notInState,
  type Part,
  sourceNetwork,
  states,
  TableBuilder,
} from "./rule.ts";

const EXTERNAL_SERVICES = "KUBE-EXTERNAL-SERVICES";
const NODE_PORTS = "KUBE-NODEPORTS";
const FIREWALL = "KUBE-FIREWALL";

/** Beyond so many endpoints kube-proxy leaves out comments that grow with their number. */
const LARGE_CLUSTER_ENDPOINTS = 1000;

const LOCALNET = parseNetwork("127.0.0.0/8")!;
const LOOPBACK6 = parseNetwork("::1/128")!;

const JUMPS: readonly HookJump[] = [
  jumpIfNew("filter", "INPUT", EXTERNAL_SERVICES, "kubernetes externally-visible service portals"),
  jumpIfNew("filter", "FORWARD", EXTERNAL_SERVICES, "kubernetes externally-visible service portals"),
  jumpTo("filter", "INPUT", NODE_PORTS, "kubernetes health check service ports"),
  jumpIfNew("filter", "FORWARD", SERVICES, "kubernetes service portals"),
  jumpIfNew("filter", "OUTPUT", SERVICES, "kubernetes service portals"),
  jumpTo("filter", "FORWARD", FORWARD, "kubernetes forwarding rules"),
  jumpIfNew("filter", "INPUT", PROXY_FIREWALL, "kubernetes load balancer firewall"),
  jumpIfNew("filter", "OUTPUT", PROXY_FIREWALL, "kubernetes load balancer firewall"),
  jumpIfNew("filter", "FORWARD", PROXY_FIREWALL, "kubernetes load balancer firewall"),
  jumpTo("nat", "OUTPUT", SERVICES, "kubernetes service portals"),
  jumpTo("nat", "PREROUTING", SERVICES, "kubernetes service portals"),
  jumpTo("nat", "POSTROUTING", POSTROUTING, "kubernetes postrouting rules"),
  jumpTo("filter", "INPUT", FIREWALL, ""),
  jumpTo("filter", "OUTPUT", FIREWALL, ""),
];

const FILTER_CHAINS = [NODE_PORTS, SERVICES, EXTERNAL_SERVICES, FIREWALL, FORWARD, PROXY_FIREWALL];
const NAT_CHAINS = [NODE_PORTS, SERVICES, MARK_MASQ, POSTROUTING];

/** What kube-proxy's iptables mode writes in one family (pkg/proxy/iptables/proxier.go, a full sync). */
export function generateIptables(proxier: Proxier): Generated {
  const filter = new TableBuilder("filter", FILTER_CHAINS);
  const nat = new TableBuilder("nat", NAT_CHAINS);
  const nodePorts = new NodePortAddresses(proxier);
  const hasLocalhost = hasLocalhostNodePorts(proxier, nodePorts);
  const endpoints = proxier.ports.reduce((sum, port) => sum + port.endpoints.length, 0);
  const chains = new ServiceChains(proxier, filter, nat, {
    hasComments: endpoints <= LARGE_CLUSTER_ENDPOINTS,
    hasLocalhost,
  });
  for (const port of proxier.ports) chains.add(port);
  addNodePortDispatch(nat, proxier, nodePorts, hasLocalhost);
  if (hasLocalhost) addLocalnetGuard(filter);
  if (!proxier.facts.conntrackLiberal) addInvalidDrop(filter, proxier);
  addForwarding(filter, proxier);
  addMasquerading(nat, proxier);
  return {
    tables: [filter.build(), nat.build()],
    jumps: JUMPS,
    sets: [],
    services: [],
    boundAddresses: [],
    sysctls: hasLocalhost ? new Map([["net.ipv4.conf.all.route_localnet", "1"]]) : new Map(),
    withoutLocalEndpoints: chains.withoutLocalEndpoints,
    serviceChains: chains.byService,
    notes: [],
  };
}

/** Node ports on 127.0.0.1: IPv4 only, if wanted, and if the addresses for node ports include it. */
function hasLocalhostNodePorts({ family, configuration }: Proxier, nodePorts: NodePortAddresses): boolean {
  return family === 4 && configuration.localhostNodePorts && nodePorts.hasLoopback;
}

/** route_localnet opens services bound to 127.0.0.1 to the neighbourhood; this closes them again (CVE-2020-8558). */
function addLocalnetGuard(filter: TableBuilder): void {
  filter.add(
    FIREWALL,
    "DROP",
    comment("block incoming localnet connections"),
    destinationNetwork(LOCALNET),
    sourceNetwork(LOCALNET, true),
    notInState("RELATED", "ESTABLISHED", "DNAT"),
  );
}

/** A packet that conntrack cannot place would go to the client without its address put back, and reset the connection. */
function addInvalidDrop(filter: TableBuilder, { facts }: Proxier): void {
  const counted = facts.countsInvalid ? [nfacct("ct_state_invalid_dropped_pkts")] : [];
  filter.add(FORWARD, "DROP", states("INVALID"), ...counted);
}

const DISPATCH_COMMENT = "kubernetes service nodeports; NOTE: this must be the last rule in this chain";

function addNodePortDispatch(
  nat: TableBuilder,
  proxier: Proxier,
  nodePorts: NodePortAddresses,
  hasLocalhost: boolean,
): void {
  const add = (...parts: readonly Part[]) => nat.add(SERVICES, NODE_PORTS, comment(DISPATCH_COMMENT), ...parts);
  if (nodePorts.matchesAll) {
    const barred = proxier.family === 6 ? LOOPBACK6 : hasLocalhost ? undefined : LOCALNET;
    if (barred) add(local("destination"), destinationNetwork(barred, true));
    else add(local("destination"));
    return;
  }
  const addresses = [...ownAddresses(proxier), proxier.family === 4 ? "127.0.0.1" : "::1"];
  for (const address of nodePorts.among(addresses)) {
    if (!isLoopback(address) || hasLocalhost) add(destination(address));
  }
}
