/** A made-up cluster as `kubectl get -o json` would list it: one node's view of Services with three pods each. */

const NODES = ["worker", "worker-2", "worker-3"];

/**
 * @param services how many; the names of the first ones are those of a shop.
 * @returns JSON of a List, which is YAML as well.
 */
export function clusterObjects(services: number): string {
  const numbers = Array.from({ length: services }, (_, i) => i);
  const items = [node(), ...numbers.flatMap((number) => [service(number), endpoints(number)])];
  return JSON.stringify({ apiVersion: "v1", kind: "List", items });
}

/** Where the clients of the service with this number, from 0, connect to. */
export function clusterAddress(number: number): string {
  return `10.96.${number >> 7}.${10 + (number & 127)}`;
}

const SHOP = ["web", "cart", "orders", "payment", "stock", "search", "mail", "login", "reviews", "metrics"];

function nameOf(number: number): string {
  return number < SHOP.length ? SHOP[number]! : `team-${String(number).padStart(4, "0")}`;
}

function node(): object {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: NODES[0] },
    spec: { podCIDR: "10.244.1.0/24", podCIDRs: ["10.244.1.0/24"] },
    status: { addresses: [{ type: "InternalIP", address: "192.168.10.5" }] },
  };
}

function service(number: number): object {
  const address = clusterAddress(number);
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: nameOf(number), namespace: "shop" },
    spec: {
      clusterIP: address,
      clusterIPs: [address],
      ports: [{ port: 80, targetPort: 8080, protocol: "TCP" }],
    },
  };
}

function endpoints(number: number): object {
  const name = nameOf(number);
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: `${name}-1`, namespace: "shop", labels: { "kubernetes.io/service-name": name } },
    addressType: "IPv4",
    ports: [{ port: 8080, protocol: "TCP" }],
    endpoints: NODES.map((nodeName, i) => ({
      addresses: [`10.244.${1 + i + 3 * Math.floor(number / 200)}.${20 + (number % 200)}`],
      nodeName,
      conditions: { ready: true },
    })),
  };
}
