import { randomBelow } from "../../packet/random";
import { IpvsServer } from "../server";
import { IpvsService } from "../service";

/** twos (net/netfilter/ipvs/ip_vs_twos.c): two servers at random by weight, then the less loaded of them. */
export function pickTwoChoices(service: IpvsService): IpvsServer | null {
  let total: i32 = 0;
  for (let server = service.first; server !== service.head; server = server.next) {
    if (server.usable) total += server.weight;
  }
  if (total == 0) return null;
  let left1 = <i32>randomBelow(total + 1);
  let left2 = <i32>randomBelow(total + 1);
  let choice1: IpvsServer | null = null;
  let choice2: IpvsServer | null = null;
  for (let server = service.first; server !== service.head; server = server.next) {
    if (!server.usable) continue;
    left1 -= server.weight;
    left2 -= server.weight;
    if (left1 <= 0 && choice1 === null) choice1 = server;
    if (left2 <= 0 && choice2 === null) choice2 = server;
    if (choice1 !== null && choice2 !== null) return lessLoaded(choice1, choice2);
  }
  return choice1;
}

/** Loads and weights are multiplied as 32-bit numbers, as in the kernel. */
function lessLoaded(first: IpvsServer, second: IpvsServer): IpvsServer {
  return second.weight * first.overhead > first.weight * second.overhead ? second : first;
}
