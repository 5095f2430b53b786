import { Scheduler } from "../../abi/ipvs";
import { config } from "../../packet/config";
import { Packet } from "../../packet/packet";
import { beginDecision, endDecision, isExplaining } from "../decision";
import { IpvsHeader } from "../header";
import { IpvsServer } from "../server";
import { IpvsService, newestService } from "../service";
import { doneDestinationHash, fillDestinationHash, initDestinationHash, pickDestinationHash } from "./destination-hash";
import { pickFailover } from "./failover";
import { pickLblc } from "./lblc";
import { pickLblcr } from "./lblcr";
import { pickLeastConnection } from "./least-connection";
import { cleanLocality, doneLocality, initLocality, localityOf } from "./locality";
import { doneMaglev, fillMaglev, initMaglev, pickMaglev } from "./maglev";
import { pickNeverQueue } from "./never-queue";
import { pickOverflow } from "./overflow";
import { initRoundRobin, pickRoundRobin, roundRobinRemoved } from "./round-robin";
import { pickShortestDelay } from "./shortest-delay";
import { doneSourceHash, fillSourceHash, initSourceHash, pickSourceHash } from "./source-hash";
import { endTournament } from "./tournament";
import { pickTwoChoices } from "./two-choices";
import { pickWeightedLeast } from "./weighted-least-connection";
import { doneWrr, initWrr, pickWrr, wrrChanged } from "./weighted-round-robin";

/** Binds a scheduler to a service and its present servers (init_service). */
export function initScheduler(service: IpvsService, scheduler: Scheduler): void {
  service.scheduler = scheduler;
  if (scheduler == Scheduler.Rr) initRoundRobin(service);
  else if (scheduler == Scheduler.Wrr) initWrr(service);
  else if (scheduler == Scheduler.Sh) initSourceHash(service);
  else if (scheduler == Scheduler.Dh) initDestinationHash(service);
  else if (scheduler == Scheduler.Mh) initMaglev(service);
  else if (scheduler == Scheduler.Lblc || scheduler == Scheduler.Lblcr) initLocality(service);
}

/** Throws the scheduler's state away (done_service). */
export function doneScheduler(service: IpvsService): void {
  endTournament(service);
  const scheduler: Scheduler = service.scheduler;
  if (scheduler == Scheduler.Wrr) doneWrr(service);
  else if (scheduler == Scheduler.Sh) doneSourceHash(service);
  else if (scheduler == Scheduler.Dh) doneDestinationHash(service);
  else if (scheduler == Scheduler.Mh) doneMaglev(service);
  else if (scheduler == Scheduler.Lblc || scheduler == Scheduler.Lblcr) doneLocality(service);
  service.scheduler = Scheduler.None;
  service.schedulerState = 0;
}

/** What became of a server of the service. */
export enum ServerChange {
  Added = 0,
  Removed = 1,
  Edited = 2,
}

/** Tells the scheduler (add_dest, del_dest, upd_dest). A removed server is no longer in the ring. */
export function serverChanged(service: IpvsService, server: IpvsServer, change: ServerChange): void {
  endTournament(service);
  const scheduler: Scheduler = service.scheduler;
  switch (scheduler) {
    case Scheduler.Rr:
      if (change == ServerChange.Removed) roundRobinRemoved(service, server);
      return;
    case Scheduler.Wrr:
      return wrrChanged(service);
    case Scheduler.Sh:
      return fillSourceHash(service);
    case Scheduler.Dh:
      if (change != ServerChange.Edited) fillDestinationHash(service);
      return;
    case Scheduler.Mh:
      return fillMaglev(service);
    default:
      return;
  }
}

/** The scheduler's choice for a new connection; null when it has none. */
export function pickServer(service: IpvsService, packet: Packet, header: IpvsHeader): IpvsServer | null {
  if (!isExplaining()) return choose(service, packet, header);
  beginDecision(service, packet, header);
  const chosen = choose(service, packet, header);
  endDecision(service, packet, header, chosen);
  return chosen;
}

function choose(service: IpvsService, packet: Packet, header: IpvsHeader): IpvsServer | null {
  const scheduler: Scheduler = service.scheduler;
  switch (scheduler) {
    case Scheduler.Rr:
      return pickRoundRobin(service);
    case Scheduler.Wrr:
      return pickWrr(service);
    case Scheduler.Lc:
      return pickLeastConnection(service);
    case Scheduler.Wlc:
      return pickWeightedLeast(service);
    case Scheduler.Lblc:
      return pickLblc(service, header);
    case Scheduler.Lblcr:
      return pickLblcr(service, header);
    case Scheduler.Dh:
      return pickDestinationHash(service, header);
    case Scheduler.Sh:
      return pickSourceHash(service, packet, header);
    case Scheduler.Sed:
      return pickShortestDelay(service);
    case Scheduler.Nq:
      return pickNeverQueue(service);
    case Scheduler.Fo:
      return pickFailover(service);
    case Scheduler.Ovf:
      return pickOverflow(service);
    case Scheduler.Mh:
      return pickMaglev(service, packet, header);
    case Scheduler.Twos:
      return pickTwoChoices(service);
    default:
      return null;
  }
}

/** Runs the timers of lblc and lblcr that are due. @returns the tick of the next one. */
export function cleanSchedulers(now: u64): u64 {
  let earliest = u64.MAX_VALUE;
  for (let at = newestService(); at != 0; at = changetype<IpvsService>(at).listNext) {
    const service = changetype<IpvsService>(at);
    const scheduler: Scheduler = service.scheduler;
    if (scheduler != Scheduler.Lblc && scheduler != Scheduler.Lblcr) continue;
    const expiration = scheduler == Scheduler.Lblc ? config.vsLblcExpiration : config.vsLblcrExpiration;
    const table = localityOf(service);
    while (table.nextCleaning < now) cleanLocality(service, table.nextCleaning, expiration);
    if (table.nextCleaning < earliest) earliest = table.nextCleaning;
  }
  return earliest;
}
