import { type Chunk, encodeChunks } from "./chunk.ts";
import { CoreRunner } from "./core-runner.ts";
import { type Measurement, measure } from "./measure.ts";
import { type BenchService, benchNode, benchServices, formatIpv4 } from "./network.ts";
import { fromClient, makeFlows, SYN } from "./traffic.ts";

const NEW_FLOWS = 2_000;
const ROUNDS = 5;
const SERVERS = 3;

/**
 * The first packet of a flow through the chains that kube-proxy writes for this many services, with and without the index
 * over long chains.
 */
export async function benchIndex(serviceCount: number): Promise<Measurement[]> {
  const services = benchServices(serviceCount, SERVERS);
  const node = benchNode(services, { "iptables.save": kubeRules(services) });
  const indexed = await CoreRunner.create(node);
  const linear = await CoreRunner.create(node, { index: false });
  let chunks: Chunk[] = [];
  let round = 0;
  const nextRound = () => {
    const flows = makeFlows(services, NEW_FLOWS, NEW_FLOWS * round++);
    chunks = encodeChunks(
      flows.map((flow) => fromClient(flow, SYN, 1000, 0)),
      2_000_000_000n,
    );
  };
  return measure(
    [
      { name: "indexed", prepare: nextRound, run: () => indexed.run(chunks) },
      { name: "linear", run: () => linear.run(chunks) },
    ],
    NEW_FLOWS,
    ROUNDS,
  );
}

function kubeRules(services: readonly BenchService[]): string {
  const chains = [":KUBE-SERVICES - [0:0]"];
  const rules = ["-A PREROUTING -j KUBE-SERVICES"];
  for (const [i, { address, port, backends }] of services.entries()) {
    const chain = `KUBE-SVC-${i}`;
    chains.push(`:${chain} - [0:0]`);
    rules.push(`-A KUBE-SERVICES -d ${formatIpv4(address)}/32 -p tcp -m tcp --dport ${port} -j ${chain}`);
    for (const [k, server] of backends.entries()) {
      const endpoint = `KUBE-SEP-${i}-${k}`;
      const left = backends.length - k;
      const choice = left > 1 ? ` -m statistic --mode random --probability ${(1 / left).toFixed(11)}` : "";
      chains.push(`:${endpoint} - [0:0]`);
      rules.push(`-A ${chain}${choice} -j ${endpoint}`);
      rules.push(`-A ${endpoint} -p tcp -m tcp -j DNAT --to-destination ${formatIpv4(server.address)}:${server.port}`);
    }
  }
  return `*nat\n${[...chains, ...rules].join("\n")}\nCOMMIT\n`;
}
