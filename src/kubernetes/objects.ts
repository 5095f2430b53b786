import { familyOfText, type Network, readAddress, readNetwork } from "./addresses.ts";
import { type Document, parseDocuments } from "./documents.ts";
import { type EndpointSlice, readEndpointSlice, readEndpoints, SERVICE_NAME_LABEL } from "./endpoint-slice.ts";
import type { ObjectWarning } from "./error.ts";
import type { Fields } from "./fields.ts";
import type { Origin } from "./origin.ts";
import { readService, type Service } from "./service.ts";

/** A Node object as far as kube-proxy looks at it. */
export interface NodeObject {
  readonly name: string;
  readonly labels: ReadonlyMap<string, unknown>;
  /** Addresses of type InternalIP, then ExternalIP, as kube-proxy prefers them; canonical. */
  readonly addresses: readonly string[];
  readonly podCIDRs: readonly string[];
}

/** The objects of a cluster that decide what kube-proxy writes. */
export interface ClusterObjects {
  readonly services: readonly Service[];
  readonly slices: readonly EndpointSlice[];
  readonly nodes: readonly NodeObject[];
  /** Networks of cluster IPs, as ServiceCIDR objects tell them. */
  readonly serviceCIDRs: readonly Network[];
  readonly warnings: readonly ObjectWarning[];
  /** Where each object comes from. */
  readonly origins: ReadonlyMap<string, Origin>;
}

/**
 * Reads Services, EndpointSlices, Endpoints, Nodes and ServiceCIDRs from texts as `kubectl get -o json|yaml` prints them: single
 * objects, Lists, several documents. Other kinds are passed over. Endpoints count only where a Service has no EndpointSlice.
 *
 * @param files text by file name.
 * @throws ObjectError at the first object that kube-proxy could not use: with object, field, and file, line and column.
 * @example
 *   const objects = parseObjects(new Map([["cluster.yaml", await readFile("cluster.yaml", "utf8")]]));
 *   const { files, warnings } = kubeProxyNode(objects, { mode: "ipvs", node: "worker-1" });
 */
export function parseObjects(files: ReadonlyMap<string, string>): ClusterObjects {
  return readObjects([...files].flatMap(([file, text]) => parseDocuments(text, file)));
}

/** @throws ObjectError */
export function readObjects(documents: readonly Document[]): ClusterObjects {
  const reader = new ObjectReader();
  for (const document of documents) reader.add(document);
  return reader.finish();
}

class ObjectReader {
  readonly #origins = new Map<string, Origin>();
  readonly #services: Service[] = [];
  readonly #slices: EndpointSlice[] = [];
  /** Endpoints objects, by the Service's namespace and name: used only where there are no slices. */
  readonly #endpoints = new Map<string, EndpointSlice[]>();
  readonly #nodes: NodeObject[] = [];
  readonly #serviceCIDRs: Network[] = [];
  readonly #warnings: ObjectWarning[] = [];

  add({ kind, fields }: Document): void {
    if (kind === "Service") this.#services.push(readService(this.#once(fields)));
    else if (kind === "Node") this.#nodes.push(readNode(this.#once(fields)));
    else if (kind === "EndpointSlice") this.#addSlice(readEndpointSlice(this.#once(fields)));
    else if (kind === "Endpoints") {
      const slices = readEndpoints(this.#once(fields));
      if (slices[0]) this.#endpoints.set(`${slices[0].namespace}/${slices[0].service}`, slices);
    } else if (kind === "ServiceCIDR") {
      const spec = this.#once(fields).fields("spec");
      this.#serviceCIDRs.push(...spec.strings("cidrs").map((text, i) => readNetwork(spec, `cidrs[${i}]`, text)));
    }
  }

  finish(): ClusterObjects {
    const sliced = new Set(this.#slices.map(({ namespace, service }) => `${namespace}/${service}`));
    const mirrored = [...this.#endpoints].filter(([service]) => !sliced.has(service)).flatMap(([, slices]) => slices);
    return {
      services: this.#services,
      slices: [...this.#slices, ...mirrored],
      nodes: this.#nodes,
      serviceCIDRs: this.#serviceCIDRs,
      origins: this.#origins,
      warnings: this.#warnings,
    };
  }

  #addSlice(slice: EndpointSlice | undefined): void {
    if (!slice) return;
    if (slice.service !== undefined) this.#slices.push(slice);
    else {
      const message = `no label ${SERVICE_NAME_LABEL}: it belongs to no Service, kube-proxy passes it over`;
      this.#warnings.push({ object: slice.object, field: "metadata.labels", message });
    }
  }

  /** Two objects of one name would be two truths. */
  #once(fields: Fields): Fields {
    const before = this.#origins.get(fields.object)?.place("");
    if (before)
      fields.fail("", `is there twice: ${[before.file, before.line].filter((part) => part).join(":")} has it too`);
    if (fields.origin) this.#origins.set(fields.object, fields.origin);
    return fields;
  }
}

function readNode(fields: Fields): NodeObject {
  const metadata = fields.fields("metadata");
  const spec = fields.fields("spec");
  const listed = fields
    .fields("status")
    .list("addresses")
    .map((entry) => ({ type: entry.string("type"), entry }));
  const ofType = (type: string) =>
    listed
      .filter((address) => address.type === type)
      .map(({ entry }) => readAddress(entry, "address", entry.required("address", entry.string("address"))));
  const single = spec.string("podCIDR");
  return {
    name: metadata.required("name", metadata.string("name")),
    labels: metadata.entries("labels"),
    addresses: [...ofType("InternalIP"), ...ofType("ExternalIP")],
    podCIDRs: spec.strings("podCIDRs").length > 0 ? spec.strings("podCIDRs") : single ? [single] : [],
  };
}

/** Families that a Node has addresses of. */
export function familiesOf(node: NodeObject): ReadonlySet<4 | 6> {
  return new Set(node.addresses.map(familyOfText));
}
