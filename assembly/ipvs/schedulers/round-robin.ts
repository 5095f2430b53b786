import { IpvsServer } from "../server";
import { IpvsService } from "../service";

/**
 * rr (net/netfilter/ipvs/ip_vs_rr.c). The scheduler's state is the server chosen last; the ring's head stands for none.
 */
export function initRoundRobin(service: IpvsService): void {
  service.schedulerState = changetype<usize>(service.head);
}

/** A removed server that was chosen last hands its place to the one before it. Its own links are still those of the ring. */
export function roundRobinRemoved(service: IpvsService, server: IpvsServer): void {
  if (service.schedulerState == changetype<usize>(server)) {
    service.schedulerState = changetype<usize>(server.next.previous);
  }
}

export function pickRoundRobin(service: IpvsService): IpvsServer | null {
  const head = service.head;
  const last = changetype<IpvsServer>(service.schedulerState);
  let server = last;
  for (let pass = 0; pass < 2; pass++) {
    server = server.next;
    while (server !== head) {
      if (server.usable) {
        service.schedulerState = changetype<usize>(server);
        return server;
      }
      if (server === last) return null;
      server = server.next;
    }
    if (last === head) return null;
  }
  return null;
}
