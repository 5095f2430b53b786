import { describe, expect, it } from "vitest";
import { kubeProxyNode, ObjectError, parseConfiguration, parseNode, parseObjects } from "../../src/index.ts";

const CLUSTER = `
apiVersion: v1
kind: Node
metadata: { name: worker-1 }
spec: { podCIDR: 10.180.0.0/24 }
status: { addresses: [ { type: InternalIP, address: 192.168.0.2 } ] }
---
apiVersion: v1
kind: Service
metadata: { namespace: shop, name: cart }
spec:
  clusterIP: 172.30.0.041
  ports: [ { name: web, port: 80 } ]
---
apiVersion: v1
kind: Endpoints
metadata: { namespace: shop, name: cart }
subsets:
- addresses: [ { ip: 10.180.0.1, nodeName: worker-1 } ]
  ports: [ { name: web, port: 8080 } ]
`;

const CONFIG_MAP = `
apiVersion: v1
kind: ConfigMap
metadata: { namespace: kube-system, name: kube-proxy }
data:
  config.conf: |
    apiVersion: kubeproxy.config.k8s.io/v1alpha1
    kind: KubeProxyConfiguration
    mode: ipvs
    clusterCIDR: 10.180.0.0/16
    ipvs: { scheduler: mh, strictARP: true }
    conntrack: { tcpCloseWaitTimeout: 1h30m }
`;

function objects(text: string) {
  return parseObjects(new Map([["cluster.yaml", text]]));
}

function text(files: ReadonlyMap<string, string | Uint8Array>, name: string): string {
  const content = files.get(name);
  return typeof content === "string" ? content : new TextDecoder().decode(content);
}

describe("objects", () => {
  it("become a node that can be loaded, in both modes", () => {
    for (const mode of ["iptables", "ipvs"] as const) {
      const { files, warnings } = kubeProxyNode(objects(CLUSTER), { mode });
      expect(warnings).toEqual(["no base node: interfaces, routes and neighbours are those of a made-up plain node"]);
      const bytes = new Map([...files.keys()].map((name) => [name, new TextEncoder().encode(text(files, name))]));
      expect(parseNode(bytes).warnings).toEqual([]);
    }
  });

  it("take the settings of a ConfigMap", () => {
    const configuration = parseConfiguration(CONFIG_MAP, "kube-proxy.yaml");
    const { files } = kubeProxyNode(objects(CLUSTER), { configuration });
    expect(text(files, "ipvsadm.save")).toBe(
      "-A -t 172.30.0.41:80 -s mh -b mh-port\n-a -t 172.30.0.41:80 -r 10.180.0.1:8080 -m -w 1\n",
    );
    expect(text(files, "sysctl.txt")).toContain("net.ipv4.conf.all.arp_ignore = 1\n");
    expect(text(files, "sysctl.txt")).toContain("nf_conntrack_tcp_timeout_close_wait = 5400\n");
    expect(text(files, "iptables.save")).toContain("-A KUBE-SERVICES ! -s 10.180.0.0/16 -m comment");
  });

  it("name the object and the field that is wrong", () => {
    expect(() => objects(CLUSTER.replace("port: 80 }", "port: 80000 }"))).toThrow(
      "Service shop/cart: spec.ports[0].port: expected a whole number from 1 to 65535, not 80000",
    );
    expect(() => objects(CLUSTER.replace("ip: 10.180.0.1,", "ip: 10.180.0,"))).toThrow(ObjectError);
    expect(() => objects(`${CLUSTER}---\n${CLUSTER}`)).toThrow("Node worker-1: is there twice");
  });

  it("warn of what is ambiguous", () => {
    const twin = CLUSTER.split("---")[1]!.replace("name: cart", "name: twin");
    const { warnings } = kubeProxyNode(objects(`${CLUSTER}---${twin}`));
    expect(warnings[0]).toContain(
      "Service shop/twin: spec.clusterIPs: 172.30.0.41:80/TCP is also of Service shop/cart",
    );
  });
});

describe("a base node", () => {
  const base = new Map(
    Object.entries({
      "addr.json":
        '[{"ifindex":2,"ifname":"ens3","flags":["UP"],"addr_info":[{"local":"192.168.7.7","prefixlen":24}]}]',
      "iptables.save": [
        "*filter",
        ":INPUT DROP [0:0]",
        ":FORWARD ACCEPT [0:0]",
        ":OUTPUT ACCEPT [0:0]",
        ":KUBE-FORWARD - [0:0]",
        ":KUBE-SVC-AAAA - [0:0]",
        "-A FORWARD -i cali+ -j ACCEPT",
        '-A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD',
        "-A KUBE-FORWARD -j KUBE-SVC-AAAA",
        "COMMIT",
        "",
      ].join("\n"),
    }).map(([name, content]) => [name, new TextEncoder().encode(content)]),
  );

  it("keeps its own rules, and the place of jumps that were there", () => {
    const { files } = kubeProxyNode(objects(CLUSTER), { mode: "ipvs", base });
    const lines = text(files, "iptables.save").split("\n");
    expect(lines).toContain(":INPUT DROP [0:0]");
    expect(lines.filter((line) => line.startsWith("-A FORWARD"))).toEqual([
      '-A FORWARD -m comment --comment "kube-proxy firewall rules" -j KUBE-PROXY-FIREWALL',
      "-A FORWARD -i cali+ -j ACCEPT",
      '-A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD',
    ]);
    expect(text(files, "iptables.save")).not.toContain("KUBE-SVC-AAAA");
    expect(text(files, "addr.json")).toContain("kube-ipvs0");
  });
});
