import { Scheduler } from "../../abi/ipvs";
import { allocate, release } from "../../memory/allocate";
import { IpvsServer } from "../server";
import { IpvsService } from "../service";

/**
 * Who has the smallest load for its weight among many servers (wlc, lc, sed, and what lblc and lblcr fall back on), without asking
 * them all for every connection: a tree of pairs whose winners are kept, of which a change plays one branch again. The kernel goes
 * through the list and takes another server only when that is strictly better than the best before; so does a pair with its
 * second side, and the winner of all is the one that the list's order gives.
 *
 * ```text
 *            winners: 1                 place 0 is the first server of the list
 *            2       3
 *    places  0   1   2   -
 * ```
 */
@unmanaged
class Tournament {
  /** A power of two. */
  places: u32;
  servers: u32;
  /** The winning places of the pairs, the last pair's at 1; 32 bits each. */
  winners: usize;
  entrants: usize;
}

@unmanaged
class Entrant {
  load: i64;
  server: usize;
  /** 0: takes no connections. */
  weight: i32;
}

const ENTRANT_BITS: u32 = 4;
/** Fewer servers are asked faster than kept in order. */
const LEAST_SERVERS: u32 = 32;

/** Is the choice of this service by a tournament? Begins one where it is worth it and there is none. */
export function hasTournament(service: IpvsService): bool {
  if (service.tournament != 0) return true;
  if (service.serverCount < LEAST_SERVERS) return false;
  begin(service);
  return true;
}

/** The winner, null where no server takes connections. */
export function winnerOf(service: IpvsService): IpvsServer | null {
  const tournament = changetype<Tournament>(service.tournament);
  const best = entrantAt(tournament, load<u32>(tournament.winners, 4));
  return best.weight == 0 ? null : changetype<IpvsServer>(best.server);
}

/** The server's connections, or whether it takes any, are others now. */
export function loadChanged(server: IpvsServer): void {
  if (server.place == 0) return;
  const service = changetype<IpvsService>(server.service);
  const tournament = changetype<Tournament>(service.tournament);
  const place = server.place - 1;
  enter(service, tournament, place, server);
  for (let pair = (tournament.places + place) >> 1; pair != 0; pair >>= 1) play(tournament, pair);
}

/** The service's servers or their weights, or its scheduler, are others now. */
export function endTournament(service: IpvsService): void {
  if (service.tournament == 0) return;
  const tournament = changetype<Tournament>(service.tournament);
  for (let place: u32 = 0; place < tournament.servers; place++) {
    changetype<IpvsServer>(entrantAt(tournament, place).server).place = 0;
  }
  release(tournament.winners);
  release(tournament.entrants);
  release(service.tournament);
  service.tournament = 0;
}

function begin(service: IpvsService): void {
  const tournament = changetype<Tournament>(allocate(offsetof<Tournament>()));
  tournament.servers = service.serverCount;
  tournament.places = LEAST_SERVERS;
  while (tournament.places < tournament.servers) tournament.places *= 2;
  tournament.winners = allocate(tournament.places << 2);
  tournament.entrants = allocate(tournament.places << ENTRANT_BITS);
  let place: u32 = 0;
  for (let server = service.first; server !== service.head; server = server.next) {
    enter(service, tournament, place, server);
    place += 1;
    server.place = place;
  }
  for (let pair = tournament.places - 1; pair != 0; pair--) play(tournament, pair);
  service.tournament = changetype<usize>(tournament);
}

function enter(service: IpvsService, tournament: Tournament, place: u32, server: IpvsServer): void {
  const entrant = entrantAt(tournament, place);
  const scheduler: Scheduler = service.scheduler;
  entrant.server = changetype<usize>(server);
  if (scheduler == Scheduler.Lc) {
    // It looks at weights only to see whether they are 0.
    entrant.load = <u32>server.overhead;
    entrant.weight = server.weight != 0 && !server.overloaded ? 1 : 0;
  } else {
    entrant.load = scheduler == Scheduler.Sed ? server.expectedDelay : server.overhead;
    entrant.weight = server.usable ? server.weight : 0;
  }
}

function play(tournament: Tournament, pair: u32): void {
  const first = winnerAt(tournament, pair * 2);
  const second = winnerAt(tournament, pair * 2 + 1);
  const winner = isBetter(entrantAt(tournament, second), entrantAt(tournament, first)) ? second : first;
  store<u32>(tournament.winners + (pair << 2), winner);
}

/** Of pairs their winner, below them the places themselves. */
function winnerAt(tournament: Tournament, node: u32): u32 {
  return node < tournament.places ? load<u32>(tournament.winners + (node << 2)) : node - tournament.places;
}

function isBetter(second: Entrant, first: Entrant): bool {
  if (first.weight == 0 || second.weight == 0) return first.weight == 0 && second.weight != 0;
  return first.load * second.weight > second.load * first.weight;
}

function entrantAt(tournament: Tournament, place: u32): Entrant {
  return changetype<Entrant>(tournament.entrants + ((<usize>place) << ENTRANT_BITS));
}

assert(offsetof<Entrant>() <= 1 << ENTRANT_BITS);
