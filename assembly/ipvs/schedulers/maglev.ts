import { SVC_F_SCHED1, SVC_F_SCHED2 } from "../../abi/ipvs";
import { allocate, release } from "../../memory/allocate";
import { Packet } from "../../packet/packet";
import { IpvsHeader } from "../header";
import { IpvsServer } from "../server";
import { IpvsService } from "../service";
import { foldAddress, hashedPort, storeServer, usableEntry } from "./hash";
import { hsiphash32 } from "./siphash";
import { gcd } from "./weights";

/**
 * mh, Maglev hashing (net/netfilter/ipvs/ip_vs_mh.c), with the kernel's default table size: every server takes entries
 * in an order of its own, by turns of its weight, until the table is full.
 */
const TABLE_SIZE: u32 = 4093;
/** Highest turns as a power of two: larger weights are shifted. */
const TURN_BITS: i32 = 6;

const FALLBACK = SVC_F_SCHED1;
const PORT = SVC_F_SCHED2;

const KEY1: u64 = 2654435761;
const KEY2: u64 = 2654446892;

/** A server's way through the table. */
@unmanaged
class MaglevTurn {
  server: IpvsServer;
  position: u32;
  skip: u32;
  turns: i32;
}

const TURN_SIZE: usize = offsetof<MaglevTurn>();

export function initMaglev(service: IpvsService): void {
  service.schedulerState = allocate(TABLE_SIZE << 2);
  fillMaglev(service);
}

export function doneMaglev(service: IpvsService): void {
  clear(service.schedulerState);
  release(service.schedulerState);
}

/** After each addition, removal and edit. A server's last weight that was not 0 counts. */
export function fillMaglev(service: IpvsService): void {
  const table = service.schedulerState;
  // The kernel leaves the table alone when there are more servers than entries.
  if (service.serverCount > TABLE_SIZE) return;
  const divisor = weightDivisor(service);
  if (divisor == 0) return clear(table);
  const turns = allocate(service.serverCount * TURN_SIZE);
  const end = prepareTurns(service, turns, divisor);
  const taken = allocate(TABLE_SIZE);
  let filled: u32 = 0;
  while (filled < TABLE_SIZE) {
    for (let at = turns; at != end && filled < TABLE_SIZE; at += TURN_SIZE) {
      const turn = changetype<MaglevTurn>(at);
      for (let left = turn.turns; left > 0 && filled < TABLE_SIZE; left--) {
        storeServer(table + (takeEntry(turn, taken) << 2), changetype<usize>(turn.server));
        filled += 1;
      }
    }
  }
  release(taken);
  release(turns);
}

/** The next free entry on the server's way. */
function takeEntry(turn: MaglevTurn, taken: usize): u32 {
  while (load<u8>(taken + turn.position) != 0) {
    turn.position += turn.skip;
    if (turn.position >= TABLE_SIZE) turn.position -= TABLE_SIZE;
  }
  store<u8>(taken + turn.position, 1);
  return turn.position;
}

function prepareTurns(service: IpvsService, at: usize, divisor: i32): usize {
  const shift = weightShift(service, divisor);
  for (let server = service.first; server !== service.head; server = server.next) {
    const turn = changetype<MaglevTurn>(at);
    const key = server.port + foldAddress(server.addressField, service.family);
    turn.server = server;
    turn.position = hsiphash32(key, KEY1) % TABLE_SIZE;
    turn.skip = (hsiphash32(key, KEY2) % (TABLE_SIZE - 1)) + 1;
    turn.turns = (server.lastWeight / divisor) >> shift;
    if (turn.turns == 0 && server.lastWeight != 0) turn.turns = 1;
    at += TURN_SIZE;
  }
  return at;
}

function weightDivisor(service: IpvsService): i32 {
  let divisor: i32 = 0;
  for (let server = service.first; server !== service.head; server = server.next) {
    if (server.lastWeight <= 0) continue;
    divisor = divisor > 0 ? gcd(server.lastWeight, divisor) : server.lastWeight;
  }
  return divisor;
}

function weightShift(service: IpvsService, divisor: i32): i32 {
  let largest: i32 = 0;
  for (let server = service.first; server !== service.head; server = server.next) {
    if (server.lastWeight > largest) largest = server.lastWeight;
  }
  const bits = 32 - clz<i32>(largest / divisor);
  return bits > TURN_BITS ? bits - TURN_BITS : 0;
}

function clear(table: usize): void {
  for (let i: u32 = 0; i < TABLE_SIZE; i++) storeServer(table + (i << 2), 0);
}

export function pickMaglev(service: IpvsService, packet: Packet, header: IpvsHeader): IpvsServer | null {
  const key = maglevKey(service, packet, header);
  const first = hsiphash32(key, KEY1) % TABLE_SIZE;
  const place = maglevEntry(service, first);
  const server = usableEntry(place);
  if (server !== null || !(service.flags & FALLBACK) || load<usize>(place) == 0) return server;
  return pickFallback(service, key, first);
}

function maglevKey(service: IpvsService, packet: Packet, header: IpvsHeader): u32 {
  const port = service.flags & PORT ? hashedPort(packet, header) : 0;
  return port + foldAddress(header.client, service.family);
}

/** Where in the table a packet's client stands. */
export function maglevIndex(service: IpvsService, packet: Packet, header: IpvsHeader): u32 {
  return hsiphash32(maglevKey(service, packet, header), KEY1) % TABLE_SIZE;
}

export function maglevEntry(service: IpvsService, index: u32): usize {
  return service.schedulerState + (index << 2);
}

function pickFallback(service: IpvsService, key: u32, first: u32): IpvsServer | null {
  for (let offset: u32 = 0; offset < TABLE_SIZE; offset++) {
    const shifted = (offset + first) % TABLE_SIZE;
    const place = service.schedulerState + ((hsiphash32(key + shifted, KEY1) % TABLE_SIZE) << 2);
    if (load<usize>(place) == 0) return null;
    const server = usableEntry(place);
    if (server !== null) return server;
  }
  return null;
}
