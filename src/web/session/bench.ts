import { generateCapture, parseNode, replay, verdicts } from "../../index.ts";
import { pageCore } from "./core.ts";
import type { BenchResult } from "./shown.ts";

/** Routers behind both interfaces: the next hops of all packets, with addresses that the node knows. */
const ROUTERS = [
  { network: "10.1.0.0/16", gateway: "10.1.255.253", device: "eth0", mac: "02:00:00:00:01:01" },
  { network: "10.2.0.0/16", gateway: "10.2.255.253", device: "eth1", mac: "02:00:00:00:01:02" },
];

const BENCH_NODE: Readonly<Record<string, string>> = {
  "addr.json": JSON.stringify(
    [
      { index: 1, name: "eth0", mac: "02:00:00:00:00:01", address: "10.1.255.254" },
      { index: 2, name: "eth1", mac: "02:00:00:00:00:02", address: "10.2.255.254" },
    ].map(({ index, name, mac, address }) => ({
      ifindex: index,
      ifname: name,
      flags: ["BROADCAST", "UP", "LOWER_UP"],
      mtu: 1500,
      link_type: "ether",
      address: mac,
      addr_info: [{ family: "inet", local: address, prefixlen: 16, scope: "global" }],
    })),
  ),
  "route.json": JSON.stringify(ROUTERS.map(({ network, gateway, device }) => ({ dst: network, gateway, dev: device }))),
  "neigh.json": JSON.stringify(
    ROUTERS.map(({ gateway, device, mac }) => ({ dst: gateway, dev: device, lladdr: mac, state: ["PERMANENT"] })),
  ),
  "sysctl.txt": "net.ipv4.ip_forward = 1\n",
  "iptables.save": [
    "*filter",
    ":INPUT ACCEPT [0:0]",
    ":FORWARD DROP [0:0]",
    ":OUTPUT ACCEPT [0:0]",
    "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
    "-A FORWARD -p tcp -m multiport --dports 80,443,8080,5432 -j ACCEPT",
    "-A FORWARD -p udp --dport 53 -j ACCEPT",
    "COMMIT",
    "",
  ].join("\n"),
};

/** Measures this browser: made-up traffic through a small firewall, several times over. */
export async function bench(packets: number, repetitions: number): Promise<BenchResult[]> {
  const encoder = new TextEncoder();
  const node = parseNode(new Map(Object.entries(BENCH_NODE).map(([name, text]) => [name, encoder.encode(text)])));
  const core = await pageCore();
  const capture = joined([...generateCapture({ packets, flows: 1000, seed: 1 })]);
  const runs: readonly [name: string, run: () => Promise<unknown>][] = [
    ["replay, nothing reported", () => replay(node, capture, { core })],
    ["replay, a verdict for every packet", () => drain(verdicts(node, capture, { core }))],
  ];
  const results: BenchResult[] = [];
  for (const [name, run] of runs) {
    const tookMs: number[] = [];
    for (let i = 0; i < repetitions; i++) {
      const started = performance.now();
      await run();
      tookMs.push(performance.now() - started);
    }
    results.push({ name, packets, tookMs });
  }
  return results;
}

async function drain(values: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of values);
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
