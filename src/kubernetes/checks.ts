import { familyOfText } from "./addresses.ts";
import { type EndpointSlice, SERVICE_NAME_LABEL } from "./endpoint-slice.ts";
import type { ObjectWarning } from "./error.ts";
import type { ClusterObjects } from "./objects.ts";
import type { Service, ServicePortSpec } from "./service.ts";

/** What of a cluster's objects is ambiguous: the API would refuse it, or kube-proxy would do something nobody meant. */
export function checkObjects({ services, slices }: ClusterObjects): ObjectWarning[] {
  const names = new Set(services.map(({ namespace, name }) => `${namespace}/${name}`));
  const ofService = new Map<string, EndpointSlice[]>();
  for (const slice of slices) {
    const name = `${slice.namespace}/${slice.service}`;
    const found = ofService.get(name);
    if (found) found.push(slice);
    else ofService.set(name, [slice]);
  }
  const none = { object: "Services", field: "", message: "there is none among the objects" };
  return [
    ...(services.length === 0 ? [none] : []),
    ...checkShared(services),
    ...services.flatMap(checkService),
    ...services.flatMap((service) => checkSlices(service, ofService.get(`${service.namespace}/${service.name}`) ?? [])),
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
  const claim = ({ object }: Service, key: string, field: string, what: string) => {
    const owner = owners.get(key);
    if (owner === undefined) owners.set(key, object);
    else if (owner === object) warnings.push({ object, field, message: `${what} is there twice` });
    else {
      const message = `${what} is also of ${owner}: which of them gets the packets depends on kube-proxy's map order`;
      warnings.push({ object, field, message });
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
    const { healthCheckNodePort: port } = service;
    if (port !== 0) claim(service, `TCP ${port}`, "spec.healthCheckNodePort", `node port ${port}/TCP`);
  }
  return warnings;
}

function checkService(service: Service): ObjectWarning[] {
  const warnings: ObjectWarning[] = [];
  const warn = (field: string, message: string) => warnings.push({ object: service.object, field, message });
  const { type, ports, externalIPs } = service;
  if (type === "ExternalName" || service.isHeadless) return warnings;
  if (service.clusterIPs.length === 0) warn("spec.clusterIP", "has no cluster IP (yet): kube-proxy passes it over");
  if (ports.length === 0) warn("spec.ports", "has no port: kube-proxy writes nothing for it");
  if (ports.length > 1 && ports.some(({ name }) => name === "")) {
    warn("spec.ports", "several ports need names: endpoints are found by the port's name");
  }
  if (type === "ClusterIP" && ports.some(({ nodePort }) => nodePort !== 0)) {
    warn("spec.ports", "a Service of type ClusterIP has a node port: kube-proxy uses it all the same");
  }
  if (type === "ClusterIP" && service.isExternalLocal && externalIPs.length === 0) {
    warn("spec.externalTrafficPolicy", "nothing outside reaches a Service of type ClusterIP: kube-proxy ignores it");
  }
  return [...warnings, ...checkSourceRanges(service)];
}

function checkSourceRanges({ object, sourceRanges, ingress }: Service): ObjectWarning[] {
  const field = "spec.loadBalancerSourceRanges";
  if (sourceRanges.length === 0) return [];
  if (ingress.length === 0) {
    return [{ object, field, message: "has no load balancer address: the ranges filter nothing (node ports never)" }];
  }
  const unfiltered = ingress.filter(
    ({ address }) => !sourceRanges.some(({ family }) => family === familyOfText(address)),
  );
  return [
    ...unfiltered.map(({ address }) => ({
      object,
      field,
      message: `no range is of the family of ${address}: everybody is let in there`,
    })),
    ...(sourceRanges.some(({ prefixLength }) => prefixLength === 0)
      ? [
          {
            object,
            field,
            message: "ipset takes no /0 network: in IPVS mode every client is dropped, in the other modes none",
          },
        ]
      : []),
  ];
}

/** Endpoints that a Service's ports do not find, and hints that are not there. */
function checkSlices(service: Service, slices: readonly EndpointSlice[]): ObjectWarning[] {
  if (slices.length === 0 || service.isHeadless || service.type === "ExternalName") return [];
  const isOffered = (port: ServicePortSpec) =>
    slices.some(({ ports }) => ports.some((offer) => isSamePort(offer, port)));
  const warnings = service.ports
    .filter((port) => !isOffered(port) && slices.some(({ ports }) => ports.length > 0))
    .map(({ field, name, protocol }) => {
      const offered = slices.flatMap(({ ports }) => ports);
      const names = [...new Set(offered.map((offer) => `${quoted(offer.name)}/${offer.protocol}`))].join(", ");
      const message = `its slices have no port ${quoted(name)}/${protocol}, only ${names}: it has no endpoints`;
      return { object: service.object, field, message };
    });
  if (service.wantsNear === undefined || slices.some(hasHints)) return warnings;
  const message = `${service.wantsNear} acts through hints in the EndpointSlices, and there are none: endpoints of all zones are used`;
  return [...warnings, { object: service.object, field: "spec.trafficDistribution", message }];
}

function hasHints({ endpoints }: EndpointSlice): boolean {
  return endpoints.some(({ zoneHints, nodeHints }) => zoneHints || nodeHints);
}

function isSamePort(offer: EndpointSlice["ports"][number], { name, protocol }: ServicePortSpec): boolean {
  return offer.name === name && offer.protocol === protocol;
}

function quoted(name: string): string {
  return name === "" ? "without a name" : `\`${name}'`;
}
