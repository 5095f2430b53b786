import type { CaseFlow, ProxyCase } from "./case.ts";
import { type Fate, FlowRun } from "./flow-run.ts";

/** As often a packet is sent in any case, so that an endpoint too many shows. */
const MIN_TRIES = 24;
/** How often a packet is sent until all endpoints must have been seen: a miss has a chance of (9/10)^100. */
const TRIES = 100;
/** Longer than any affinity of the corpus (10800 s), twice: a persistence template outlives its last connection. */
const APART_SECONDS = 4 * 10800;
const FIRST_PORT = 20000;

export interface FlowScore {
  readonly total: number;
  readonly problems: readonly string[];
}

/** Sends every flow of a case through the node that kube-proxy makes, and says where the outcome is another one. */
export async function checkFlows(of: ProxyCase): Promise<FlowScore> {
  const { flows } = of.expect;
  const problems: string[] = [];
  const run = await FlowRun.create(of);
  for (const flow of flows) {
    const problem = checkFlow(run, flow);
    if (problem) problems.push(`${describe(flow)}: ${problem}`);
  }
  return { total: flows.length, problems };
}

function checkFlow(run: FlowRun, flow: CaseFlow): string | undefined {
  const { result } = flow;
  const wanted = result.endpoints && new Set(result.endpoints);
  const seen = new Set<string>();
  for (let i = 0; i < TRIES; i++) {
    if (wanted ? i >= MIN_TRIES && isSame(seen, wanted) : i > 0) break;
    run.wait(APART_SECONDS);
    const packet = { ...flow, sport: FIRST_PORT + i };
    const before = result.accept ? run.healthCheckRules() : [];
    const fate = run.send(packet);
    const problem = judge(fate, result);
    if (result.accept && `${before}` === `${run.healthCheckRules()}`) return "no rule accepts it";
    if (problem) return problem;
    if (fate.kind === "endpoint") seen.add(fate.endpoint);
  }
  return wanted && !isSame(seen, wanted) ? `reaches only ${[...seen].join(", ")}` : undefined;
}

function judge(fate: Fate, { endpoints, masq, drop, reject }: CaseFlow["result"]): string | undefined {
  if (!endpoints) {
    const wanted = drop ? "drop" : reject ? "reject" : "pass";
    return fate.kind === wanted ? undefined : `${JSON.stringify(fate)} instead of ${wanted}`;
  }
  if (fate.kind !== "endpoint") return `${fate.kind} instead of ${endpoints.join(", ")}`;
  if (!endpoints.includes(fate.endpoint)) return `${fate.endpoint} is not one of ${endpoints.join(", ")}`;
  const isMasqueraded = typeof masq === "object" ? masq[fate.endpoint] : masq;
  return fate.masq === isMasqueraded ? undefined : `${fate.endpoint} ${fate.masq ? "with" : "without"} masquerading`;
}

function isSame(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((value) => b.has(value));
}

function describe({ from, to, port, proto, iif, nodeOriginated }: CaseFlow): string {
  return `${proto} ${from} > ${to} ${port}${iif ? ` on ${iif}` : ""}${nodeOriginated ? " from the node" : ""}`;
}
