import { nowTicks, seconds } from "../../packet/clock";
import { config } from "../../packet/config";
import { IpvsHeader } from "../header";
import { IpvsServer } from "../server";
import { IpvsService } from "../service";
import { addEntry, addMember, findEntry, isOverworked, LocalityEntry, LocalityMember, removeMember } from "./locality";
import { pickWeightedLeast } from "./weighted-least-connection";

/**
 * lblcr (net/netfilter/ipvs/ip_vs_lblcr.c): a destination has a set of servers; another one joins when the best of them is
 * overworked, and the busiest leaves when the set has not changed for long.
 */
export function pickLblcr(service: IpvsService, header: IpvsHeader): IpvsServer | null {
  const entry = findEntry(service, header.destination);
  if (entry === null) {
    const server = pickWeightedLeast(service);
    if (server !== null) addEntry(service, header.destination, server);
    return server;
  }
  entry.lastUse = nowTicks;
  const best = leastOf(entry);
  if (entry.size > 1 && nowTicks > entry.lastChange + seconds(config.vsLblcrExpiration)) {
    const most = mostOf(entry);
    if (most !== null) removeMember(entry, most);
  }
  if (best !== null && !isOverworked(service, best)) return best;
  const server = pickWeightedLeast(service);
  if (server !== null && !isMember(entry, server)) addMember(entry, server);
  return server;
}

function isMember(entry: LocalityEntry, server: IpvsServer): bool {
  for (let at = entry.members; at != 0; at = changetype<LocalityMember>(at).next) {
    if (changetype<LocalityMember>(at).server === server) return true;
  }
  return false;
}

/** The least loaded member for its weight (ip_vs_dest_set_min). */
function leastOf(entry: LocalityEntry): IpvsServer | null {
  let least: IpvsServer | null = null;
  let lowest: i64 = 0;
  for (let at = entry.members; at != 0; at = changetype<LocalityMember>(at).next) {
    const server = changetype<LocalityMember>(at).server;
    if (server.overloaded || !server.available) continue;
    const overhead: i64 = server.overhead;
    if (least === null) {
      if (server.weight <= 0) continue;
    } else if (lowest * server.weight <= overhead * least.weight) {
      continue;
    }
    least = server;
    lowest = overhead;
  }
  return least;
}

/** The most loaded member, wherever it is now (ip_vs_dest_set_max). */
function mostOf(entry: LocalityEntry): IpvsServer | null {
  let most: IpvsServer | null = null;
  let highest: i64 = 0;
  for (let at = entry.members; at != 0; at = changetype<LocalityMember>(at).next) {
    const server = changetype<LocalityMember>(at).server;
    if (server.weight <= 0) continue;
    const overhead: i64 = server.overhead;
    if (most !== null && highest * server.weight >= overhead * most.weight) continue;
    most = server;
    highest = overhead;
  }
  return most;
}
