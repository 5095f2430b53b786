import { nowTicks } from "../../packet/clock";
import { IpvsHeader } from "../header";
import { IpvsServer } from "../server";
import { IpvsService } from "../service";
import { addEntry, findEntry, isOverworked, LocalityMember, removeEntry } from "./locality";
import { pickWeightedLeast } from "./weighted-least-connection";

/** lblc (net/netfilter/ipvs/ip_vs_lblc.c): a destination keeps its server until that one is overworked. */
export function pickLblc(service: IpvsService, header: IpvsHeader): IpvsServer | null {
  const entry = findEntry(service, header.destination);
  let kept: IpvsServer | null = null;
  if (entry !== null) {
    entry.lastUse = nowTicks;
    kept = changetype<LocalityMember>(entry.members).server;
    if (kept.available && kept.weight > 0 && !isOverworked(service, kept)) return kept;
  }
  const server = pickWeightedLeast(service);
  if (server === null || server === kept) return server;
  if (kept !== null) removeEntry(service, header.destination);
  addEntry(service, header.destination, server);
  return server;
}
