import { type Chunk, encodeChunks } from "./chunk.ts";
import { CoreRunner } from "./core-runner.ts";
import { type Measurement, measure } from "./measure.ts";
import { type BenchService, benchNode, benchServices, formatIpv4 } from "./network.ts";
import { established, fromClient, handshakes, makeFlows, SYN } from "./traffic.ts";
import { Twin } from "./twin.ts";

const SERVICES = 100;
const BACKENDS = 8;
const PACKETS = 100_000;
const NEW_FLOWS = 20_000;
const ROUNDS = 7;

const SECOND = 1_000_000_000n;

/** Core and twin do the same job over the same packets. @returns the core's measurement, then the twin's. */
export async function benchEstablished(flowCount: number): Promise<Measurement[]> {
  const services = benchServices(SERVICES, BACKENDS);
  const flows = makeFlows(services, flowCount);
  const { core, twin } = await contenders(services, flowCount);
  const opening = encodeChunks(handshakes(flows), SECOND);
  const chunks = encodeChunks(established(flows, PACKETS), SECOND * 2n);
  core.run(opening);
  for (const chunk of opening) twin.process(chunk);
  compareOutputs(core, twin, chunks.slice(0, 1));
  return measure(
    [
      { name: "core", run: () => core.run(chunks) },
      { name: "twin", run: () => runTwin(twin, chunks) },
    ],
    PACKETS,
    ROUNDS,
  );
}

/** Every packet begins a flow. */
export async function benchNewFlows(): Promise<Measurement[]> {
  const services = benchServices(SERVICES, BACKENDS);
  const { core, twin } = await contenders(services, NEW_FLOWS * (ROUNDS + 3));
  let chunks: Chunk[] = [];
  let round = 0;
  const nextRound = () => {
    const flows = makeFlows(services, NEW_FLOWS, NEW_FLOWS * round++);
    chunks = encodeChunks(
      flows.map((flow) => fromClient(flow, SYN, 1000, 0)),
      SECOND * 2n,
    );
  };
  return measure(
    [
      { name: "core", prepare: nextRound, run: () => core.run(chunks) },
      { name: "twin", run: () => runTwin(twin, chunks) },
    ],
    NEW_FLOWS,
    ROUNDS,
  );
}

async function contenders(services: readonly BenchService[], capacity: number) {
  const files = { "ipvsadm.save": ipvsadmSave(services), "iptables.save": TRACKING };
  const node = benchNode(
    services,
    files,
    services.map(({ address }) => address),
  );
  return { core: await CoreRunner.create(node), twin: new Twin(services, capacity) };
}

/** A rule that asks for connection tracking, as every node of a cluster has one. */
export const TRACKING = "*filter\n-A FORWARD -m conntrack --ctstate INVALID -j DROP\nCOMMIT\n";

/** The kernel takes the server first that was entered last. */
export function ipvsadmSave(services: readonly BenchService[]): string {
  return services
    .map(({ address, port, backends }) => {
      const service = `${formatIpv4(address)}:${port}`;
      const servers = backends
        .toReversed()
        .map((server) => `-a -t ${service} -r ${formatIpv4(server.address)}:${server.port} -m -w 1\n`);
      return `-A -t ${service} -s rr\n${servers.join("")}`;
    })
    .join("");
}

function runTwin(twin: Twin, chunks: readonly Chunk[]): void {
  for (const chunk of chunks) twin.process(chunk);
}

/** @throws Error when core and twin did not make the same packets of the same input: then there is nothing to compare. */
function compareOutputs(core: CoreRunner, twin: Twin, chunks: readonly Chunk[]): void {
  const start = twin.sent;
  const fromCore = core.headersOf(chunks);
  runTwin(twin, chunks);
  for (const [i, header] of fromCore.entries()) {
    const own = twin.headerOf(start + i);
    if (Buffer.compare(header, own) === 0) continue;
    throw new Error(
      `packet ${i + 1}: ${Buffer.from(header).toString("hex")} is not ${Buffer.from(own).toString("hex")}`,
    );
  }
  const sent = twin.sent - start;
  if (sent !== fromCore.length) throw new Error(`the core sent ${fromCore.length} packets, the twin ${sent}`);
}
