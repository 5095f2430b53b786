import { EventKind } from "../abi/trace";
import { allocate } from "../memory/allocate";
import { config } from "../packet/config";
import { Packet } from "../packet/packet";
import { recordEventWithBytes } from "../trace/output";
import { IpvsHeader } from "./header";
import { loadOf, noteState } from "./schedulers/explained";
import { IpvsServer } from "./server";
import { IpvsService } from "./service";

/**
 * How a scheduler came to its choice, recorded where the host explains packets: this, then an {@link IpvsCandidate} for each
 * server, in the order of the kernel's list.
 */
@unmanaged
export class IpvsDecision {
  /** A `Scheduler`. */
  scheduler: u32;
  /** Number of the server chosen, 0 for none. */
  chosen: u32;
  /** The scheduler's state before and after; see schedulers/explained for what each number is. */
  before0: u32;
  before1: u32;
  before2: u32;
  before3: u32;
  after0: u32;
  after1: u32;
  after2: u32;
  after3: u32;
  candidates: u32;
}

@unmanaged
export class IpvsCandidate {
  /** Load as the scheduler computes it; it may weigh it by the weight. */
  load: i64;
  /** Number of the server. */
  server: u32;
  weight: i32;
  active: i32;
  inactive: i32;
  upperThreshold: u32;
  overloaded: u32;
}

const DECISION_SIZE: usize = (offsetof<IpvsDecision>() + 7) & ~7;
const CANDIDATE_SIZE: usize = (offsetof<IpvsCandidate>() + 7) & ~7;
/** More servers than this are not listed. */
const MOST: u32 = 256;
/** `config.record`: everything. */
const RECORD_ALL: u32 = 2;

const decision = changetype<IpvsDecision>(allocate(DECISION_SIZE + MOST * CANDIDATE_SIZE));

/** Is anybody to be told how servers are chosen? */
export function isExplaining(): bool {
  return config.record == RECORD_ALL;
}

/** Notes candidates and state before the scheduler chooses. */
export function beginDecision(service: IpvsService, packet: Packet, header: IpvsHeader): void {
  decision.scheduler = service.scheduler;
  noteState(service, packet, header, changetype<usize>(decision) + offsetof<IpvsDecision>("before0"));
  let count: u32 = 0;
  for (let server = service.first; server !== service.head && count < MOST; server = server.next) {
    const candidate = changetype<IpvsCandidate>(changetype<usize>(decision) + DECISION_SIZE + count * CANDIDATE_SIZE);
    candidate.load = loadOf(service, server);
    candidate.server = server.number;
    candidate.weight = server.weight;
    candidate.active = server.active;
    candidate.inactive = server.inactive;
    candidate.upperThreshold = server.upperThreshold;
    candidate.overloaded = server.overloaded ? 1 : 0;
    count += 1;
  }
  decision.candidates = count;
}

/** Records what it chose. */
export function endDecision(service: IpvsService, packet: Packet, header: IpvsHeader, chosen: IpvsServer | null): void {
  decision.chosen = chosen === null ? 0 : chosen.number;
  noteState(service, packet, header, changetype<usize>(decision) + offsetof<IpvsDecision>("after0"));
  const size = DECISION_SIZE + decision.candidates * CANDIDATE_SIZE;
  recordEventWithBytes(packet, EventKind.IpvsChoice, service.number, changetype<usize>(decision), <u32>size);
}

/** Records that a template decided, or (`usable` false) that it is given up: its server is gone, or quiescent. */
export function noteTemplate(packet: Packet, service: IpvsService, server: u32, usable: bool): void {
  if (!isExplaining()) return;
  recordEventWithBytes(packet, EventKind.IpvsTemplate, service.number, 0, 0).detail = (server << 1) | (usable ? 1 : 0);
}
