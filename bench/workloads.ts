import type { EmulatorOptions } from "../src/engine/emulator.ts";
import { type BenchPacket, type Chunk, encodeChunks } from "./chunk.ts";
import { ipvsadmSave, TRACKING } from "./core-path.ts";
import { CoreRunner } from "./core-runner.ts";
import { benchNode, benchServices, ETHERNET, GATEWAY_MACS, NODE_MACS } from "./network.ts";
import { established, handshakes, makeFlows } from "./traffic.ts";

/** Packets that are timed again and again, on a node that has seen their flows begin. */
export interface Workload {
  readonly name: string;
  start(options?: EmulatorOptions): Promise<Running>;
}

export interface Running {
  readonly packets: number;
  run(): void;
}

const PACKETS = 50_000;
const SECOND = 1_000_000_000n;

/** The workloads of the profile and of comparisons between two builds, by the names they are chosen by. */
export const WORKLOADS: readonly Workload[] = [
  routed("routed", "", 1_000),
  routed("udp-1k", TRACKING, 1_000),
  routed("udp-128k", TRACKING, 131_072),
  routed("filter-1k", filterRules(), 1_000),
  ipvs("ipvs-1k", 1_000),
  ipvs("ipvs-50k", 50_000),
];

/** UDP both ways through the node, no translation. */
function routed(name: string, rules: string, flows: number): Workload {
  return {
    name,
    async start(options) {
      const node = benchNode(benchServices(1, 250), { "iptables.save": rules });
      const runner = await CoreRunner.create(node, options);
      const all = Array.from({ length: flows }, (_, i) => i);
      runner.run(encodeChunks([...all.map((i) => udp(i, false)), ...all.map((i) => udp(i, true))], SECOND));
      let state = 4711;
      const packets = Array.from({ length: Math.max(PACKETS, flows) }, (_, i) => {
        state = (Math.imul(state, 1103515245) + 12345) >>> 0;
        return udp((state >>> 8) % flows, i % 2 === 1);
      });
      return repeat(runner, encodeChunks(packets, SECOND * 2n));
    },
  };
}

function ipvs(name: string, count: number): Workload {
  return {
    name,
    async start(options) {
      const services = benchServices(100, 8);
      const files = { "ipvsadm.save": ipvsadmSave(services), "iptables.save": TRACKING };
      const own = services.map(({ address }) => address);
      const runner = await CoreRunner.create(benchNode(services, files, own), options);
      const flows = makeFlows(services, count);
      runner.run(encodeChunks(handshakes(flows), SECOND));
      return repeat(runner, encodeChunks(established(flows, PACKETS), SECOND * 2n));
    },
  };
}

function repeat(runner: CoreRunner, chunks: readonly Chunk[]): Running {
  const packets = chunks.reduce((sum, chunk) => sum + chunk.packets, 0);
  return { packets, run: () => runner.run(chunks) };
}

/** Twenty rules that an established packet passes before it is accepted. */
function filterRules(): string {
  const rules = Array.from(
    { length: 20 },
    (_, i) => `-A FORWARD -s 172.16.${i}.0/24 -p tcp -m tcp --dport ${i + 1} -j DROP`,
  );
  return `*filter\n${rules.join("\n")}\n-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\nCOMMIT\n`;
}

/** Packet of a UDP flow between a client (11.0.0.0/8) and a server of the bench node. */
function udp(flow: number, isReply: boolean): BenchPacket {
  const client = { address: 0x0b000000 + (flow >>> 12), port: 1024 + (flow & 0xfff) };
  const server = { address: 0x0a020101 + (flow % 250), port: 53 };
  const [from, to] = isReply ? [server, client] : [client, server];
  const side = isReply ? 1 : 0;
  const frame = new Uint8Array(60);
  const view = new DataView(frame.buffer);
  frame.set(NODE_MACS[side], 0);
  frame.set(GATEWAY_MACS[side], 6);
  view.setUint16(12, 0x0800);
  view.setUint16(ETHERNET, 0x4500);
  view.setUint16(ETHERNET + 2, 46);
  view.setUint16(ETHERNET + 8, 0x4011);
  view.setUint32(ETHERNET + 12, from.address);
  view.setUint32(ETHERNET + 16, to.address);
  let sum = 0;
  for (let i = 0; i < 20; i += 2) sum += view.getUint16(ETHERNET + i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(ETHERNET + 10, ~sum & 0xffff);
  view.setUint16(ETHERNET + 20, from.port);
  view.setUint16(ETHERNET + 22, to.port);
  view.setUint16(ETHERNET + 24, 26);
  return { device: isReply ? 3 : 2, frame };
}
