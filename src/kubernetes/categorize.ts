import { compareText, type Endpoint, type ServicePort } from "./service-port.ts";

/** The node as far as topology hints name it. */
export interface Topology {
  readonly nodeName: string;
  readonly zone?: string;
  /** Gate PreferSameTrafficDistribution: hints for nodes count. */
  readonly usesNodeHints: boolean;
}

/** Which endpoints of a service port may be used from this node (pkg/proxy/topology.go, CategorizeEndpoints). */
export interface Categories {
  /** For traffic policy Cluster. */
  readonly cluster: readonly Endpoint[];
  /** For traffic policy Local. */
  readonly local: readonly Endpoint[];
  /** Those of both, sorted by text. */
  readonly reachable: readonly Endpoint[];
  /** Is there a usable endpoint anywhere in the cluster? */
  readonly any: boolean;
}

export function categorize(port: ServicePort, topology: Topology): Categories {
  const { endpoints, usesCluster, usesLocal } = port;
  const cluster = usesCluster ? clusterEndpoints(endpoints, topology) : [];
  if (!usesLocal) return { cluster, local: [], reachable: cluster, any: cluster.length > 0 };
  const ready = endpoints.filter(({ isLocal, isReady }) => isLocal && isReady);
  const local = ready.length > 0 ? ready : endpoints.filter((endpoint) => endpoint.isLocal && isDraining(endpoint));
  return {
    cluster,
    local,
    reachable: usesCluster ? union(cluster, local) : local,
    any: cluster.length > 0 || endpoints.some((endpoint) => endpoint.isReady || isDraining(endpoint)),
  };
}

/** Ready ones, near ones if hints say so; where none is ready, those that still serve while they terminate. */
function clusterEndpoints(endpoints: readonly Endpoint[], topology: Topology): readonly Endpoint[] {
  const ready = endpoints.filter(({ isReady }) => isReady);
  return ready.length > 0 ? near(ready, topology) : endpoints.filter(isDraining);
}

function isDraining({ isServing, isTerminating }: Endpoint): boolean {
  return isServing && isTerminating;
}

/** One endpoint without hints turns them off for all. */
function near(ready: readonly Endpoint[], { nodeName, zone, usesNodeHints }: Topology): readonly Endpoint[] {
  if (usesNodeHints && ready.every(({ nodeHints }) => nodeHints?.length)) {
    const onNode = ready.filter(({ nodeHints }) => nodeHints?.includes(nodeName));
    if (onNode.length > 0) return onNode;
  }
  if (zone !== undefined && ready.every(({ zoneHints }) => zoneHints?.length)) {
    const inZone = ready.filter(({ zoneHints }) => zoneHints?.includes(zone));
    if (inZone.length > 0) return inZone;
  }
  return ready;
}

function union(a: readonly Endpoint[], b: readonly Endpoint[]): Endpoint[] {
  return [...new Set([...a, ...b])].sort((left, right) => compareText(left.text, right.text));
}
