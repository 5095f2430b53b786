import { Scheduler } from "../../assembly/abi/ipvs.ts";
import { IpvsCandidateLayout, IpvsDecisionLayout } from "../core/layout.generated.ts";
import { getBigInt, getNumber, stride } from "../core/record.ts";

/** A server that a scheduler looked at, with the counts before the new connection. */
export interface Candidate {
  /** `10.244.0.5:8443` */
  readonly server: string;
  readonly weight: number;
  readonly active: number;
  readonly inactive: number;
  /** What the scheduler compares, where it compares: see {@link Choice.rule}. */
  readonly load?: number;
  /** Why it was not considered. */
  readonly skipped?: string;
}

/** How a scheduler chose a server for a new connection. */
export interface Choice {
  /** As `ipvsadm -s` names it. */
  readonly scheduler: string;
  /** The rule by which it chooses. */
  readonly rule: string;
  /** In the order of the kernel's list: the server added last comes first. */
  readonly candidates: readonly Candidate[];
  readonly chosen?: string;
  /** The scheduler's own state before and after, by names; empty for schedulers without. */
  readonly before: SchedulerState;
  readonly after: SchedulerState;
}

/** A scheduler's own state: who was chosen last, the current weight, the entry of a table. */
export type SchedulerState = Readonly<Record<string, string | number>>;

const RULES: Readonly<Record<Scheduler, string>> = {
  [Scheduler.None]: "no scheduler: every new connection is refused",
  [Scheduler.Rr]: "the next usable server behind the one chosen last",
  [Scheduler.Wrr]: "the next server with at least the current weight, which sinks by a step with every round",
  [Scheduler.Lc]: "the smallest load (256 for an active, 1 for an inactive connection), the first of equals",
  [Scheduler.Wlc]: "the smallest load / weight (256 for an active, 1 for an inactive connection), the first of equals",
  [Scheduler.Lblc]: "the server kept for the destination, unless it is overworked; else as wlc",
  [Scheduler.Lblcr]: "the least loaded of the servers kept for the destination, unless it is overworked; else as wlc",
  [Scheduler.Dh]: "the entry of the table that the destination address hashes to",
  [Scheduler.Sh]: "the entry of the table that the client hashes to",
  [Scheduler.Sed]: "the smallest load / weight (active connections, the new one counted in), the first of equals",
  [Scheduler.Nq]: "the first server without active connection; else the smallest load / weight, as sed",
  [Scheduler.Fo]: "the largest weight, the first of equals",
  [Scheduler.Ovf]: "the largest weight among servers with no more active connections than weight",
  [Scheduler.Mh]: "the entry of the Maglev table that the client hashes to",
  [Scheduler.Twos]: "of two servers chosen at random by weight, the one with the smaller load / weight",
};

/** Schedulers that compare loads. */
const COMPARING: ReadonlySet<Scheduler> = new Set([
  Scheduler.Lc,
  Scheduler.Wlc,
  Scheduler.Lblc,
  Scheduler.Lblcr,
  Scheduler.Sed,
  Scheduler.Nq,
  Scheduler.Ovf,
  Scheduler.Twos,
]);

const D = IpvsDecisionLayout;

/** Reads what the core recorded. @param name of a server, by its number. */
export function readChoice(data: Uint8Array, name: (server: number) => string): Choice {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const number = (field: (typeof D)[Exclude<keyof typeof D, "byteLength">]) => getNumber(view, 0, field);
  const scheduler: Scheduler = number(D.scheduler);
  const chosen = number(D.chosen);
  const candidates: Candidate[] = [];
  for (let i = 0; i < number(D.candidates); i++) {
    const at = stride(IpvsDecisionLayout) + i * stride(IpvsCandidateLayout);
    const candidate = readCandidate(view, at, scheduler, name);
    // lblc and lblcr keep to a server that is full.
    const isChosen = getNumber(view, at, IpvsCandidateLayout.server) === chosen;
    candidates.push(isChosen ? { ...candidate, skipped: undefined } : candidate);
  }
  const before = [D.before0, D.before1, D.before2, D.before3].map(number);
  const after = [D.after0, D.after1, D.after2, D.after3].map(number);
  return {
    scheduler: Scheduler[scheduler]!.toLowerCase(),
    rule: RULES[scheduler],
    candidates,
    chosen: chosen === 0 ? undefined : name(chosen),
    before: stateOf(scheduler, before, name),
    after: stateOf(scheduler, after, name),
  };
}

function readCandidate(view: DataView, at: number, scheduler: Scheduler, name: (server: number) => string): Candidate {
  const C = IpvsCandidateLayout;
  const weight = getNumber(view, at, C.weight);
  const active = getNumber(view, at, C.active);
  const inactive = getNumber(view, at, C.inactive);
  let skipped: string | undefined;
  if (getNumber(view, at, C.overloaded) !== 0) {
    skipped = `full: ${active + inactive} connections, upper threshold ${getNumber(view, at, C.upperThreshold)}`;
  } else if (weight === 0) skipped = "weight 0";
  else if (scheduler === Scheduler.Ovf && active > weight) skipped = "more active connections than its weight";
  return {
    server: name(getNumber(view, at, C.server)),
    weight,
    active,
    inactive,
    load: COMPARING.has(scheduler) ? Number(getBigInt(view, at, C.load)) : undefined,
    skipped,
  };
}

const NOBODY = "none";

function stateOf(scheduler: Scheduler, numbers: readonly number[], name: (server: number) => string): SchedulerState {
  const [first = 0, second = 0, third = 0, fourth = 0] = numbers;
  const server = (number: number) => (number === 0 ? NOBODY : name(number));
  switch (scheduler) {
    case Scheduler.Rr:
      return { last: server(first) };
    case Scheduler.Wrr:
      return { last: server(first), weight: second | 0, highest: third | 0, step: fourth | 0 };
    case Scheduler.Sh:
    case Scheduler.Dh:
    case Scheduler.Mh:
      return { entry: first, server: server(second) };
    case Scheduler.Lblc:
      return { kept: server(second) };
    case Scheduler.Lblcr:
      return { kept: first, newest: server(second) };
    default:
      return {};
  }
}

/** The choice as people read it, a line each. */
export function choiceLines(service: string | undefined, choice: Choice): string[] {
  const { scheduler, rule, candidates, chosen, before, after } = choice;
  const width = Math.max(...candidates.map(({ server }) => server.length), 0);
  return [
    `IPVS: ${scheduler} chooses for ${service ?? "a service that is gone"}: ${rule}`,
    ...stateLines(before, after),
    ...candidates.map((each) => `  ${each.server === chosen ? ">" : " "} ${candidateText(each, width)}`),
    ...(chosen === undefined
      ? [`  ${candidates.length === 0 ? "the service has no server" : "no server may be chosen"}`]
      : []),
  ];
}

function stateLines(before: SchedulerState, after: SchedulerState): string[] {
  const words = (state: SchedulerState) =>
    Object.entries(state)
      .map(([name, value]) => `${name} ${value}`)
      .join(", ");
  const [old, now] = [words(before), words(after)];
  if (old === "") return [];
  return [old === now ? `  state: ${old}` : `  state: ${old}; after: ${now}`];
}

function candidateText({ server, weight, active, inactive, load, skipped }: Candidate, width: number): string {
  const counts = `weight ${weight}, active ${active}, inactive ${inactive}`;
  return [
    server.padEnd(width),
    load === undefined ? counts : `${counts}, load ${load}`,
    skipped && `(skipped: ${skipped})`,
  ]
    .filter(Boolean)
    .join("  ");
}
