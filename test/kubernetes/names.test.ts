import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { endpointChain, nftablesBase, serviceHash, setName } from "../../src/kubernetes/names.ts";
import { sha256 } from "../../src/kubernetes/sha256.ts";

describe("names", () => {
  it("hash as Node's own SHA-256 does", () => {
    for (let length = 0; length <= 200; length++) {
      const text = "\u00e9kube-proxy".repeat(20).slice(0, length);
      expect(Buffer.from(sha256(text)).toString("hex")).toBe(createHash("sha256").update(text).digest("hex"));
    }
  });

  it("of iptables chains are those of kube-proxy", () => {
    expect(serviceHash("ns1/svc1:p80", "TCP")).toBe("XPGD46QRK7WJZT7O");
    expect(endpointChain("ns1/svc1:p80", "TCP", "10.180.0.1:80")).toBe("KUBE-SEP-SXIVWICOYRO3J4NJ");
    expect(endpointChain("shop/cart:web", "SCTP", "[fd00:10:180::1]:80")).toBe("KUBE-SEP-34MXISSNAMWOK474");
  });

  it("of nftables chains are those of kube-proxy, cut to what nft takes", () => {
    const port = { namespace: "ns1", name: "svc1", protocol: "TCP", portName: "p80" };
    expect(nftablesBase(port)).toBe("ULMVA6XW-ns1/svc1/tcp/p80");
    expect(nftablesBase({ ...port, endpoint: { address: "10.180.0.1", port: 80 } })).toBe(
      "5OJB2KTY-ns1/svc1/tcp/p80__10.180.0.1/80",
    );
    expect(nftablesBase({ ...port, name: "x".repeat(300) })).toHaveLength(240);
  });

  it("of IPv6 sets are cut to what ipset takes", () => {
    expect(setName("KUBE-LOAD-BALANCER-SOURCE-CIDR", 6)).toBe("KUBE-6-LOAD-BALANCER-SOURCE-CID");
    expect(setName("KUBE-CLUSTER-IP", 4)).toBe("KUBE-CLUSTER-IP");
  });
});
