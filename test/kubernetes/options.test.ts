import { describe, expect, it } from "vitest";
import { type KubeProxyOptions, kubeProxyNode, parseConfiguration, parseNode, parseObjects } from "../../src/index.ts";

/** Two Services of a dual-stack cluster, seen from worker-1. */
const CLUSTER = `
apiVersion: v1
kind: NodeList
items:
- metadata: { name: worker-1, labels: { topology.kubernetes.io/zone: a } }
  spec: { podCIDRs: [10.180.0.0/24, "fd00:10:180::/64"] }
  status: { addresses: [ { type: InternalIP, address: 192.168.0.2 }, { type: InternalIP, address: "2001:db8::2" } ] }
- metadata: { name: worker-2 }
---
apiVersion: v1
kind: Service
metadata: { namespace: shop, name: cart }
spec:
  type: LoadBalancer
  clusterIPs: [172.30.0.41, "fd00:172:30::41"]
  externalIPs: [1.2.3.4]
  externalTrafficPolicy: Local
  healthCheckNodePort: 30999
  loadBalancerSourceRanges: [203.0.113.0/25]
  sessionAffinity: ClientIP
  sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } }
  ports: [ { name: web, port: 80, nodePort: 30080 } ]
status: { loadBalancer: { ingress: [ { ip: 5.6.7.8 }, { ip: 5.6.7.9, ipMode: Proxy } ] } }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { namespace: shop, name: cart-4, labels: { kubernetes.io/service-name: cart } }
addressType: IPv4
ports: [ { name: web, port: 8080 } ]
endpoints:
- { addresses: [10.180.0.1], nodeName: worker-1, hints: { forZones: [ { name: a } ] } }
- { addresses: [10.180.1.1], nodeName: worker-2, hints: { forZones: [ { name: b } ] } }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { namespace: shop, name: cart-6, labels: { kubernetes.io/service-name: cart } }
addressType: IPv6
ports: [ { name: web, port: 8080 } ]
endpoints:
- { addresses: ["fd00:10:180::1"], nodeName: worker-1 }
- { addresses: ["fd00:10:180:1::1"], nodeName: worker-2, conditions: { ready: false, serving: true, terminating: true } }
`;

const cluster = parseObjects(new Map([["cluster.yaml", CLUSTER]]));

function configuration(text: string) {
  return parseConfiguration(
    `apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n${text}\n`,
    "config.yaml",
  );
}

/** Lines of a file of the node. */
function lines(file: string, config: string, more: KubeProxyOptions = {}): string[] {
  const { files } = kubeProxyNode(cluster, { node: "worker-1", configuration: configuration(config), ...more });
  return String(files.get(file)).trimEnd().split("\n");
}

/** Rules of a chain, without `-A CHAIN` and comments. */
function rules(chain: RegExp | string, config: string, file = "iptables.save"): string[] {
  return lines(file, config).flatMap((line) => {
    const [, name, rule] = /^-A (\S+) (.*)$/.exec(line) ?? [];
    const isOf = name !== undefined && (typeof chain === "string" ? chain === name : chain.test(name));
    return isOf ? [rule!.replace(/-m comment --comment (?:"[^"]*"|\S+) ?/, "")] : [];
  });
}

const SVC = /^KUBE-SVC-/;

describe("the configuration", () => {
  it.each([
    { config: "", rule: [] },
    {
      config: "clusterCIDR: 10.180.0.0/16,fd00:10::/32",
      rule: ["! -s 10.180.0.0/16 -d 172.30.0.41/32 -p tcp -m tcp --dport 80 -j KUBE-MARK-MASQ"],
    },
    {
      config: "detectLocalMode: NodeCIDR",
      rule: ["! -s 10.180.0.0/24 -d 172.30.0.41/32 -p tcp -m tcp --dport 80 -j KUBE-MARK-MASQ"],
    },
    {
      config: "detectLocalMode: BridgeInterface\ndetectLocal: { bridgeInterface: cbr0 }",
      rule: ["-d 172.30.0.41/32 ! -i cbr0 -p tcp -m tcp --dport 80 -j KUBE-MARK-MASQ"],
    },
    {
      config: "detectLocalMode: InterfaceNamePrefix\ndetectLocal: { interfaceNamePrefix: cali }",
      rule: ["-d 172.30.0.41/32 ! -i cali+ -p tcp -m tcp --dport 80 -j KUBE-MARK-MASQ"],
    },
    {
      config: "clusterCIDR: 10.180.0.0/16\niptables: { masqueradeAll: true }",
      rule: ["-d 172.30.0.41/32 -p tcp -m tcp --dport 80 -j KUBE-MARK-MASQ"],
    },
  ])("tells pods from others: $config", ({ config, rule }) => {
    expect(rules(SVC, config).filter((text) => text.endsWith("KUBE-MARK-MASQ"))).toEqual(rule);
  });

  it("has its clusterCIDR of each family", () => {
    const found = rules(SVC, "clusterCIDR: 10.180.0.0/16,fd00:10::/32", "ip6tables.save");
    expect(found[0]).toBe("! -s fd00:10::/32 -d fd00:172:30::41/128 -p tcp -m tcp --dport 80 -j KUBE-MARK-MASQ");
  });

  it("chooses the bit of the mark", () => {
    expect(rules("KUBE-MARK-MASQ", "iptables: { masqueradeBit: 17 }")).toEqual(["-j MARK --set-xmark 0x20000/0x20000"]);
  });

  it.each([
    { config: "", dispatch: "-m addrtype --dst-type LOCAL -j KUBE-NODEPORTS", localnet: true },
    {
      config: "iptables: { localhostNodePorts: false }",
      dispatch: "! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS",
      localnet: false,
    },
    { config: "nodePortAddresses: [primary]", dispatch: "-d 192.168.0.2/32 -j KUBE-NODEPORTS", localnet: false },
    { config: "nodePortAddresses: [192.168.0.0/16]", dispatch: "-d 192.168.0.2/32 -j KUBE-NODEPORTS", localnet: false },
    { config: "nodePortAddresses: [127.0.0.0/8]", dispatch: "-d 127.0.0.1/32 -j KUBE-NODEPORTS", localnet: true },
    {
      config: 'nodePortAddresses: ["2001:db8::/32"]',
      dispatch: "-m addrtype --dst-type LOCAL -j KUBE-NODEPORTS",
      localnet: true,
    },
  ])("opens node ports: $config", ({ config, dispatch, localnet }) => {
    expect(rules("KUBE-SERVICES", config).at(-1)).toBe(dispatch);
    expect(rules("KUBE-FIREWALL", config)).toHaveLength(localnet ? 1 : 0);
    expect(lines("sysctl.txt", config).includes("net.ipv4.conf.all.route_localnet = 1")).toBe(localnet);
  });

  it("is the base of IPVS mode: scheduler, strict ARP, timeouts", () => {
    const config = "mode: ipvs\nipvs: { scheduler: wlc, strictARP: true, tcpTimeout: 15m, udpTimeout: 30s }";
    expect(lines("ipvsadm.save", config)).toContain("-A -t 172.30.0.41:80 -s wlc -p 60");
    expect(lines("sysctl.txt", config)).toEqual(
      expect.arrayContaining(["net.ipv4.conf.all.arp_ignore = 1", "net.ipv4.conf.all.arp_announce = 2"]),
    );
    expect(lines("timeline.txt", config)).toEqual(["0 ipvsadm --set 900 0 30"]);
  });

  it("leaves excluded networks' virtual services of a real node alone, and takes all others away", () => {
    const save = "-A -t 10.9.9.9:80 -s rr\n-A -t 10.8.8.8:80 -s rr\n-A -f 5 -s rr\n";
    const base = new Map([
      ["addr.json", new TextEncoder().encode("[]")],
      ["ipvsadm.save", new TextEncoder().encode(save)],
    ]);
    const found = lines("ipvsadm.save", "mode: ipvs\nipvs: { excludeCIDRs: [10.9.0.0/16] }", { base });
    expect(found.filter((line) => /10\.[89]\.|-f 5/.test(line))).toEqual(["-A -t 10.9.9.9:80 -s rr", "-A -f 5 -s rr"]);
  });

  it("sizes conntrack, and its timeouts", () => {
    const settings = (config: string) => lines("sysctl.txt", config).filter((line) => line.includes("nf_conntrack"));
    expect(settings("")).toEqual([
      "net.netfilter.nf_conntrack_tcp_timeout_established = 86400",
      "net.netfilter.nf_conntrack_tcp_timeout_close_wait = 3600",
      "net.netfilter.nf_conntrack_max = 131072",
    ]);
    const conntrack =
      "{ maxPerCore: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 1m, tcpBeLiberal: true, udpTimeout: 20s }";
    expect(settings(`conntrack: ${conntrack}`)).toEqual([
      "net.netfilter.nf_conntrack_tcp_timeout_close_wait = 60",
      "net.netfilter.nf_conntrack_udp_timeout = 20",
      "net.netfilter.nf_conntrack_tcp_be_liberal = 1",
    ]);
    expect(rules("KUBE-FORWARD", "conntrack: { tcpBeLiberal: true }").join()).not.toContain("INVALID");
  });

  it("turns gates on and off", () => {
    const services = (config: string) =>
      lines("ipvsadm.save", `mode: ipvs\n${config}`).filter((line) => /^-A -t 5\./.test(line));
    expect(services("")).toEqual(["-A -t 5.6.7.8:80 -s rr -p 60"]);
    expect(services("featureGates: { LoadBalancerIPMode: false }")).toHaveLength(2);
  });
});

describe("a Service of every kind", () => {
  it("has its health check port, source ranges and affinity", () => {
    expect(rules("KUBE-NODEPORTS", "").filter((rule) => rule.includes("30999"))).toEqual([
      "-p tcp -m tcp --dport 30999 -j ACCEPT",
    ]);
    expect(rules(/^KUBE-FW-/, "")).toEqual([expect.stringMatching(/^-s 203\.0\.113\.0\/25 -j KUBE-EXT-/), ""]);
    expect(rules(SVC, "")[0]).toMatch(/^-m recent --rcheck --seconds 60 --reap --name KUBE-SEP-/);
  });

  it("uses the endpoints of the node's zone, those of this node for policy Local, and terminating ones only in need", () => {
    const servers = (address: string) =>
      lines("ipvsadm.save", "mode: ipvs").flatMap((line) =>
        line.startsWith(`-a -t ${address}:80 `) ? [line.split(" ")[4]] : [],
      );
    expect(servers("172.30.0.41")).toEqual(["10.180.0.1:8080"]);
    expect(servers("5.6.7.8")).toEqual(["10.180.0.1:8080"]);
    expect(servers("[fd00:172:30::41]")).toEqual(["[fd00:10:180::1]:8080"]);
  });

  it("makes nodes that load, in both modes and from both ends of a dual-stack cluster", () => {
    const encoder = new TextEncoder();
    for (const mode of ["iptables", "ipvs"] as const) {
      for (const node of ["worker-1", "worker-2"]) {
        const { files } = kubeProxyNode(cluster, { mode, node });
        const bytes = new Map([...files].map(([name, content]) => [name, encoder.encode(String(content))]));
        expect(parseNode(bytes).warnings).toEqual([]);
      }
    }
  });
});

describe("a base node", () => {
  it("tells what its iptables and its kernel can do", () => {
    const old = [
      "*filter",
      ":INPUT ACCEPT [0:0]",
      ":FORWARD ACCEPT [0:0]",
      ":OUTPUT ACCEPT [0:0]",
      ":KUBE-FORWARD - [0:0]",
      "-A FORWARD -j KUBE-FORWARD",
      "-A KUBE-FORWARD -m conntrack --ctstate INVALID -m nfacct --nfacct-name ct_state_invalid_dropped_pkts -j DROP",
      "COMMIT",
      "*nat",
      ":PREROUTING ACCEPT [0:0]",
      ":INPUT ACCEPT [0:0]",
      ":OUTPUT ACCEPT [0:0]",
      ":POSTROUTING ACCEPT [0:0]",
      "-A POSTROUTING -o eth9 -j MASQUERADE --random-fully",
      "COMMIT",
      "",
    ].join("\n");
    const encoder = new TextEncoder();
    const base = new Map([
      ["addr.json", encoder.encode("[]")],
      ["iptables.save", encoder.encode(old)],
    ]);
    const found = lines("iptables.save", "", { base });
    expect(found).toContain(
      "-A KUBE-FORWARD -m conntrack --ctstate INVALID -m nfacct --nfacct-name  ct_state_invalid_dropped_pkts -j DROP",
    );
    expect(found.filter((line) => line.includes("MASQUERADE --random-fully"))).toHaveLength(2);
  });

  it("keeps its own addresses local beside those of kube-ipvs0, though its routes are those of table main only", () => {
    const address = { family: "inet", local: "192.168.7.7", prefixlen: 24, scope: "global" };
    const device = { ifindex: 2, ifname: "ens3", flags: ["UP"], link_type: "ether", addr_info: [address] };
    const route = { dst: "192.168.7.0/24", dev: "ens3", protocol: "kernel", scope: "link", prefsrc: "192.168.7.7" };
    const encoder = new TextEncoder();
    const base = new Map([
      ["addr.json", encoder.encode(JSON.stringify([device]))],
      ["route.json", encoder.encode(JSON.stringify([route]))],
    ]);
    const { files } = kubeProxyNode(cluster, { node: "worker-1", mode: "ipvs", base });
    const routes = JSON.parse(String(files.get("route.json"))) as { type?: string; dst: string; dev: string }[];
    const own = routes.filter(({ type }) => type === "local").map(({ dst, dev }) => `${dst} ${dev}`);
    expect(own).toEqual(expect.arrayContaining(["192.168.7.7 ens3", "172.30.0.41 kube-ipvs0"]));
    expect(lines("ipvsadm.save", "mode: ipvs", { base })).toContain("-A -t 192.168.7.7:30080 -s rr -p 60");
  });
});
