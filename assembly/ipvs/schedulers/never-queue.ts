import { IpvsServer } from "../server";
import { IpvsService } from "../service";

/** nq (net/netfilter/ipvs/ip_vs_nq.c): the first idle server; without one, the shortest expected delay. */
export function pickNeverQueue(service: IpvsService): IpvsServer | null {
  let least: IpvsServer | null = null;
  let lowest: i64 = 0;
  for (let server = service.first; server !== service.head; server = server.next) {
    if (server.overloaded || server.weight == 0) continue;
    if (server.active == 0) return server;
    const delay = server.expectedDelay;
    if (least === null || lowest * server.weight > delay * least.weight) {
      least = server;
      lowest = delay;
    }
  }
  return least;
}
