import { describe, expect, it } from "vitest";
import { kubeProxyNode, parseConfiguration, parseNode, parseObjects } from "../../src/index.ts";

const CLUSTER = `
apiVersion: v1
kind: Node
metadata: { name: worker-1 }
status: { addresses: [ { type: InternalIP, address: 192.168.0.2 }, { type: InternalIP, address: 2001:db8::2 } ] }
---
apiVersion: v1
kind: Service
metadata: { namespace: shop, name: cart }
spec: { clusterIP: 172.30.0.41, ports: [ { port: 80, nodePort: 30080 } ], type: NodePort }
`;

const OLD_RULES = [
  "*nat",
  ":PREROUTING ACCEPT [0:0]",
  ":INPUT ACCEPT [0:0]",
  ":OUTPUT ACCEPT [0:0]",
  ":POSTROUTING ACCEPT [0:0]",
  ":KUBE-SERVICES - [0:0]",
  '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
  "-A PREROUTING -i cali+ -j ACCEPT",
  "COMMIT",
  "",
].join("\n");
const OLD_TABLES = "table ip kube-proxy {\n\tchain services {\n\t}\n}\ntable inet own {\n}\n";

const encoder = new TextEncoder();
const objects = parseObjects(new Map([["cluster.yaml", CLUSTER]]));

function bytesOf(files: ReadonlyMap<string, string | Uint8Array>): Map<string, Uint8Array> {
  return new Map(
    [...files].map(([name, content]) => [name, typeof content === "string" ? encoder.encode(content) : content]),
  );
}

describe("kube-proxy in nftables mode", () => {
  it("has its transaction written for both families, and said not to be emulated", () => {
    const { files, notEmulated } = kubeProxyNode(objects, { mode: "nftables" });
    const lines = String(files.get("nftables.nft")).split("\n");
    expect(lines).toContain("add element ip kube-proxy nodeport-ips { 192.168.0.2 }");
    expect(lines).toContain("add element ip6 kube-proxy nodeport-ips { 2001:db8::2 }");
    expect(notEmulated).toContain("NOT EMULATED");
    expect(() => parseNode(bytesOf(files))).toThrow(
      "nftables.nft:1:1: kube-proxy runs in nftables mode here, and nftables rules are not emulated",
    );
    expect(parseNode(bytesOf(files), { ignoreUnsupported: true }).ignored).toHaveLength(1);
  });

  it("opens node ports at all addresses only when told so", () => {
    const configuration = parseConfiguration(
      "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: nftables\nnodePortAddresses: [0.0.0.0/0]\n",
      "config.yaml",
    );
    const text = String(kubeProxyNode(objects, { configuration }).files.get("nftables.nft"));
    expect(text).toContain(
      "services fib daddr type local ip daddr != 127.0.0.0/8 meta l4proto . th dport vmap @service-nodeports\n",
    );
    expect(text).not.toContain("nodeport-ips");
  });

  it("leaves nothing of what the other modes wrote, and the other way round", () => {
    const base = bytesOf(
      new Map([
        ["addr.json", "[]"],
        ["iptables.save", OLD_RULES],
        ["nft.ruleset", OLD_TABLES],
      ]),
    );
    const rules = String(kubeProxyNode(objects, { mode: "nftables", base }).files.get("iptables.save"));
    expect(rules.split("\n").filter((line) => line.includes("PREROUTING"))).toEqual([
      ":PREROUTING ACCEPT [0:0]",
      "-A PREROUTING -i cali+ -j ACCEPT",
    ]);
    expect(rules).not.toContain("KUBE-");
    const { files } = kubeProxyNode(objects, { mode: "iptables", base });
    expect(files.get("nft.ruleset")).toBe("table inet own {\n}\n");
    expect(files.has("nftables.nft")).toBe(false);
  });
});

describe("a real node in nftables mode", () => {
  it("is refused where its listing shows kube-proxy's table", () => {
    const files = bytesOf(
      new Map([
        ["addr.json", "[]"],
        ["nft.ruleset", `table inet own {\n}\n${OLD_TABLES}`],
      ]),
    );
    expect(() => parseNode(files)).toThrow("nft.ruleset:3:1: kube-proxy runs in nftables mode here");
  });
});
