import { sameAddress } from "../packet/bytes";
import { nowTicks, seconds } from "../packet/clock";
import { freeServer, IpvsServer } from "./server";
import { IpvsService } from "./service";

/**
 * Servers that were removed (dest_trash of ip_vs_ctl.c). They stay while connections use them and 120 s longer; added
 * again to the same service they come back with their connections and counters.
 */
let newest: usize = 0;
let nextCheck: u64 = u64.MAX_VALUE;

const PERIOD_SECONDS: u32 = 120;

export function putInTrash(server: IpvsServer): void {
  if (newest == 0) nextCheck = nowTicks + seconds(PERIOD_SECONDS / 2);
  server.idleSince = 0;
  server.trashNext = newest;
  newest = changetype<usize>(server);
}

/**
 * Takes the server with this address and port back, if it belonged to the service or to one that was just like it.
 *
 * @param address a 16-byte field.
 */
export function takeFromTrash(service: IpvsService, family: u32, address: usize, port: u32): IpvsServer | null {
  let previous: usize = 0;
  for (let at = newest; at != 0; at = changetype<IpvsServer>(at).trashNext) {
    const server = changetype<IpvsServer>(at);
    const isSame = server.family == family && server.port == port && sameAddress(server.addressField, address);
    if (isSame && belongsTo(server, service)) {
      unlink(server, previous);
      return server;
    }
    previous = at;
  }
  return null;
}

function belongsTo(server: IpvsServer, service: IpvsService): bool {
  if (server.fwmark != service.fwmark || server.protocol != service.protocol) return false;
  if (service.fwmark != 0) return true;
  return (
    server.virtualPort == service.port &&
    server.virtualAddress0 == service.address0 &&
    server.virtualAddress1 == service.address1
  );
}

/** Tick of the next look at the trash; all ones when it is empty. */
export function nextTrashCheck(): u64 {
  return nextCheck;
}

/** Frees what nobody has used for long enough (ip_vs_dest_trash_expire). */
export function checkTrash(now: u64): void {
  let previous: usize = 0;
  let at = newest;
  while (at != 0) {
    const server = changetype<IpvsServer>(at);
    at = server.trashNext;
    if (server.references == 0) {
      if (server.idleSince == 0) {
        server.idleSince = now > 0 ? now : 1;
      } else if (now >= server.idleSince + seconds(PERIOD_SECONDS)) {
        unlink(server, previous);
        freeServer(server);
        continue;
      }
    }
    previous = changetype<usize>(server);
  }
  nextCheck = newest == 0 ? u64.MAX_VALUE : now + seconds(PERIOD_SECONDS / 2);
}

function unlink(server: IpvsServer, previous: usize): void {
  if (previous == 0) newest = server.trashNext;
  else changetype<IpvsServer>(previous).trashNext = server.trashNext;
  server.trashNext = 0;
}
