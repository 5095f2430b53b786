import type { ProxyCase } from "./case.ts";
import { type Fate, FlowRun } from "./flow-run.ts";
import type { FlowPacket } from "./packets.ts";

/** Packets and changes one after another on one node. */
export interface Sequence extends Pick<ProxyCase, "name" | "config" | "objects"> {
  readonly steps: readonly SequenceStep[];
  /** Steps that must reach the same endpoint address. */
  readonly sameBackendGroups?: readonly { readonly key: string; readonly steps: readonly number[] }[];
  /** Share of new connections that each endpoint gets. */
  readonly expectShare?: Readonly<Record<string, number>>;
}

export interface SequenceStep {
  readonly packet?: FlowPacket & { readonly nodeOriginated?: boolean };
  /** `set weight of IP:PORT to N`, `delete real server IP:PORT`. */
  readonly change?: string;
  readonly result?: {
    readonly pass?: true;
    readonly reject?: true;
    readonly icmp?: string;
    readonly echoReply?: true;
    readonly tcpReset?: true;
    readonly replySource?: string;
    readonly endpoint?: string;
    readonly oneOf?: readonly string[];
    readonly masq?: boolean;
  };
}

/** As many connections as the recording has; a share may be 4 standard deviations off. */
const CONNECTIONS = 150;
const DEVIATIONS = 4;
const FIRST_PORT = 20000;

/** Where the steps of a sequence end otherwise than on a real kernel. */
export async function checkSequence(of: Sequence): Promise<string[]> {
  const run = await FlowRun.create(of);
  const fates = of.steps.map((step) => takeStep(run, of, step));
  return [
    ...of.steps.flatMap(({ result }, i) => {
      const problem = result && judge(fates[i]!, result);
      return problem ? [`step ${i}: ${problem}`] : [];
    }),
    ...(of.sameBackendGroups ?? []).flatMap(({ key, steps }) => {
      const reached = new Set(steps.map((step) => addressOf(fates[step]!)));
      return reached.size === 1 ? [] : [`${key}: ${[...reached].join(", ")} instead of one endpoint`];
    }),
    ...checkShares(run, of),
  ];
}

function takeStep(run: FlowRun, of: Sequence, { packet, change }: SequenceStep): Fate | undefined {
  if (packet) return run.send(packet);
  const service = `-t ${serviceOf(of)}`;
  const [, weighed, weight] = /^set weight of (\S+) to (\d+)$/.exec(change ?? "") ?? [];
  const [, deleted] = /^delete real server (\S+)$/.exec(change ?? "") ?? [];
  if (weighed) run.emulator.command(`ipvsadm -e ${service} -r ${weighed} -m -w ${weight}`);
  else if (deleted) run.emulator.command(`ipvsadm -d ${service} -r ${deleted}`);
  else throw new Error(`unknown change: ${change}`);
  return undefined;
}

/** Address and port that the sequence's packets go to. */
function serviceOf({ steps }: Sequence): string {
  const packet = steps.find((step) => step.packet)!.packet!;
  return `${packet.to}:${packet.port}`;
}

function judge(fate: Fate | undefined, result: NonNullable<SequenceStep["result"]>): string | undefined {
  const wanted = { ...result };
  const actual = { ...fate } as Record<string, unknown>;
  const problem = `${JSON.stringify(actual)} instead of ${JSON.stringify(wanted)}`;
  const isRight = (() => {
    if (!fate) return false;
    if (result.pass) return fate.kind === "pass";
    if (result.reject) {
      return fate.kind === "reject" && fate.icmp === result.icmp && fate.source === result.replySource;
    }
    // Those answers are the node's own stack's, which is not emulated: the packet has to reach it as it is.
    if (result.echoReply || result.tcpReset) return fate.kind === "pass" && fate.isDelivered;
    if (fate.kind !== "endpoint" || fate.masq !== result.masq) return false;
    return result.endpoint ? fate.endpoint === result.endpoint : result.oneOf!.includes(addressOf(fate)!);
  })();
  return isRight ? undefined : problem;
}

function addressOf(fate: Fate | undefined): string | undefined {
  return fate?.kind === "endpoint" ? fate.endpoint.slice(0, fate.endpoint.lastIndexOf(":")) : undefined;
}

function checkShares(run: FlowRun, { expectShare, objects }: Sequence): string[] {
  if (!expectShare) return [];
  const service = objects.find((object) => (object as { kind: string }).kind === "Service") as {
    spec: { clusterIP: string; ports: { port: number }[] };
  };
  const counts = new Map<string, number>();
  for (let i = 0; i < CONNECTIONS; i++) {
    const { clusterIP: to, ports } = service.spec;
    const fate = run.send({ from: "10.0.0.2", to, proto: "TCP", port: ports[0]!.port, sport: FIRST_PORT + i });
    const reached = fate.kind === "endpoint" ? fate.endpoint : fate.kind;
    counts.set(reached, (counts.get(reached) ?? 0) + 1);
  }
  return [...new Set([...counts.keys(), ...Object.keys(expectShare)])].flatMap((endpoint) => {
    const share = expectShare[endpoint] ?? 0;
    const count = counts.get(endpoint) ?? 0;
    const tolerance = DEVIATIONS * Math.sqrt(CONNECTIONS * share * (1 - share));
    return Math.abs(count - CONNECTIONS * share) <= tolerance ? [] : [`${endpoint} has ${count} of ${CONNECTIONS}`];
  });
}
