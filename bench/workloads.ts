import type { EmulatorOptions } from "../src/engine/emulator.ts";
import { type Chunk, packetsOf } from "./chunk.ts";
import { CoreRunner } from "./core-runner.ts";
import { ipv6Node, udp6Packets } from "./ipv6.ts";
import { benchNode, benchServices } from "./network.ts";
import { filterRules, iptablesNode, ipvsNode, MANGLE, TRACKING } from "./nodes.ts";
import { Openings } from "./openings.ts";
import { conversations, established, Flows, handshakes, openings, udpPackets, uniform } from "./traffic.ts";

/** Packets that are timed again and again, on a node that has seen their flows begin. */
export interface Workload {
  readonly name: string;
  start(options?: EmulatorOptions): Promise<Running>;
}

export interface Running {
  readonly packets: number;
  /** What comes before each run and is not timed. */
  prepare?(): void;
  run(): void;
}

const PACKETS = 100_000;

/** The workloads of the profile and of comparisons between two builds, by the names they are chosen by. */
export const WORKLOADS: readonly Workload[] = [
  udp("routed", "", 1_000),
  udp("udp-1k", TRACKING, 1_000),
  udp("udp-128k", TRACKING, 131_072),
  udp6("udp6-1k", 1_000),
  udp6("udp6-100k", 100_000),
  services("nat-1k", 1_000, (all) => iptablesNode(all, "nth")),
  services("nat-100k", 100_000, (all) => iptablesNode(all, "nth")),
  services("filter-1k", 1_000, (all) => iptablesNode(all, "nth", filterRules(20))),
  services("mangle-1k", 1_000, (all) => iptablesNode(all, "nth", `${MANGLE}${filterRules(20)}`)),
  services("ipvs-1k", 1_000, (all) => ipvsNode(all)),
  services("ipvs-100k", 100_000, (all) => ipvsNode(all)),
  services("ipvs-untracked-1k", 1_000, (all) => ipvsNode(all, "rr", "")),
  services("ipvs-untracked-100k", 100_000, (all) => ipvsNode(all, "rr", "")),
  whole("whole-filter", (all) => iptablesNode(all, "nth", filterRules(20))),
  whole("whole-nat", (all) => iptablesNode(all, "nth")),
  whole("whole-ipvs", (all) => ipvsNode(all)),
  firsts("new-ipvs-1k", 1_000, benchServices(100, 8), (all) => ipvsNode(all)),
  firsts("new-ipvs-100k", 100_000, benchServices(100, 8), (all) => ipvsNode(all)),
  firsts("new-wlc-8", 20_000, benchServices(10, 8), (all) => ipvsNode(all, "wlc")),
  firsts("new-wlc-250", 20_000, benchServices(10, 250), (all) => ipvsNode(all, "wlc")),
  firsts("new-chains-100", 10_000, benchServices(100, 3), (all) => iptablesNode(all, "random")),
  firsts("new-chains-10k", 10_000, benchServices(10_000, 3), (all) => iptablesNode(all, "random")),
];

function udp(name: string, rules: string, flows: number): Workload {
  return datagrams(name, benchNode(benchServices(1, 250), { "iptables.save": rules }), udpPackets, flows);
}

function udp6(name: string, flows: number): Workload {
  return datagrams(name, ipv6Node(), udp6Packets, flows);
}

/** UDP both ways through the node, no translation. */
function datagrams(
  name: string,
  node: Map<string, Uint8Array>,
  makePackets: typeof udpPackets,
  flows: number,
): Workload {
  return {
    name,
    async start(options) {
      const runner = await CoreRunner.create(node, options);
      const isSecondHalf = (i: number) => i >= flows;
      runner.run(makePackets(2 * flows, (i) => i % flows, isSecondHalf));
      const pick = uniform(flows);
      return repeat(
        runner,
        makePackets(Math.max(PACKETS, flows), pick, (i) => i % 2 === 1),
      );
    },
  };
}

/** TCP connections to services. */
function services(
  name: string,
  count: number,
  nodeOf: (all: ReturnType<typeof benchServices>) => Map<string, Uint8Array>,
): Workload {
  return {
    name,
    async start(options) {
      const all = benchServices(100, 8);
      const runner = await CoreRunner.create(nodeOf(all), options);
      const flows = new Flows(all, count);
      runner.run(handshakes(flows));
      return repeat(runner, established(flows, PACKETS));
    },
  };
}

/** TCP connections to services from their first packet to the last, of sixteen. */
function whole(name: string, nodeOf: (all: ReturnType<typeof benchServices>) => Map<string, Uint8Array>): Workload {
  return {
    name,
    async start(options) {
      const all = benchServices(100, 8);
      const chunks = conversations(new Flows(all, 2_000), 10);
      const again = new Openings(await CoreRunner.create(nodeOf(all), options), chunks);
      return { packets: packetsOf(chunks), prepare: () => again.prepare(), run: () => again.run() };
    },
  };
}

/** First packets of TCP connections to services. */
function firsts(
  name: string,
  count: number,
  all: ReturnType<typeof benchServices>,
  nodeOf: (all: ReturnType<typeof benchServices>) => Map<string, Uint8Array>,
): Workload {
  return {
    name,
    async start(options) {
      const again = new Openings(await CoreRunner.create(nodeOf(all), options), openings(new Flows(all, count)));
      return { packets: count, prepare: () => again.prepare(), run: () => again.run() };
    },
  };
}

function repeat(runner: CoreRunner, chunks: readonly Chunk[]): Running {
  return { packets: packetsOf(chunks), run: () => runner.run(chunks) };
}
