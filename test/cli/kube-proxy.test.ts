import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CommandRun, hookwalk } from "../support/command.ts";

const NODES = `apiVersion: v1
kind: List
items:
- { apiVersion: v1, kind: Node, metadata: { name: worker-1 }, status: { addresses: [ { type: InternalIP, address: 192.168.0.2 } ] } }
- { apiVersion: v1, kind: Node, metadata: { name: worker-2 }, status: { addresses: [ { type: InternalIP, address: 192.168.0.3 } ] } }
`;
const SERVICE = {
  apiVersion: "v1",
  kind: "ServiceList",
  items: [
    {
      metadata: { namespace: "shop", name: "cart" },
      spec: { type: "NodePort", clusterIP: "172.30.0.41", ports: [{ name: "web", port: 80, nodePort: 30080 }] },
    },
  ],
};
const ENDPOINTS = {
  apiVersion: "v1",
  kind: "Endpoints",
  metadata: { namespace: "shop", name: "cart" },
  subsets: [
    { addresses: [{ ip: "10.180.0.1", nodeName: "worker-1" }], ports: [{ name: "web", port: 8080 }] },
    { notReadyAddresses: [{ ip: "10.180.0.9" }], ports: [{ name: "web", port: 8080 }] },
  ],
};
const CONFIG_MAP = `apiVersion: v1
kind: ConfigMap
metadata: { namespace: kube-system, name: kube-proxy }
data:
  config.conf: |
    apiVersion: kubeproxy.config.k8s.io/v1alpha1
    kind: KubeProxyConfiguration
    mode: ipvs
  kubeconfig.conf: |
    kind: Config
`;
const HELD_BACK = "warning: no base node: interfaces, routes and neighbours are those of a made-up plain node\n";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hookwalk-"));
  mkdirSync(join(folder, "objects", "deeper"), { recursive: true });
  mkdirSync(join(folder, "empty"));
  writeFileSync(join(folder, "objects", "nodes.yaml"), NODES);
  writeFileSync(join(folder, "objects", "services.json"), JSON.stringify(SERVICE));
  writeFileSync(join(folder, "objects", "deeper", "endpoints.yml"), JSON.stringify(ENDPOINTS));
  writeFileSync(join(folder, "objects", "notes.txt"), "not an object");
  writeFileSync(join(folder, "config.yaml"), CONFIG_MAP);
  writeFileSync(
    join(folder, "bad.yaml"),
    `${NODES}---\napiVersion: v1\nkind: Service\nmetadata: { name: x }\nspec: { ports: 5 }\n`,
  );
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs `hookwalk kube-proxy` on files of the folder. */
async function kubeProxy(...args: readonly string[]): Promise<Pick<CommandRun, "status" | "stderr">> {
  const inFolder = args.map((arg) => (/^(?:objects|config|bad|empty|out)/.test(arg) ? join(folder, arg) : arg));
  const { status, stderr } = await hookwalk(["kube-proxy", ...inFolder]);
  return { status, stderr: stderr.replaceAll(`${folder}/`, "") };
}

function read(name: string): string {
  return readFileSync(join(folder, name), "utf8");
}

describe("hookwalk kube-proxy", () => {
  it("reads a folder of JSON and YAML, Lists and Endpoints, and writes a node", async () => {
    const { status, stderr } = await kubeProxy("objects", "--node", "worker-1", "-o", "out1");
    expect({ status, stderr }).toEqual({ status: 0, stderr: HELD_BACK });
    expect(readdirSync(join(folder, "out1")).sort()).toEqual([
      "addr.json",
      "iptables.save",
      "neigh.json",
      "route.json",
      "sysctl.txt",
    ]);
    expect(read("out1/iptables.save")).toContain("-m tcp -j DNAT --to-destination 10.180.0.1:8080\n");
    expect(read("out1/iptables.save")).not.toContain("10.180.0.9");
  });

  it("takes mode and settings from a ConfigMap, and merges into a real node", async () => {
    await kubeProxy("objects", "--node", "worker-1", "-o", "out2");
    const merged = await kubeProxy(
      "objects",
      "--config",
      "config.yaml",
      "--node",
      "worker-1",
      "--base",
      "out2",
      "-o",
      "out3",
    );
    expect(merged).toEqual({ status: 0, stderr: "" });
    expect(read("out3/ipvsadm.save")).toContain("-a -t 192.168.0.2:30080 -r 10.180.0.1:8080 -m -w 1\n");
    expect(read("out3/iptables.save")).not.toContain("KUBE-SVC-");
    expect(read("out3/addr.json")).toContain('"kube-ipvs0"');
  });

  it("writes what a partial sync feeds to iptables-restore after a change", async () => {
    const objects = ["objects/nodes.yaml", "objects/services.json"];
    const before = ["--since", ...objects, "--node", "worker-1"];
    await kubeProxy("objects", ...before, "-o", "out7");
    expect(read("out7/iptables.restore")).toContain("-j DNAT --to-destination 10.180.0.1:8080\n");
    await kubeProxy(...objects, ...before, "-o", "out8");
    expect(read("out8/iptables.restore")).toContain("-A KUBE-SERVICES ");
    expect(read("out8/iptables.restore")).not.toContain("KUBE-SEP-");
  });

  it("mixes no two nodes in one folder", async () => {
    const to = ["objects", "--node", "worker-1", "-o", "out9"];
    expect((await kubeProxy(...to, "--mode", "iptables")).status).toBe(0);
    expect((await kubeProxy(...to, "--mode", "ipvs")).status).toBe(0);
    expect(await kubeProxy(...to, "--mode", "iptables")).toEqual({
      status: 2,
      stderr: "hookwalk: out9 holds ipset.save, which is not of this node: name another folder\n",
    });
  });

  it("writes nftables mode's transaction, and ends with 3: nothing emulates it", async () => {
    const { status, stderr } = await kubeProxy("objects", "--mode", "nftables", "--node", "worker-1", "-o", "out4");
    expect(status).toBe(3);
    expect(stderr).toContain("warning: nftables rules are NOT EMULATED");
    expect(read("out4/nftables.nft")).toContain("add table ip kube-proxy");
    expect((await hookwalk(["replay", join(folder, "out4"), join(folder, "config.yaml")])).status).toBe(3);
  });

  it.each([
    [["objects", "-o", "out5"], "hookwalk: Node: several: say which one is meant (--node): worker-1, worker-2\n"],
    [
      ["bad.yaml", "--node", "worker-1", "-o", "out5"],
      "hookwalk: bad.yaml:10:16: Service x: spec.ports: expected a list\n",
    ],
    [["empty", "-o", "out5"], "hookwalk: empty: no .json, .yaml or .yml file is in this folder\n"],
    [
      ["objects", "--config", "objects/nodes.yaml", "-o", "out5"],
      "hookwalk: objects/nodes.yaml: KubeProxyConfiguration: there is none in this file\n",
    ],
  ])("ends with 2 and says why: %s", async (args, stderr) => {
    expect(await kubeProxy(...args)).toEqual({ status: 2, stderr });
    expect(readdirSync(folder)).not.toContain("out5");
  });

  it("goes on where the named node has no object, and says what is not known of it", async () => {
    const { status, stderr } = await kubeProxy("objects", "--node", "worker-9", "-o", "out6");
    expect(status).toBe(0);
    expect(stderr).toContain("warning: Node worker-9: no such Node object: its zone and addresses are unknown\n");
  });
});
