/**
 * `npm run bench:soak [-- MILLIONS]`: generated packets for a long time (100 million by default) through a node with rules and NAT.
 * Flows begin, talk, and are over; the core's memory has to stay what it was after the first tenth.
 */
import { ChunkBuilder } from "./chunk.ts";
import { CoreRunner } from "./core-runner.ts";
import { benchServices } from "./network.ts";
import { filterRules, iptablesNode, MANGLE } from "./nodes.ts";
import { BACKENDS, SERVICES } from "./service-traffic.ts";
import { Flows, writeConversations } from "./traffic.ts";

const MILLION = 1e6;
/** Flows that begin in a round, packets of each once it is established, and how far time goes on. */
const FLOWS = 20_000;
const PACKETS_A_FLOW = 22;
const HANDSHAKE_AND_CLOSE = 3;
const ROUND_NS = 40_000_000_000n;
const ROUND_PACKETS = FLOWS * (PACKETS_A_FLOW + HANDSHAKE_AND_CLOSE);
/** Room that tables may grow by after the first tenth. */
const MOST_GROWTH = 1.05;

const millions = Number(process.argv[2] ?? 100);
const rounds = Math.ceil((millions * MILLION) / ROUND_PACKETS);
const services = benchServices(SERVICES, BACKENDS);
const core = await CoreRunner.create(iptablesNode(services, "nth", `${MANGLE}${filterRules(20)}`));
const { memory } = core.emulator.core;
let early = 0;
for (let round = 0; round < rounds; round++) {
  const builder = new ChunkBuilder(BigInt(round + 1) * ROUND_NS);
  writeConversations(builder, new Flows(services, FLOWS, round * FLOWS), PACKETS_A_FLOW);
  core.run(builder.end());
  if (round === Math.floor(rounds / 10)) early = memory.buffer.byteLength;
}
const growth = memory.buffer.byteLength / early;
const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
console.log(
  `${((rounds * ROUND_PACKETS) / MILLION).toFixed(0)} million packets, ${rounds * FLOWS} flows; memory ${mib(early)} after a tenth, ${mib(memory.buffer.byteLength)} at the end; ${core.emulator.core.entryCount()} connections left`,
);
if (growth > MOST_GROWTH || core.emulator.core.livePackets() !== 0) {
  console.error("memory did not stay stable");
  process.exitCode = 1;
}
