import { IpvsServer } from "../server";
import { IpvsService } from "../service";

/** fo (net/netfilter/ipvs/ip_vs_fo.c): the largest weight, the first of equals. */
export function pickFailover(service: IpvsService): IpvsServer | null {
  let heaviest: IpvsServer | null = null;
  let weight: i32 = 0;
  for (let server = service.first; server !== service.head; server = server.next) {
    if (server.overloaded || server.weight <= weight) continue;
    heaviest = server;
    weight = server.weight;
  }
  return heaviest;
}
