import { IpvsServer } from "../server";
import { IpvsService } from "../service";
import { hasTournament, winnerOf } from "./tournament";

/**
 * wlc (net/netfilter/ipvs/ip_vs_wlc.c), also what lblc and lblcr fall back on: the smallest overhead for its weight. The
 * first usable server is the one to beat; the others need no weight, because nothing times 0 beats anybody.
 */
export function pickWeightedLeast(service: IpvsService): IpvsServer | null {
  if (hasTournament(service)) return winnerOf(service);
  const head = service.head;
  let least = service.first;
  while (least !== head && !least.usable) least = least.next;
  if (least === head) return null;
  let lowest: i64 = least.overhead;
  for (let server = least.next; server !== head; server = server.next) {
    if (server.overloaded) continue;
    const overhead: i64 = server.overhead;
    if (lowest * server.weight > overhead * least.weight) {
      least = server;
      lowest = overhead;
    }
  }
  return least;
}
