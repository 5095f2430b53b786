import { IpvsServer } from "../server";
import { IpvsService } from "../service";

/** ovf (net/netfilter/ipvs/ip_vs_ovf.c): the largest weight among servers with no more active connections than weight. */
export function pickOverflow(service: IpvsService): IpvsServer | null {
  let heaviest: IpvsServer | null = null;
  let weight: i32 = 0;
  for (let server = service.first; server !== service.head; server = server.next) {
    if (server.overloaded || server.weight == 0 || server.active > server.weight) continue;
    if (heaviest !== null && server.weight <= weight) continue;
    heaviest = server;
    weight = server.weight;
  }
  return heaviest;
}
