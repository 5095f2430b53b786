import type { Family } from "../model/address.ts";
import { familyOfText, readAddress } from "./addresses.ts";
import type { Fields } from "./fields.ts";
import { type Protocol, readProtocol } from "./service.ts";

const MAX_PORT = 65535;
export const SERVICE_NAME_LABEL = "kubernetes.io/service-name";
const HEADLESS_LABEL = "service.kubernetes.io/headless";

export interface SliceEndpoint {
  /** Canonical; the first one of the list, the only one that kube-proxy uses. */
  readonly address: string;
  readonly nodeName?: string;
  readonly isReady: boolean;
  readonly isServing: boolean;
  readonly isTerminating: boolean;
  /** undefined: no hints of the kind. */
  readonly zoneHints?: readonly string[];
  readonly nodeHints?: readonly string[];
}

export interface SlicePort {
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
}

/** An EndpointSlice, or one subset of an Endpoints object. */
export interface EndpointSlice {
  readonly object: string;
  readonly namespace: string;
  /** Name of the Service that it belongs to; undefined when no label says it. */
  readonly service?: string;
  readonly family: Family;
  readonly ports: readonly SlicePort[];
  readonly endpoints: readonly SliceEndpoint[];
}

/**
 * @returns undefined for slices that kube-proxy does not look at: host names, headless Services.
 * @throws ObjectError
 */
export function readEndpointSlice(fields: Fields): EndpointSlice | undefined {
  const metadata = fields.fields("metadata");
  const labels = metadata.entries("labels");
  const addressType = fields.required("addressType", fields.choice("addressType", ["IPv4", "IPv6", "FQDN"]));
  if (addressType === "FQDN" || labels.has(HEADLESS_LABEL)) return undefined;
  const family = addressType === "IPv4" ? 4 : 6;
  const service = labels.get(SERVICE_NAME_LABEL);
  return {
    object: fields.object,
    namespace: metadata.string("namespace") ?? "default",
    service: typeof service === "string" ? service : undefined,
    family,
    ports: fields.list("ports").flatMap(readPort),
    endpoints: fields.list("endpoints").map((endpoint) => readEndpoint(endpoint, family)),
  };
}

/** A port without a number stands for all ports: kube-proxy leaves it out. */
function readPort(port: Fields): SlicePort[] {
  const number = port.integer("port", 0, MAX_PORT);
  return number ? [{ name: port.string("name") ?? "", protocol: readProtocol(port), port: number }] : [];
}

function readEndpoint(endpoint: Fields, family: Family): SliceEndpoint {
  const conditions = endpoint.fields("conditions");
  const hints = endpoint.fields("hints");
  const text = endpoint.strings("addresses")[0] ?? endpoint.fail("addresses", "missing");
  const address = readAddress(endpoint, "addresses[0]", text);
  if (familyOfText(address) !== family) endpoint.fail("addresses[0]", `\`${text}' is not of the slice's addressType`);
  const isReady = conditions.boolean("ready") ?? true;
  return {
    address,
    nodeName: endpoint.string("nodeName"),
    isReady,
    isServing: conditions.boolean("serving") ?? isReady,
    isTerminating: conditions.boolean("terminating") ?? false,
    zoneHints: hints.has("forZones") ? hints.list("forZones").map((zone) => zone.string("name") ?? "") : undefined,
    nodeHints: hints.has("forNodes") ? hints.list("forNodes").map((node) => node.string("name") ?? "") : undefined,
  };
}

/**
 * The slices that the control plane mirrors an Endpoints object into.
 *
 * @throws ObjectError
 */
export function readEndpoints(fields: Fields): EndpointSlice[] {
  const metadata = fields.fields("metadata");
  const name = metadata.required("name", metadata.string("name"));
  return fields.list("subsets").flatMap((subset) => {
    const endpoints = [
      ...subset.list("addresses").map((address) => readSubsetAddress(address, true)),
      ...subset.list("notReadyAddresses").map((address) => readSubsetAddress(address, false)),
    ];
    return ([4, 6] as const).map((family) => ({
      object: fields.object,
      namespace: metadata.string("namespace") ?? "default",
      service: name,
      family,
      ports: subset.list("ports").flatMap(readPort),
      endpoints: endpoints.filter(({ address }) => familyOfText(address) === family),
    }));
  });
}

function readSubsetAddress(entry: Fields, isReady: boolean): SliceEndpoint {
  const text = entry.required("ip", entry.string("ip"));
  return {
    address: readAddress(entry, "ip", text),
    nodeName: entry.string("nodeName"),
    isReady,
    isServing: isReady,
    isTerminating: false,
  };
}
