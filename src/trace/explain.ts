import { Fate } from "../../assembly/abi/fate.ts";
import { Origin } from "../../assembly/abi/netfilter.ts";
import { EventKind } from "../../assembly/abi/trace.ts";
import { printRule } from "../config/iptables/print.ts";
import type { TraceEvent } from "../engine/outputs.ts";
import { type HeaderChange, type Headers, headerChanges, readHeaders } from "./headers.ts";
import { type HelperFindings, readFinding, readShift, type Shift } from "./helper.ts";
import { type Choice, readChoice } from "./ipvs-choice.ts";
import type { PathNames } from "./path.ts";
import { placeOf } from "./rule-line.ts";
import { ctinfoWords, type FateName, fateName, hookName, reasonWords, routeWords } from "./words.ts";

/** What happened to a packet at one point of its way. */
export type Step =
  | { readonly step: "hook"; readonly hook: string; readonly in?: string; readonly out?: string }
  | {
      /** `place` as the kernel's TRACE says it: table:chain:rule|return|policy:number. */
      readonly step: "rule";
      readonly place: string;
      readonly rule?: string;
      readonly mark?: number;
    }
  | { readonly step: "conntrack"; readonly state: string }
  | { readonly step: "nat"; readonly side: "source" | "destination" }
  | { readonly step: "route"; readonly result: string; readonly out?: string }
  | { readonly step: "ipvs"; readonly service?: string; readonly server?: string }
  /** An IPVS scheduler chose a server for a new connection. */
  | ({ readonly step: "schedule"; readonly service?: string } & Choice)
  /** A template of a persistent service was found: it says the server, or is given up because that one takes no more. */
  | { readonly step: "template"; readonly service?: string; readonly server?: string; readonly isUsed: boolean }
  /** A helper of connection tracking read the packet, and may have changed what it says. */
  | ({ readonly step: "helper" } & HelperFindings)
  /** Sequence numbers were shifted, as a helper's NAT had changed lengths before. */
  | ({ readonly step: "sequence" } & Shift)
  /** The headers are not what they were at the step before. */
  | { readonly step: "change"; readonly changes: readonly HeaderChange[] }
  | { readonly step: "end"; readonly fate: FateName; readonly reason?: string; readonly out?: string };

/** A packet's walk: one of the capture, or one that the kernel made because of it. */
export interface Walk {
  readonly isKernelMade: boolean;
  /** Headers when it was first seen. */
  readonly headers?: Headers;
  readonly steps: readonly Step[];
}

const NO_SERVER = 0;
/** Events whose data are not the packet's bytes. */
const OWN_DATA: ReadonlySet<EventKind> = new Set([EventKind.IpvsChoice, EventKind.Helper, EventKind.SequenceShift]);

/** Turns the events of one packet of the capture into the walks that it and what it caused took. */
export function explainEvents(events: readonly TraceEvent[], names: PathNames): Walk[] {
  const walks: WalkBuilder[] = [];
  const open = new Map<number, WalkBuilder>();
  for (const event of events) {
    let walk = open.get(event.packet);
    if (!walk) {
      walk = new WalkBuilder(names, event.origin === Origin.Kernel);
      open.set(event.packet, walk);
      walks.push(walk);
    }
    walk.add(event);
    // The core gives the place of a packet that has ended to the next one.
    if (event.kind === EventKind.End) open.delete(event.packet);
  }
  return walks.map((walk) => walk.walk);
}

class WalkBuilder {
  readonly #names: PathNames;
  readonly #isKernelMade: boolean;
  readonly #steps: Step[] = [];
  #first: Headers | undefined;
  #last: Headers | undefined;

  constructor(names: PathNames, isKernelMade: boolean) {
    this.#names = names;
    this.#isKernelMade = isKernelMade;
  }

  get walk(): Walk {
    return { isKernelMade: this.#isKernelMade, headers: this.#first, steps: this.#steps };
  }

  add(event: TraceEvent): void {
    const step = this.#stepOf(event);
    const isBefore = event.kind === EventKind.Hook;
    if (isBefore) this.#look(event.data);
    if (step) this.#steps.push(step);
    if (!isBefore && !OWN_DATA.has(event.kind)) this.#look(event.data);
  }

  /** Notes what has changed since the last look at the headers. */
  #look(data: Uint8Array): void {
    if (data.length === 0) return;
    const headers = readHeaders(data);
    if (!headers) return;
    const changes = this.#last ? headerChanges(this.#last, headers) : [];
    if (changes.length > 0) this.#steps.push({ step: "change", changes });
    this.#first ??= headers;
    this.#last = headers;
  }

  #stepOf(event: TraceEvent): Step | undefined {
    const { devices } = this.#names;
    switch (event.kind) {
      case EventKind.Hook:
        return {
          step: "hook",
          hook: hookName(event.hook),
          in: devices[event.inDevice] || undefined,
          out: devices[event.outDevice] || undefined,
        };
      case EventKind.Rule:
      case EventKind.Return:
      case EventKind.Policy:
        return this.#ruleStep(event);
      case EventKind.Conntrack:
        return { step: "conntrack", state: ctinfoWords(event.detail) };
      case EventKind.Nat:
        return { step: "nat", side: event.detail === 0 ? "source" : "destination" };
      case EventKind.Route:
        return { step: "route", result: routeWords(event.detail), out: devices[event.outDevice] || undefined };
      case EventKind.IpvsChoice:
        return {
          step: "schedule",
          service: this.#names.service(event.subject),
          ...readChoice(event.data, (server) => this.#names.server(server) ?? "a server that is gone"),
        };
      case EventKind.IpvsTemplate:
        return {
          step: "template",
          service: this.#names.service(event.subject),
          server: this.#names.server(event.detail >> 1),
          isUsed: (event.detail & 1) !== 0,
        };
      case EventKind.Helper:
        return { step: "helper", ...readFinding(event.data, event.subject, this.#last?.family ?? 4) };
      case EventKind.SequenceShift:
        return { step: "sequence", ...readShift(event.data) };
      case EventKind.Ipvs:
        return this.#ipvsStep(event);
      case EventKind.End:
        return endStep(event, devices);
      default:
        return undefined;
    }
  }

  #ruleStep(event: TraceEvent): Step | undefined {
    const place = placeOf(event, this.#names.rules);
    if (place === undefined) return undefined;
    const named = event.kind === EventKind.Rule ? this.#names.rules.rule(event.subject) : undefined;
    return {
      step: "rule",
      place,
      rule: named && printRule(named.rule, named.chain, named.family),
      mark: event.mark || undefined,
    };
  }

  #ipvsStep({ subject, detail }: TraceEvent): Step {
    return {
      step: "ipvs",
      service: this.#names.service(subject),
      server: detail === NO_SERVER ? undefined : this.#names.server(detail),
    };
  }
}

function endStep({ detail, outDevice }: TraceEvent, devices: readonly string[]): Step {
  const fate = detail >> 8;
  const reason = detail & 0xff;
  return {
    step: "end",
    fate: fateName(fate),
    reason: reason ? reasonWords(reason) : undefined,
    out: fate === Fate.Sent ? devices[outDevice] : undefined,
  };
}
