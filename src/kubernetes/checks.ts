import { SERVICE_NAME_LABEL } from "./endpoint-slice.ts";
import type { ObjectWarning } from "./error.ts";
import type { ClusterObjects } from "./objects.ts";
import type { Service } from "./service.ts";

/** What of a cluster's objects is ambiguous: the API would refuse it, or kube-proxy would do something nobody meant. */
export function checkObjects({ services, slices }: ClusterObjects): ObjectWarning[] {
  const names = new Set(services.map(({ namespace, name }) => `${namespace}/${name}`));
  return [
    ...checkShared(services),
    ...services.flatMap(checkService),
    ...slices
      .filter(({ namespace, service }) => service !== undefined && !names.has(`${namespace}/${service}`))
      .map(({ object, namespace, service }) => ({
        object,
        field: `metadata.labels[${SERVICE_NAME_LABEL}]`,
        message: `there is no Service ${namespace}/${service}: its endpoints are not used`,
      })),
  ];
}

/** Addresses and node ports that two Services claim: which one gets the packets is left to chance. */
function checkShared(services: readonly Service[]): ObjectWarning[] {
  const owners = new Map<string, string>();
  const warnings: ObjectWarning[] = [];
  const claim = (service: Service, key: string, field: string, what: string) => {
    const owner = owners.get(key);
    if (owner === undefined) owners.set(key, service.object);
    else {
      const message = `${what} is also of ${owner}: which of them gets the packets depends on kube-proxy's map order`;
      warnings.push({ object: service.object, field, message });
    }
  };
  for (const service of services) {
    const addresses = [
      ...service.clusterIPs.map((address) => ({ address, field: "spec.clusterIPs" })),
      ...service.externalIPs.map((address) => ({ address, field: "spec.externalIPs" })),
      ...service.ingress.map(({ address }) => ({ address, field: "status.loadBalancer.ingress" })),
    ];
    for (const { protocol, port, nodePort, field } of service.ports) {
      for (const { address, field: source } of addresses) {
        claim(service, `${address} ${protocol} ${port}`, source, `${address}:${port}/${protocol}`);
      }
      if (nodePort !== 0)
        claim(service, `${protocol} ${nodePort}`, `${field}.nodePort`, `node port ${nodePort}/${protocol}`);
    }
  }
  return warnings;
}

function checkService(service: Service): ObjectWarning[] {
  const warnings: ObjectWarning[] = [];
  const warn = (field: string, message: string) => warnings.push({ object: service.object, field, message });
  const { type, ports, sourceRanges, ingress } = service;
  if (type === "ExternalName" || service.isHeadless) return warnings;
  if (service.clusterIPs.length === 0) warn("spec.clusterIP", "has no cluster IP (yet): kube-proxy passes it over");
  if (ports.length === 0) warn("spec.ports", "has no port: kube-proxy writes nothing for it");
  if (ports.length > 1 && ports.some(({ name }) => name === "")) {
    warn("spec.ports", "several ports need names: endpoints are found by the port's name");
  }
  if (type === "ClusterIP" && ports.some(({ nodePort }) => nodePort !== 0)) {
    warn("spec.ports", "a Service of type ClusterIP has a node port: kube-proxy uses it all the same");
  }
  if (sourceRanges.length > 0 && ingress.length === 0) {
    warn("spec.loadBalancerSourceRanges", "has no load balancer address: the ranges filter nothing (node ports never)");
  }
  if (sourceRanges.some(({ prefixLength }) => prefixLength === 0)) {
    const message = "ipset takes no /0 network: in IPVS mode every client is dropped, in the other modes none";
    warn("spec.loadBalancerSourceRanges", message);
  }
  return warnings;
}
