import type { Plan } from "../plan.ts";
import type { Random } from "../random.ts";

/** A service port that traffic can be sent to. */
export interface Port {
  readonly protocol: "TCP" | "UDP" | "SCTP";
  readonly port: number;
  readonly nodePort: number;
  /** Cluster IP, external IPs and load balancer IPs. */
  readonly addresses: readonly string[];
}

export interface Cluster {
  /** Objects as `kubectl get -o json` prints them. */
  readonly list: object;
  readonly ports: readonly Port[];
}

/** Endpoints are hosts behind eth1. */
const FIRST_POD = 11;
const LAST_POD = 18;
export const NODE = "worker-1";
const PORT_NAMES = ["web", "dns", "data"];

/** Services of every type and policy, some of them without endpoints, and their slices. */
export function someCluster(plan: Plan, isBound: boolean): Cluster {
  const { random } = plan;
  const ports: Port[] = [];
  const items: object[] = [node(plan)];
  const services = random.between(3, 7);
  for (let i = 0; i < services; i++) items.push(...service(plan, i, isBound, ports));
  return { list: { apiVersion: "v1", kind: "List", items }, ports };
}

function node(plan: Plan): object {
  const addresses = [plan.node("eth0"), plan.node("eth1")].map((address) => ({ type: "InternalIP", address }));
  return { apiVersion: "v1", kind: "Node", metadata: { name: NODE }, status: { addresses } };
}

function service(plan: Plan, index: number, isBound: boolean, all: Port[]): object[] {
  const { random } = plan;
  const type = random.pick(["ClusterIP", "NodePort", "LoadBalancer"]);
  const family = plan.isIpv6 ? "IPv6" : "IPv4";
  const address = (host: number) => (isBound ? plan.virtual(host) : addressOf(plan, host));
  const clusterIP = address(10 + index);
  const external = random.chance(0.3) ? [address(40 + index)] : [];
  const balancer = type === "LoadBalancer" ? [address(70 + index)] : [];
  const names = PORT_NAMES.slice(0, random.between(1, PORT_NAMES.length));
  const ports = names.map((name, i) => {
    const protocol = random.pick(["TCP", "TCP", "UDP", "SCTP"] as const);
    const nodePort = type === "ClusterIP" ? 0 : 30000 + index * 10 + i;
    return { name, protocol, port: 80 + i, targetPort: 8080 + i, ...(nodePort && { nodePort }) };
  });
  for (const { protocol, port, nodePort } of ports) {
    all.push({ protocol, port, nodePort: nodePort ?? 0, addresses: [clusterIP, ...external, ...balancer] });
  }
  const name = `service-${index}`;
  const spec = {
    type,
    clusterIP,
    clusterIPs: [clusterIP],
    ipFamilies: [family],
    ports,
    ...(external.length > 0 && { externalIPs: external }),
    ...affinity(random),
    ...policies(random, type),
    ...(type === "LoadBalancer" && random.chance(0.4) && { loadBalancerSourceRanges: [sourceRange(plan)] }),
  };
  const ingress = balancer.map((ip) => ({ ip }));
  const metadata = { namespace: "shop", name };
  return [
    { apiVersion: "v1", kind: "Service", metadata, spec, status: { loadBalancer: { ingress } } },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { namespace: "shop", name: `${name}-a`, labels: { "kubernetes.io/service-name": name } },
      addressType: family,
      ports: ports.map(({ name, protocol, targetPort }) => ({ name, protocol, port: targetPort })),
      endpoints: endpoints(plan),
    },
  ];
}

function affinity(random: Random): object {
  if (!random.chance(0.3)) return {};
  return {
    sessionAffinity: "ClientIP",
    sessionAffinityConfig: { clientIP: { timeoutSeconds: random.pick([300, 10800]) } },
  };
}

function policies(random: Random, type: string): object {
  return {
    ...(random.chance(0.3) && { internalTrafficPolicy: "Local" }),
    ...(type !== "ClusterIP" && random.chance(0.4) && { externalTrafficPolicy: "Local" }),
  };
}

function sourceRange(plan: Plan): string {
  const { random } = plan;
  if (plan.isIpv6) return random.pick(["fd00:1::/64", "fd00:1::8/125", "fd00:2::/64"]);
  return random.pick(["10.1.0.0/24", "10.1.0.8/29", "10.2.0.0/24"]);
}

function endpoints(plan: Plan): object[] {
  const { random } = plan;
  const count = random.chance(0.15) ? 0 : random.between(1, 4);
  const hosts = new Set(Array.from({ length: count }, () => random.between(FIRST_POD, LAST_POD)));
  return [...hosts].map((host) => ({
    addresses: [plan.server(host)],
    nodeName: random.chance(0.5) ? NODE : "worker-2",
    conditions: random.chance(0.15)
      ? { ready: false, serving: random.chance(0.5), terminating: true }
      : { ready: true, serving: true, terminating: false },
  }));
}

/** In iptables mode the addresses of services are on no device. */
function addressOf(plan: Plan, host: number): string {
  return plan.isIpv6 ? `fd00:96::${host.toString(16)}` : `10.96.0.${host}`;
}
