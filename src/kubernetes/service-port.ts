import type { Family } from "../model/address.ts";
import { hostPort, type Network } from "./addresses.ts";
import type { EndpointSlice, SliceEndpoint } from "./endpoint-slice.ts";
import type { ClusterObjects } from "./objects.ts";
import { ofFamily, type Protocol, type Service, type ServicePortSpec } from "./service.ts";

/** Services with this label are somebody else's (pkg/proxy/apis/well_known_labels.go). */
const OTHER_PROXY_LABEL = "service.kubernetes.io/service-proxy-name";

/** An endpoint of a service port. */
export interface Endpoint extends SliceEndpoint {
  readonly port: number;
  /** `ip:port`: its name, and what the list is sorted by. */
  readonly text: string;
  readonly isLocal: boolean;
}

/** One port of a Service in one family: what kube-proxy makes rules for (pkg/proxy/serviceport.go). */
export interface ServicePort {
  /** `namespace/name`, with `:port` when the port has a name. */
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  readonly portName: string;
  readonly protocol: Protocol;
  readonly clusterIP: string;
  readonly port: number;
  /** 0 for none. */
  readonly nodePort: number;
  readonly externalIPs: readonly string[];
  readonly loadBalancerIPs: readonly string[];
  readonly sourceRanges: readonly Network[];
  readonly affinitySeconds?: number;
  readonly isExternalLocal: boolean;
  readonly isInternalLocal: boolean;
  readonly healthCheckNodePort: number;
  /** Has it a node port, a load balancer's or another external address? */
  readonly isExternallyAccessible: boolean;
  readonly usesCluster: boolean;
  readonly usesLocal: boolean;
  /** All endpoints, ready or not, sorted by text. */
  readonly endpoints: readonly Endpoint[];
}

export interface PortOptions {
  readonly family: Family;
  /** Name of the node that kube-proxy runs on. */
  readonly nodeName: string;
  /** Gate LoadBalancerIPMode: addresses with `ipMode: Proxy` are left alone. */
  readonly respectsIpMode: boolean;
}

/** The service ports of a family, by namespace, name and port; kube-proxy itself has them in no order. */
export function servicePorts(objects: ClusterObjects, options: PortOptions): ServicePort[] {
  const endpoints = endpointMap(objects.slices, options);
  const ports = objects.services
    .filter((service) => isProxied(service))
    .flatMap((service) => portsOf(service, endpoints, options));
  ports.sort((a, b) => compareText(a.namespace, b.namespace) || compareText(a.name, b.name) || byPort(a, b));
  return ports;
}

function isProxied({ type, isHeadless, labels }: Service): boolean {
  return type !== "ExternalName" && !isHeadless && !labels.has(OTHER_PROXY_LABEL);
}

function byPort(a: ServicePort, b: ServicePort): number {
  return a.port - b.port || compareText(a.portName, b.portName) || compareText(a.protocol, b.protocol);
}

/** By code units, as Go compares strings (of ASCII). */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function portsOf(
  service: Service,
  endpoints: ReadonlyMap<string, readonly Endpoint[]>,
  options: PortOptions,
): ServicePort[] {
  const { family } = options;
  const clusterIP = ofFamily(service.clusterIPs, family)[0];
  if (clusterIP === undefined) return [];
  const common = {
    namespace: service.namespace,
    name: service.name,
    clusterIP,
    externalIPs: ofFamily(service.externalIPs, family),
    loadBalancerIPs: ofFamily(
      service.ingress.filter(({ isProxied }) => !isProxied || !options.respectsIpMode).map(({ address }) => address),
      family,
    ),
    sourceRanges: service.sourceRanges.filter((range) => range.family === family),
    affinitySeconds: service.affinitySeconds,
    isExternalLocal: service.isExternalLocal && isExternalType(service),
    isInternalLocal: service.isInternalLocal,
    healthCheckNodePort: service.type === "LoadBalancer" && service.isExternalLocal ? service.healthCheckNodePort : 0,
  };
  return service.ports.map((port) => portOf(common, port, endpoints));
}

/** Does the Service's type let clients outside reach it, so that `externalTrafficPolicy` means something? */
function isExternalType({ type, externalIPs }: Service): boolean {
  return type === "NodePort" || type === "LoadBalancer" || externalIPs.length > 0;
}

type CommonFields = Pick<
  ServicePort,
  | "namespace"
  | "name"
  | "clusterIP"
  | "externalIPs"
  | "loadBalancerIPs"
  | "sourceRanges"
  | "affinitySeconds"
  | "isExternalLocal"
  | "isInternalLocal"
  | "healthCheckNodePort"
>;

function portOf(
  common: CommonFields,
  { name: portName, protocol, port, nodePort }: ServicePortSpec,
  endpoints: ReadonlyMap<string, readonly Endpoint[]>,
): ServicePort {
  const own = `${common.namespace}/${common.name}`;
  const isExternallyAccessible = nodePort !== 0 || common.loadBalancerIPs.length > 0 || common.externalIPs.length > 0;
  return {
    ...common,
    id: portName === "" ? own : `${own}:${portName}`,
    portName,
    protocol,
    port,
    nodePort,
    isExternallyAccessible,
    usesCluster: !common.isInternalLocal || isExternallyAccessible,
    usesLocal: common.isInternalLocal || (common.isExternalLocal && isExternallyAccessible),
    endpoints: endpoints.get(portKey(own, portName, protocol)) ?? [],
  };
}

function portKey(service: string, portName: string, protocol: Protocol): string {
  return `${service} ${portName} ${protocol}`;
}

/** Endpoints of all slices by service port, sorted by `ip:port`; where two slices have the same, a local one counts. */
function endpointMap(
  slices: readonly EndpointSlice[],
  { family, nodeName }: PortOptions,
): Map<string, readonly Endpoint[]> {
  const map = new Map<string, readonly Endpoint[]>();
  for (const slice of slices) {
    if (slice.family !== family || slice.service === undefined) continue;
    for (const { name, protocol, port } of slice.ports) {
      const key = portKey(`${slice.namespace}/${slice.service}`, name, protocol);
      const endpoints = slice.endpoints.map((endpoint) => endpointOf(endpoint, port, nodeName));
      const others = map.get(key);
      map.set(key, others ? others.concat(endpoints) : endpoints);
    }
  }
  for (const [key, endpoints] of map) map.set(key, sortedOnce(endpoints));
  return map;
}

function endpointOf(endpoint: SliceEndpoint, port: number, nodeName: string): Endpoint {
  const { address, nodeName: own, isReady, isServing, isTerminating, zoneHints, nodeHints } = endpoint;
  const text = hostPort(address, port);
  const isLocal = own === nodeName;
  return { address, nodeName: own, isReady, isServing, isTerminating, zoneHints, nodeHints, port, text, isLocal };
}

function sortedOnce(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const order = (a: Endpoint, b: Endpoint) => compareText(a.text, b.text) || Number(b.isLocal) - Number(a.isLocal);
  return [...endpoints].sort(order).filter(({ text }, i, sorted) => text !== sorted[i - 1]?.text);
}
