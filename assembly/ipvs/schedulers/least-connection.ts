import { IpvsServer } from "../server";
import { IpvsService } from "../service";
import { hasTournament, winnerOf } from "./tournament";

/** lc (net/netfilter/ipvs/ip_vs_lc.c): the smallest overhead, the first of equals. */
export function pickLeastConnection(service: IpvsService): IpvsServer | null {
  if (hasTournament(service)) return winnerOf(service);
  let least: IpvsServer | null = null;
  let lowest: u32 = 0;
  for (let server = service.first; server !== service.head; server = server.next) {
    if (server.overloaded || server.weight == 0) continue;
    const overhead = <u32>server.overhead;
    if (least === null || overhead < lowest) {
      least = server;
      lowest = overhead;
    }
  }
  return least;
}
