import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { kubeProxyNode, type Node, parseNode, parseObjects, parseTimeline, replay, Verdicts } from "../../src/index.ts";
import { EXAMPLES, exampleCapture } from "./examples.ts";
import { readPacket } from "./packets.ts";

const FOLDER = new URL("../../examples/kube-proxy/", import.meta.url);
const ETHERNET_BYTES = 14;

function bytes(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(name, FOLDER)));
}

function text(name: string): string {
  return readFileSync(new URL(name, FOLDER), "utf8");
}

/** The node of an example; `more` are files of the node before kube-proxy came. */
function nodeOf(example: string, mode: "iptables" | "ipvs", more: readonly string[] = []): Node {
  const files = ["node.yaml", `${example}/objects.yaml`];
  const objects = parseObjects(new Map(files.map((name) => [name, text(name)])));
  const encoder = new TextEncoder();
  const plain = new Map(
    [...kubeProxyNode(objects).files].map(([name, content]) => [name, encoder.encode(String(content))]),
  );
  for (const name of more) plain.set(name, Uint8Array.from(bytes(`${example}/${name}`)));
  const { files: made } = kubeProxyNode(objects, { mode, base: plain });
  return parseNode(
    new Map(
      [...made].map(([name, content]) => [name, typeof content === "string" ? encoder.encode(content) : content]),
    ),
  );
}

/** What becomes of the last packets of an example: verdicts, and packets that come out, as `SOURCE > DESTINATION`. */
async function ends(example: string, mode: "iptables" | "ipvs", from: number, more: readonly string[] = []) {
  const found: string[] = [];
  const timeline = example === "port-reuse" ? parseTimeline(text("port-reuse/rollout.txt"), "rollout.txt") : [];
  await replay(nodeOf(example, mode, more), bytes(`${example}/in.pcapng`), {
    timeline,
    observe: (emulator) => [
      new Verdicts(emulator, ({ packet, fate, reason, kernelMade }) => {
        if (packet >= from && !kernelMade) found.push(reason ? `${packet} ${fate} ${reason}` : `${packet} ${fate}`);
      }),
      {
        frame: ({ number, device, bytes: frame }) => {
          if (number < from) return;
          const { source, destination, sourcePort, destinationPort, icmp } = readPacket(
            device === 0 ? frame : frame.subarray(ETHERNET_BYTES),
          );
          found.push(
            icmp === undefined
              ? `${source}:${sourcePort} > ${destination}:${destinationPort}`
              : `${source} > ${destination} icmp ${icmp}`,
          );
        },
      },
    ],
  });
  return found;
}

describe("examples/kube-proxy", () => {
  it.each(Object.entries(EXAMPLES))("%s has the capture that is written here", (name, packets) => {
    expect(Buffer.from(bytes(`${name}/in.pcapng`)).equals(exampleCapture(packets))).toBe(true);
  });

  it("ping: leaves the node in iptables mode, is refused in IPVS mode", async () => {
    expect(await ends("ping", "iptables", 1)).toEqual(["10.244.1.9 > 10.96.0.80 icmp 8/0", "1 sent"]);
    expect(await ends("ping", "ipvs", 1)).toEqual(["10.96.0.80 > 10.244.1.9 icmp 3/3", "1 dropped by a rule"]);
  });

  it("local-policy: dropped in iptables mode, sent on without masquerading in IPVS mode", async () => {
    expect(await ends("local-policy", "iptables", 1)).toEqual(["1 dropped by a rule"]);
    expect(await ends("local-policy", "ipvs", 1)).toEqual(["203.0.113.9:40000 > 10.244.2.5:8080", "1 sent"]);
  });

  it("allow-all: let in in iptables mode, dropped in IPVS mode", async () => {
    expect(await ends("allow-all", "iptables", 1)).toEqual(["10.244.1.1:40000 > 10.244.1.5:8080", "1 sent"]);
    expect(await ends("allow-all", "ipvs", 1)).toEqual(["1 dropped by a rule"]);
  });

  it("input-drop: passes the host firewall in iptables mode only", async () => {
    expect(await ends("input-drop", "iptables", 1, ["iptables.save"])).toEqual([
      "10.244.1.1:40000 > 10.244.1.5:8080",
      "1 sent",
    ]);
    expect(await ends("input-drop", "ipvs", 1, ["iptables.save"])).toEqual(["1 dropped by a chain's policy"]);
  });

  it("host-service: nobody in iptables mode, refused in IPVS mode", async () => {
    expect(await ends("host-service", "iptables", 1)).toEqual(["10.244.1.9:40000 > 10.96.0.80:22", "1 sent"]);
    expect(await ends("host-service", "ipvs", 1)).toEqual(["10.96.0.80 > 10.244.1.9 icmp 3/3", "1 dropped by a rule"]);
  });

  it("localhost: a node port answers at 127.0.0.1 in iptables mode only", async () => {
    expect(await ends("localhost", "iptables", 1)).toEqual(["10.244.1.1:40000 > 10.244.1.5:8080", "1 sent"]);
    expect(await ends("localhost", "ipvs", 1)).toEqual(["127.0.0.1:40000 > 127.0.0.1:30080", "1 delivered"]);
  });

  it("vip-source: the node's own packet from the Service's address is masqueraded in IPVS mode", async () => {
    expect(await ends("vip-source", "ipvs", 1)).toEqual(["192.168.0.11:40000 > 10.244.2.5:8080", "1 sent"]);
  });

  it("idle: still connected in iptables mode, at nobody's after 15 minutes in IPVS mode", async () => {
    expect(await ends("idle", "iptables", 7)).toEqual(["10.244.1.9:40000 > 10.244.2.5:8080", "7 sent"]);
    expect(await ends("idle", "ipvs", 7)).toEqual(["10.244.1.9:40000 > 10.96.0.80:80", "7 delivered"]);
  });

  it("stale-udp: the old port goes to a pod that is gone, a new one is refused", async () => {
    expect(await ends("stale-udp", "iptables", 1, ["conntrack.txt"])).toEqual([
      "10.244.1.9:40053 > 10.244.2.53:53",
      "10.244.1.1 > 10.244.1.9 icmp 3/3",
      "1 sent",
      "2 dropped by a rule",
    ]);
  });

  it("port-reuse: goes to another server at once, since kernel 5.9", async () => {
    expect(await ends("port-reuse", "ipvs", 10)).toEqual(["10.244.1.9:40000 > 10.244.2.5:8080", "10 sent"]);
  });

  it("invalid: a segment far outside the window is dropped in iptables mode, and translated all the same in IPVS mode", async () => {
    expect(await ends("invalid", "iptables", 7)).toEqual(["7 dropped by a rule"]);
    expect(await ends("invalid", "ipvs", 7)).toEqual(["10.96.0.80:80 > 10.244.1.9:40000", "7 sent"]);
  });
});
