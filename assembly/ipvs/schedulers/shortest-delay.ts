import { IpvsServer } from "../server";
import { IpvsService } from "../service";

/** sed (net/netfilter/ipvs/ip_vs_sed.c): as wlc, by active connections, the new one counted in. */
export function pickShortestDelay(service: IpvsService): IpvsServer | null {
  const head = service.head;
  let least = service.first;
  while (least !== head && !least.usable) least = least.next;
  if (least === head) return null;
  let lowest = expectedDelay(least);
  for (let server = least.next; server !== head; server = server.next) {
    if (server.overloaded) continue;
    const delay = expectedDelay(server);
    if (lowest * server.weight > delay * least.weight) {
      least = server;
      lowest = delay;
    }
  }
  return least;
}

export function expectedDelay(server: IpvsServer): i64 {
  return <i64>server.active + 1;
}
