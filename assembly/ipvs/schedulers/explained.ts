import { Scheduler } from "../../abi/ipvs";
import { Packet } from "../../packet/packet";
import { IpvsHeader } from "../header";
import { IpvsServer } from "../server";
import { IpvsService } from "../service";
import { destinationHashEntry, destinationHashIndex } from "./destination-hash";
import { findEntry, LocalityMember } from "./locality";
import { maglevEntry, maglevIndex } from "./maglev";
import { sourceHashEntry, sourceHashIndex } from "./source-hash";
import { WrrState } from "./weighted-round-robin";

/** The load by which a scheduler compares servers; 0 for those that do not. */
export function loadOf(service: IpvsService, server: IpvsServer): i64 {
  const scheduler: Scheduler = service.scheduler;
  switch (scheduler) {
    case Scheduler.Lc:
    case Scheduler.Wlc:
    case Scheduler.Lblc:
    case Scheduler.Lblcr:
    case Scheduler.Twos:
      return server.overhead;
    case Scheduler.Sed:
    case Scheduler.Nq:
      return server.expectedDelay;
    case Scheduler.Ovf:
      return server.active;
    default:
      return 0;
  }
}

/**
 * The scheduler's state, four numbers at `to`. Servers are named by number, 0 stands for none.
 *
 * | scheduler | numbers |
 * |---|---|
 * | rr | server chosen last |
 * | wrr | server chosen last, current weight, highest, step |
 * | sh, dh, mh | index of the table that the packet hashes to, the server there |
 * | lblc, lblcr | servers that are kept for the destination, the newest of them |
 */
export function noteState(service: IpvsService, packet: Packet, header: IpvsHeader, to: usize): void {
  memory.fill(to, 0, 16);
  const scheduler: Scheduler = service.scheduler;
  switch (scheduler) {
    case Scheduler.Rr:
      store<u32>(to, numberOf(service, service.schedulerState));
      return;
    case Scheduler.Wrr: {
      const state = changetype<WrrState>(service.schedulerState);
      store<u32>(to, numberOf(service, changetype<usize>(state.current)));
      store<i32>(to, state.weight, 4);
      store<i32>(to, state.maximum, 8);
      store<i32>(to, state.step, 12);
      return;
    }
    case Scheduler.Sh: {
      const index = sourceHashIndex(service, packet, header);
      return noteEntry(service, index, sourceHashEntry(service, index), to);
    }
    case Scheduler.Dh: {
      const index = destinationHashIndex(service, header);
      return noteEntry(service, index, destinationHashEntry(service, index), to);
    }
    case Scheduler.Mh: {
      const index = maglevIndex(service, packet, header);
      return noteEntry(service, index, maglevEntry(service, index), to);
    }
    case Scheduler.Lblc:
    case Scheduler.Lblcr: {
      const entry = findEntry(service, header.destination);
      if (entry === null) return;
      store<u32>(to, entry.size);
      store<u32>(to, changetype<LocalityMember>(entry.members).server.number, 4);
      return;
    }
    default:
      return;
  }
}

function noteEntry(service: IpvsService, index: u32, entry: usize, to: usize): void {
  store<u32>(to, index);
  store<u32>(to, numberOf(service, load<usize>(entry)), 4);
}

/** Number of a server, which may be the ring's head or nobody. */
function numberOf(service: IpvsService, server: usize): u32 {
  if (server == 0 || server == changetype<usize>(service)) return 0;
  return changetype<IpvsServer>(server).number;
}
