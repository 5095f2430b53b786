import { IpvsServer } from "../server";
import { IpvsService } from "../service";
import { hasTournament, winnerOf } from "./tournament";

/** sed (net/netfilter/ipvs/ip_vs_sed.c): as wlc, by active connections, the new one counted in. */
export function pickShortestDelay(service: IpvsService): IpvsServer | null {
  if (hasTournament(service)) return winnerOf(service);
  const head = service.head;
  let least = service.first;
  while (least !== head && !least.usable) least = least.next;
  if (least === head) return null;
  let lowest = least.expectedDelay;
  for (let server = least.next; server !== head; server = server.next) {
    if (server.overloaded) continue;
    const delay = server.expectedDelay;
    if (lowest * server.weight > delay * least.weight) {
      least = server;
      lowest = delay;
    }
  }
  return least;
}
