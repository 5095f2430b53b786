import { DEFAULT_CONFIGURATION } from "../../src/kubernetes/configuration.ts";
import { parseDocuments } from "../../src/kubernetes/documents.ts";
import { factsOf, proxierOf } from "../../src/kubernetes/generate.ts";
import { IptablesSync, type RestoreInput } from "../../src/kubernetes/iptables-sync.ts";
import { readObjects } from "../../src/kubernetes/objects.ts";

/** Changes of a cluster one after another, and which chains kube-proxy writes for each. */
export interface PartialSync {
  /** Chains that are written every time. */
  readonly always: readonly string[];
  readonly steps: readonly {
    readonly change: string;
    readonly sync: "full" | "partial" | "failed";
    readonly written: readonly string[];
    readonly deleted: readonly string[];
    /** Comments of rules in filter that reject. */
    readonly filterRejects?: readonly string[];
  }[];
}

const NODE = "worker-1";

/** Where the syncs write something else. */
export function checkPartialSync({ always, steps }: PartialSync): string[] {
  const cluster = new Cluster();
  const sync = new IptablesSync();
  return steps.flatMap(({ change, sync: kind, written, deleted, filterRejects = [] }) => {
    cluster.change(change);
    const input = sync.next(cluster.proxier());
    if (kind === "failed") {
      sync.failed();
      return [];
    }
    const lines = input.text.split("\n");
    const actual = {
      kind: input.kind,
      written: [...input.written].sort(),
      deleted: [...input.deleted].sort(),
      gone: lines.filter((line) => line.startsWith("-X ")).sort(),
      always: always.filter((chain) => !lines.includes(`:${chain} - [0:0]`)),
      rejects: lines.filter((line) => line.includes(" -j REJECT")).map((line) => /--comment "([^"]+)"/.exec(line)?.[1]),
    };
    const wanted = {
      kind,
      written: [...written].sort(),
      deleted: [...deleted].sort(),
      gone: deleted.map((chain) => `-X ${chain}`).sort(),
      always: [],
      rejects: filterRejects,
    };
    const problem = `${change}: ${JSON.stringify(actual)} instead of ${JSON.stringify(wanted)}`;
    return JSON.stringify(actual) === JSON.stringify(wanted) && hasRulesOf(input) ? [] : [problem];
  });
}

/** Each chain that is written has its rules with it, and no other chain of a Service has any. */
function hasRulesOf({ text, written }: RestoreInput): boolean {
  const filled = new Set([...text.matchAll(/^-A (KUBE-(?:SVC|SEP)-\w+) /gm)].map(([, chain]) => chain!));
  return filled.size === written.length && written.every((chain) => filled.has(chain));
}

const NUMBERS: Readonly<Record<string, number>> = { one: 1, two: 2, three: 3, four: 4 };

/** Services part/one, part/two, ..., and their endpoints. */
class Cluster {
  readonly #services = new Map<string, string[]>();

  change(words: string): void {
    const service = /(?:service|to|of) (one|two|three|four)\b/.exec(words)?.[1] ?? "";
    const endpoint = /\d+\.\d+\.\d+\.\d+/.exec(words)?.[0];
    if (words.startsWith("start")) {
      for (const name of ["one", "two"]) this.#services.set(name, [`10.9.${NUMBERS[name]}.1`]);
    } else if (words.startsWith("add service")) this.#services.set(service, endpoint ? [endpoint] : []);
    else if (words.startsWith("delete")) this.#services.delete(service);
    else if (words.startsWith("add endpoint")) this.#services.get(service)!.push(endpoint!);
    else if (words.startsWith("replace")) this.#services.set(service, [endpoint!]);
    // What changed when iptables-restore failed is not told; the sync is a full one in any case.
  }

  proxier() {
    const objects = [...this.#services].flatMap(([name, addresses]) => [
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { namespace: "part", name },
        spec: { clusterIP: `172.30.0.${NUMBERS[name]}`, ports: [{ name: "web", port: 80, protocol: "TCP" }] },
      },
      {
        apiVersion: "discovery.k8s.io/v1",
        kind: "EndpointSlice",
        metadata: { namespace: "part", name, labels: { "kubernetes.io/service-name": name } },
        addressType: "IPv4",
        ports: [{ name: "web", port: 80, protocol: "TCP" }],
        endpoints: addresses.map((address) => ({ addresses: [address] })),
      },
    ]);
    const cluster = readObjects(parseDocuments(JSON.stringify(objects), "cluster"));
    const { facts } = factsOf(cluster, NODE);
    return proxierOf(cluster, { configuration: DEFAULT_CONFIGURATION, facts }, 4);
  }
}
