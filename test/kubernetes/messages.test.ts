import { describe, expect, it } from "vitest";
import { kubeProxyNode, parseConfiguration, parseObjects } from "../../src/index.ts";

const NODE = "apiVersion: v1\nkind: Node\nmetadata: { name: worker-1 }\n";

/** A Service whose spec and status are given in lines of YAML; the spec begins in line 7. */
function service(spec: string, name = "cart"): string {
  return `${NODE}---\napiVersion: v1\nkind: Service\nmetadata: { namespace: shop, name: ${name} }\n${spec}\n`;
}

function errorOf(text: string, file = "a.yaml"): string {
  try {
    parseObjects(new Map([[file, text]]));
  } catch (error) {
    return (error as Error).message;
  }
  return "no error";
}

function warningsOf(text: string): readonly string[] {
  const { warnings } = kubeProxyNode(parseObjects(new Map([["a.yaml", text]])));
  return warnings.filter((warning) => !warning.startsWith("no base node"));
}

describe("an object that kube-proxy could not use", () => {
  it.each([
    [
      "spec: { ports: [ { port: 80000 } ] }",
      "8:26: Service shop/cart: spec.ports[0].port: expected a whole number from 1 to 65535, not 80000",
    ],
    ["spec:\n  ports:\n  - port: '80'", "10:11: Service shop/cart: spec.ports[0].port: expected a number"],
    ["spec:\n  ports:\n  - name: web", "10:5: Service shop/cart: spec.ports[0].port: missing"],
    ["spec: { ports: { port: 80 } }", "8:16: Service shop/cart: spec.ports: expected a list"],
    [
      "spec: { type: Loadbalancer }",
      "8:15: Service shop/cart: spec.type: `Loadbalancer' is none of ClusterIP, NodePort, LoadBalancer, ExternalName",
    ],
    ["spec: { clusterIP: 10.96.0.300 }", "8:20: Service shop/cart: spec.clusterIP: `10.96.0.300' is no IP address"],
    [
      "spec: { clusterIPs: [10.96.0.1, 10.96.0.2] }",
      "8:21: Service shop/cart: spec.clusterIPs: may have one address of each family, no more",
    ],
    [
      "spec: { loadBalancerSourceRanges: [10.0.0.0] }",
      "8:36: Service shop/cart: spec.loadBalancerSourceRanges[0]: `10.0.0.0' is no network (ADDRESS/LENGTH)",
    ],
    [
      "spec: { internalTrafficPolicy: local }",
      "8:32: Service shop/cart: spec.internalTrafficPolicy: `local' is none of Cluster, Local",
    ],
    [
      "spec: { sessionAffinity: ClientIP, sessionAffinityConfig: { clientIP: { timeoutSeconds: 0 } } }",
      "8:89: Service shop/cart: spec.sessionAffinityConfig.clientIP.timeoutSeconds: expected a whole number from 1 to 86400, not 0",
    ],
    [
      "spec: { ports: [ { port: 80, protocol: HTTP } ] }",
      "8:40: Service shop/cart: spec.ports[0].protocol: `HTTP' is none of TCP, UDP, SCTP",
    ],
    ["spec: []", "8:7: Service shop/cart: spec: expected an object"],
  ])("is named, with field and place: %s", (spec, message) => {
    expect(errorOf(service(spec))).toBe(`a.yaml:${message}`);
  });

  it("is no YAML", () => {
    expect(errorOf(service("spec: { ports: [ }"))).toMatch(/^a\.yaml:8:18: YAML: /);
  });

  it("is found inside Lists, and in JSON", () => {
    const item = { apiVersion: "v1", kind: "Service", metadata: { name: "x" }, spec: { ports: [{ port: 0 }] } };
    const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: [item] }, undefined, 1);
    const line = list.split("\n").findIndex((text) => text.includes('"port": 0')) + 1;
    expect(errorOf(list, "a.json")).toMatch(
      new RegExp(`^a\\.json:${line}:\\d+: Service x: spec\\.ports\\[0\\]\\.port: `),
    );
  });

  it("is there twice", () => {
    expect(errorOf(`${NODE}---\n${NODE}`)).toBe("a.yaml:5:1: Node worker-1: is there twice: a.yaml:1 has it too");
  });

  it("has no kind", () => {
    expect(errorOf("metadata: { name: x }\n")).toBe("a.yaml:1:1: document 1: kind: missing");
    expect(errorOf("- 5\n")).toBe("a.yaml:1:3: document 1, entry 1: expected an object");
  });

  it.each([
    [
      "addressType: IPv4\nendpoints: [ { addresses: [] } ]",
      "9:27: EndpointSlice shop/s: endpoints[0].addresses: missing",
    ],
    [
      "addressType: IPv6\nendpoints: [ { addresses: [10.0.0.1] } ]",
      "9:28: EndpointSlice shop/s: endpoints[0].addresses[0]: `10.0.0.1' is not of the slice's addressType",
    ],
    ["endpoints: []", "5:1: EndpointSlice shop/s: addressType: missing"],
    [
      "addressType: IPv4\nendpoints: [ { addresses: [10.0.0.1], conditions: { ready: yes } } ]",
      "9:60: EndpointSlice shop/s: endpoints[0].conditions.ready: expected true or false",
    ],
  ])("is a slice: %s", (rest, message) => {
    const slice = `apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: { namespace: shop, name: s }\n${rest}\n`;
    expect(errorOf(`${NODE}---\n${slice}`)).toBe(`a.yaml:${message}`);
  });
});

describe("an object that is ambiguous", () => {
  it.each([
    [
      "spec: { ports: [ { port: 80 } ] }",
      "8:7: Service shop/cart: spec.clusterIP: has no cluster IP (yet): kube-proxy passes it over",
    ],
    [
      "spec: { clusterIP: 10.96.0.1 }",
      "8:7: Service shop/cart: spec.ports: has no port: kube-proxy writes nothing for it",
    ],
    [
      "spec: { clusterIP: 10.96.0.1, ports: [ { port: 80, nodePort: 30080 } ] }",
      "8:38: Service shop/cart: spec.ports: a Service of type ClusterIP has a node port: kube-proxy uses it all the same",
    ],
    [
      "spec: { clusterIP: 10.96.0.1, externalTrafficPolicy: Local, ports: [ { port: 80 } ] }",
      "8:54: Service shop/cart: spec.externalTrafficPolicy: nothing outside reaches a Service of type ClusterIP: kube-proxy ignores it",
    ],
    [
      "spec: { clusterIP: 10.96.0.1, ports: [ { port: 80 }, { port: 81 } ] }",
      "8:38: Service shop/cart: spec.ports: several ports need names: endpoints are found by the port's name",
    ],
    [
      "spec: { clusterIP: 10.96.0.1, ports: [ { name: a, port: 80 }, { name: b, port: 80 } ] }",
      "8:20: Service shop/cart: spec.clusterIPs: 10.96.0.1:80/TCP is there twice",
    ],
    [
      "spec: { clusterIP: 10.96.0.1, ports: [ { port: 80 } ], loadBalancerSourceRanges: [10.0.0.0/8] }",
      "8:82: Service shop/cart: spec.loadBalancerSourceRanges: has no load balancer address: the ranges filter nothing (node ports never)",
    ],
    [
      "spec: { clusterIP: 10.96.0.1, ports: [ { port: 80 } ], loadBalancerSourceRanges: ['fd00::/8'] }\nstatus: { loadBalancer: { ingress: [ { ip: 5.6.7.8 } ] } }",
      "8:82: Service shop/cart: spec.loadBalancerSourceRanges: no range is of the family of 5.6.7.8: everybody is let in there",
    ],
    [
      "spec: { clusterIP: 10.96.0.1, ports: [ { port: 80 } ], loadBalancerSourceRanges: [0.0.0.0/0] }\nstatus: { loadBalancer: { ingress: [ { ip: 5.6.7.8 } ] } }",
      "8:82: Service shop/cart: spec.loadBalancerSourceRanges: ipset takes no /0 network: in IPVS mode every client is dropped, in the other modes none",
    ],
  ])("is warned of, with field and place: %s", (spec, message) => {
    const found = warningsOf(service(spec));
    const isLine = new RegExp(
      `^a\\.yaml:8:\\d+: ${message.replace(/^8:\d+: /, "").replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`,
    );
    expect(found).toEqual([expect.stringMatching(isLine)]);
  });

  it("shares an address or a node port with another one", () => {
    const spec = "spec: { type: NodePort, clusterIP: 10.96.0.1, ports: [ { port: 80, nodePort: 30080 } ] }";
    const twin = service(spec, "twin").slice(NODE.length);
    expect(warningsOf(service(spec) + twin)).toEqual([
      "a.yaml:13:7: Service shop/twin: spec.clusterIPs: 10.96.0.1:80/TCP is also of Service shop/cart: which of them gets the packets depends on kube-proxy's map order",
      "a.yaml:13:78: Service shop/twin: spec.ports[0].nodePort: node port 30080/TCP is also of Service shop/cart: which of them gets the packets depends on kube-proxy's map order",
    ]);
  });

  it("has ports that its slices do not know, hints that nobody gave, or no Service", () => {
    const slice = (of: string) =>
      `---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: { namespace: shop, name: ${of}-1, labels: { kubernetes.io/service-name: ${of} } }\naddressType: IPv4\nports: [ { name: http, port: 80 } ]\nendpoints: [ { addresses: [10.0.0.1] } ]\n`;
    const spec = "spec: { clusterIP: 10.96.0.1, trafficDistribution: PreferClose, ports: [ { name: web, port: 80 } ] }";
    expect(warningsOf(service(spec) + slice("cart") + slice("gone"))).toEqual([
      expect.stringContaining(
        ":8:74: Service shop/cart: spec.ports[0]: its slices have no port `web'/TCP, only `http'/TCP: it has no endpoints",
      ),
      expect.stringContaining(
        "Service shop/cart: spec.trafficDistribution: spec.trafficDistribution PreferClose acts through hints",
      ),
      expect.stringContaining(
        "EndpointSlice shop/gone-1: metadata.labels[kubernetes.io/service-name]: there is no Service shop/gone",
      ),
    ]);
  });
});

describe("a configuration that kube-proxy would refuse", () => {
  const config = (text: string) =>
    `kind: KubeProxyConfiguration\napiVersion: kubeproxy.config.k8s.io/v1alpha1\n${text}\n`;

  it.each([
    ["mode: IPVS", "3:7: KubeProxyConfiguration: mode: `IPVS' is none of iptables, ipvs, nftables"],
    ["clusterCIDR: 10.0.0.0", "3:14: KubeProxyConfiguration: clusterCIDR: `10.0.0.0' is no network (ADDRESS/LENGTH)"],
    ["detectLocalMode: BridgeInterface", "1:1: KubeProxyConfiguration: detectLocal.bridgeInterface: missing"],
    [
      "ipvs: { scheduler: fastest }",
      "3:20: KubeProxyConfiguration: ipvs.scheduler: the kernel has no scheduler `fastest' (rr wrr lc wlc lblc lblcr dh sh mh sed nq fo ovf twos)",
    ],
    ["ipvs: { tcpTimeout: 900 }", "3:21: KubeProxyConfiguration: ipvs.tcpTimeout: expected a string"],
    [
      "nodePortAddresses: [primary, 10.0.0.0/8]",
      "3:20: KubeProxyConfiguration: nodePortAddresses: `primary' must stand alone",
    ],
    [
      "iptables: { masqueradeBit: 32 }",
      "3:28: KubeProxyConfiguration: iptables.masqueradeBit: expected a whole number from 0 to 31, not 32",
    ],
  ])("is named, with field and place: %s", (text, message) => {
    expect(() => parseConfiguration(config(text), "c.yaml")).toThrow(`c.yaml:${message}`);
  });

  it("is not there, or needs what the Node does not say", () => {
    expect(() => parseConfiguration(NODE, "c.yaml")).toThrow(
      "c.yaml: KubeProxyConfiguration: there is none in this file",
    );
    const configuration = parseConfiguration(config("detectLocalMode: NodeCIDR"), "c.yaml");
    const objects = parseObjects(
      new Map([["a.yaml", service("spec: { clusterIP: 10.96.0.1, ports: [ { port: 80 } ] }")]]),
    );
    expect(() => kubeProxyNode(objects, { configuration })).toThrow(
      "Node worker-1: spec.podCIDRs: missing: detectLocalMode NodeCIDR needs them",
    );
  });

  it("only has a slip of the pen", () => {
    const { warnings } = parseConfiguration(config("iptables: { masqueradeALL: true }"), "c.yaml");
    expect(warnings).toEqual([
      {
        object: "KubeProxyConfiguration",
        field: "iptables.masqueradeALL",
        message: "kube-proxy knows no such field, and passes it over",
        at: { file: "c.yaml", line: 3, column: 28 },
      },
    ]);
  });
});
